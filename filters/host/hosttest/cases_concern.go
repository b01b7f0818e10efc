package hosttest

import (
	"slices"

	"github.com/funcroute/funcroute/filters/host"
)

// concernCases ask of each kind of concern whether it is told right. A filter is not made for a request that is none.
func concernCases() []conformance {
	metadata := Metadata{"n.s": {"type": "t", "empty": "", "number": 1.0}}
	headers := func(extra ...[2]string) Exchange {
		return Exchange{Request: Message{Headers: append(slices.Clone(get), extra...)}}
	}
	concerns := []struct {
		name     string
		exchange Exchange
		concern  []host.Concern
		open     bool
	}{
		{"every request", Exchange{}, nil, true},
		{"none at all", Exchange{}, []host.Concern{}, false},
		{"a header that is there", headers([2]string{"ce-type", "a"}), []host.Concern{{Header: "ce-type"}}, true},
		{"a header that is not there", headers([2]string{"ce-typ", "a"}), []host.Concern{{Header: "ce-type"}}, false},
		{"a header that begins so", headers([2]string{"content-type", "Application/CloudEvents+json"}), []host.Concern{{Header: "content-type", Prefix: "application/cloudevents"}}, true},
		{"a header that begins otherwise", headers([2]string{"content-type", "application/cloud"}), []host.Concern{{Header: "content-type", Prefix: "application/cloudevents"}}, false},
		{"a method", headers(), []host.Concern{{Method: "GET"}}, true},
		{"another method", headers(), []host.Concern{{Method: "OPTIONS"}}, false},
		{"a cluster's text", Exchange{Cluster: metadata}, []host.Concern{{ClusterNamespace: "n.s", ClusterKey: "type"}}, true},
		{"a cluster's empty text", Exchange{Cluster: metadata}, []host.Concern{{ClusterNamespace: "n.s", ClusterKey: "empty"}}, false},
		{"a cluster without it", Exchange{Route: metadata}, []host.Concern{{ClusterNamespace: "n.s", ClusterKey: "type"}}, false},
		{"a namespace", Exchange{Route: metadata}, []host.Concern{{Namespace: "n.s"}}, true},
		{"a namespace of the cluster's", Exchange{Cluster: metadata}, []host.Concern{{Namespace: "n.s"}}, false},
		{"one of several", headers([2]string{"b", "1"}), []host.Concern{{Header: "a"}, {Header: "b"}, {Header: "c"}}, true},
		{"both of two", headers([2]string{"a", "1"}), []host.Concern{{Method: "GET", Header: "a"}}, true},
		{"one of two", headers([2]string{"a", "1"}), []host.Concern{{Method: "OPTIONS", Header: "a"}}, false},
		{"none of several", headers(), []host.Concern{{Header: "a"}, {Namespace: "n.s"}}, false},
	}
	var cases []conformance
	for _, c := range concerns {
		seen := conformance{name: c.name, exchange: c.exchange, script: Script{Concerns: c.concern}}
		if c.open {
			seen.script.RequestHeaders = func(s host.Stream, _ bool) host.Action {
				s.Request().Headers().Set("seen", "1")
				return host.Continue
			}
			seen.want = want{sentHeaders: [][2]string{{"seen", "1"}}, body: text("answer")}
		} else {
			seen.exchange.Request.Chunks = chunks("body")
			if seen.exchange.Request.Headers == nil {
				seen.exchange.Request.Headers = post()
			}
			seen.script.Stream = func(host.Stream) { panic("the request is no concern, and yet there is a stream") }
			seen.want = want{sentBody: text("body"), body: text("answer"), status: "200"}
		}
		cases = append(cases, seen)
	}
	return cases
}
