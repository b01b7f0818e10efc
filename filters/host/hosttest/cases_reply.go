package hosttest

import (
	"fmt"

	"github.com/funcroute/funcroute/filters/host"
)

func refuse(s host.Stream) host.Action {
	s.SendReply(403, [][2]string{{"why", "because"}, {"content-type", "text/x"}}, []byte("no"), "refused")
	return host.Replied
}

func replyCases() []conformance {
	refused := want{nothingSent: true, status: "403", body: text("no"), details: "refused", headers: [][2]string{{"why", "because"}, {"content-type", "text/x"}}}
	late := refused
	late.nothingSent = false
	buffer := func(host.Stream, bool) host.Action { return host.Buffer }
	neverAnswer := func(host.Stream, bool) host.Action { panic("the filter is shown its own reply") }
	body := Message{Headers: post(), Chunks: chunks("a", "b")}
	answer := Message{Headers: [][2]string{{":status", "200"}, {"old", "1"}}, Chunks: chunks("c", "d")}
	return []conformance{
		{
			name:   "to headers",
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action { return refuse(s) }, AnswerHeaders: neverAnswer},
			want:   refused,
		},
		{
			name: "to headers with a body to come", exchange: Exchange{Request: body},
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action { return refuse(s) }, AnswerHeaders: neverAnswer},
			want:   refused,
		},
		{
			name: "to the body", exchange: Exchange{Request: body},
			script: Script{RequestHeaders: buffer, RequestBody: refuse, AnswerHeaders: neverAnswer},
			want:   refused,
		},
		{
			name:     "to the body with trailers",
			exchange: Exchange{Request: Message{Headers: post(), Chunks: chunks("a"), Trailers: [][2]string{{"t", "1"}}}},
			script:   Script{RequestHeaders: buffer, RequestBody: refuse, AnswerHeaders: neverAnswer},
			want:     refused,
		},
		{
			name: "in place of an answer, on its headers", exchange: Exchange{Answer: answer},
			script: Script{AnswerHeaders: func(s host.Stream, _ bool) host.Action { return refuse(s) }},
			want:   late,
		},
		{
			name: "in place of an answer, on its body", exchange: Exchange{Answer: answer},
			script: Script{AnswerHeaders: buffer, AnswerBody: refuse},
			want:   late,
		},
		{
			name:     "another's local reply is shown as such",
			exchange: Exchange{LocalReply: &Reply{Status: 503, Body: "no upstream", Details: "no_healthy_upstream"}},
			script: Script{AnswerHeaders: func(s host.Stream, _ bool) host.Action {
				s.Answer().Headers().Set("from-upstream", fmt.Sprint(s.FromUpstream()))
				return host.Continue
			}},
			want: want{nothingSent: true, status: "503", headers: [][2]string{{"from-upstream", "false"}}},
		},
		{
			name:     "another's local reply that does not say why is shown as such",
			exchange: Exchange{LocalReply: &Reply{Status: 200, Body: "hello", Details: ""}},
			script: Script{AnswerHeaders: func(s host.Stream, _ bool) host.Action {
				s.Answer().Headers().Set("from-upstream", fmt.Sprint(s.FromUpstream()))
				return host.Continue
			}},
			want: want{nothingSent: true, status: "200", headers: [][2]string{{"from-upstream", "false"}}},
		},
		{
			name: "an answer is shown as the upstream's",
			script: Script{AnswerHeaders: func(s host.Stream, _ bool) host.Action {
				s.Answer().Headers().Set("from-upstream", fmt.Sprint(s.FromUpstream()))
				return host.Continue
			}},
			want: want{headers: [][2]string{{"from-upstream", "true"}}},
		},
	}
}

func panicCases() []conformance {
	ouch := func(host.Stream) host.Action { panic("ouch") }
	ouchHeaders := func(host.Stream, bool) host.Action { panic("ouch") }
	buffer := func(host.Stream, bool) host.Action { return host.Buffer }
	refuseAll := func(s host.Stream, _ any) host.Action { return refuse(s) }
	counted := map[string]uint64{"funcroute.errors.internal_error": 1} // What the filter is not told of, it cannot count.
	before := want{nothingSent: true, status: "403", details: "refused"}
	after := want{status: "403", details: "refused"}
	body := Exchange{Request: Message{Headers: post(), Chunks: chunks("a")}}
	return []conformance{
		{name: "on request headers", script: Script{RequestHeaders: ouchHeaders, Recovered: refuseAll}, want: before},
		{name: "on the request body", exchange: body, script: Script{RequestHeaders: buffer, RequestBody: ouch, Recovered: refuseAll}, want: before},
		{name: "on the answer's headers", script: Script{AnswerHeaders: ouchHeaders, Recovered: refuseAll}, want: after},
		{name: "on the answer's body", script: Script{AnswerHeaders: buffer, AnswerBody: ouch, Recovered: refuseAll}, want: after},
		{name: "and the filter does not reply", script: Script{RequestHeaders: ouchHeaders}, want: want{nothingSent: true, status: "500", details: "funcroute_internal_error"}},
		{
			name: "and again while recovering",
			script: Script{RequestHeaders: ouchHeaders, Recovered: func(host.Stream, any) host.Action {
				panic("again")
			}},
			want: want{nothingSent: true, status: "500", details: "funcroute_internal_error", counters: counted, logs: "panic: a value of type string"},
		},
		{name: "when the stream is made", script: Script{Stream: func(host.Stream) { panic("ouch") }}, want: want{nothingSent: true, status: "500", counters: counted, logs: "panic: a value of type string"}},
		{name: "when the stream is destroyed", script: Script{Destroy: func(host.Stream) { panic("ouch") }}, want: want{status: "200", counters: counted, logs: "panic: a value of type string"}},
		{name: "when the filter is configured", script: Script{Config: func(host.ConfigHandle, []byte) error { panic("ouch") }}, want: want{refused: "panic: a value of type string"}},
		{
			name: "when the route is configured", exchange: Exchange{RouteConfig: `{"a":1}`},
			script: routeRefused(func([]byte) (any, error) { panic("ouch") }), want: want{refused: "panic: a value of type string"},
		},
	}
}
