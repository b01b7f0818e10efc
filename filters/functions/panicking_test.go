package functions_test

import (
	"maps"
	"testing"

	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/hosttest"
	"github.com/funcroute/funcroute/filters/host/hosttest/panicking"
)

// Wherever the filter calls its host, in whatever state it then is: a panic costs that request a 500 and nothing else.
func TestPanicsWithinTheFilter(t *testing.T) {
	exchanges := map[string]hosttest.Exchange{
		"headers only":               {Cluster: offers("toy", nil), Route: calls(nil)},
		"bodies":                     {Cluster: offers("toy", anyMap{"body": true, "answer": "whole"}), Route: calls(nil), Request: post("body")},
		"an answer in pieces":        {Cluster: offers("toy", anyMap{"answer": "stream"}), Route: calls(nil), Answer: inPieces("200|a", "b")},
		"a wait":                     {Cluster: offers("toy", anyMap{"wait": "well", "body": true}), Route: calls(nil), Request: post("body")},
		"a wait for the upstream":    {Cluster: catalogs("late", "new"), Route: calls(anyMap{"function": "new"})},
		"a missing parameter":        {Cluster: offers("toy", nil), Route: metadata{"funcroute": {"function": "hello"}, "funcroute.parameters": {"query.no": "{no}"}}},
		"a mistake":                  {Cluster: offers("toy", anyMap{"times": "many"}), Route: calls(nil)},
		"a failed answer":            {Cluster: offers("toy", anyMap{"answer": "error-on-body"}), Route: calls(nil)},
		"an answer in pieces breaks": {Cluster: offers("toy", anyMap{"answer": "stream"}), Route: calls(nil), Answer: inPieces("200|!")},
	}
	for name, x := range maps.Clone(exchanges) {
		if x.Request.Headers == nil {
			x.Request = get()
		}
		if x.Answer.Headers == nil {
			x.Answer = answer("200", "answer")
		}
		exchanges[name] = x
		x.Upstream = true
		exchanges[name+", in a cluster"] = x
	}
	panicking.Check(t, func() host.Filter { return functions.New() }, "", exchanges, panicking.RequestPiece)
}
