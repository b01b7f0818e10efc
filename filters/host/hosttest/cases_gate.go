package hosttest

import (
	"slices"

	"github.com/funcroute/funcroute/filters/host"
)

// gateCases ask of each condition whether it lets the right requests through. A filter behind a closed gate is not made.
func gateCases() []conformance {
	metadata := Metadata{"n.s": {"type": "t", "empty": "", "number": 1.0}}
	headers := func(extra ...[2]string) Exchange {
		return Exchange{Request: Message{Headers: append(slices.Clone(get), extra...)}}
	}
	conditions := []struct {
		name     string
		exchange Exchange
		gate     []host.Condition
		open     bool
	}{
		{"no condition", Exchange{}, nil, true},
		{"a header that is there", headers([2]string{"ce-type", "a"}), []host.Condition{host.HasHeader("ce-type", "")}, true},
		{"a header that is not there", headers([2]string{"ce-typ", "a"}), []host.Condition{host.HasHeader("ce-type", "")}, false},
		{"a header that begins so", headers([2]string{"content-type", "Application/CloudEvents+json"}), []host.Condition{host.HasHeader("content-type", "application/cloudevents")}, true},
		{"a header that begins otherwise", headers([2]string{"content-type", "application/cloud"}), []host.Condition{host.HasHeader("content-type", "application/cloudevents")}, false},
		{"a method", headers(), []host.Condition{host.HasHeader(":method", "GET")}, true},
		{"another method", headers(), []host.Condition{host.HasHeader(":method", "OPTIONS")}, false},
		{"a cluster's text", Exchange{Cluster: metadata}, []host.Condition{host.HasMetadata(host.Cluster, "n.s", "type")}, true},
		{"a cluster's empty text", Exchange{Cluster: metadata}, []host.Condition{host.HasMetadata(host.Cluster, "n.s", "empty")}, false},
		{"a cluster without it", Exchange{Route: metadata}, []host.Condition{host.HasMetadata(host.Cluster, "n.s", "type")}, false},
		{"a route's text", Exchange{Route: metadata}, []host.Condition{host.HasMetadata(host.Route, "n.s", "type")}, true},
		{"a namespace", Exchange{Cluster: metadata}, []host.Condition{host.HasMetadata(host.Cluster, "n.s", "")}, true},
		{"a namespace that is not there", Exchange{Cluster: metadata}, []host.Condition{host.HasMetadata(host.Cluster, "n", "")}, false},
		{"one of several", headers([2]string{"b", "1"}), []host.Condition{host.HasHeader("a", ""), host.HasHeader("b", ""), host.HasHeader("c", "")}, true},
		{"none of several", headers(), []host.Condition{host.HasHeader("a", ""), host.HasMetadata(host.Route, "n.s", "type")}, false},
	}
	var cases []conformance
	for _, c := range conditions {
		seen := conformance{name: c.name, exchange: c.exchange, script: Script{Gate: c.gate}}
		if c.open {
			seen.script.RequestHeaders = func(s host.Stream, _ bool) host.Action {
				s.RequestHeaders().Set("seen", "1")
				return host.Continue
			}
			seen.want = want{sentHeaders: [][2]string{{"seen", "1"}}, body: text("answer")}
		} else {
			seen.exchange.Request.Chunks = chunks("body")
			if seen.exchange.Request.Headers == nil {
				seen.exchange.Request.Headers = post()
			}
			seen.script.Stream = func(host.Stream) { panic("the gate is closed, and yet there is a stream") }
			seen.want = want{sentBody: text("body"), body: text("answer"), status: "200"}
		}
		cases = append(cases, seen)
	}
	return cases
}
