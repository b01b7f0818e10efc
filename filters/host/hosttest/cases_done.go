package hosttest

import (
	"fmt"

	"github.com/funcroute/funcroute/filters/host"
)

// doneCases are filters that want no more of a stream: not even its end.
func doneCases() []conformance {
	done := func(host.Stream, bool) host.Action { return host.Done }
	bodyDone := func(host.Stream) host.Action { return host.Done }
	buffer := func(host.Stream, bool) host.Action { return host.Buffer }
	neverHeaders := func(host.Stream, bool) host.Action { panic("an event after Done") }
	neverBody := func(host.Stream) host.Action { panic("an event after Done") }
	neverChunk := func(host.Stream, []byte, bool) ([]byte, host.Action) { panic("an event after Done") }
	trailers := [][2]string{{"t", "1"}}
	whole := Exchange{
		Request: Message{Headers: post(), Chunks: chunks("a", "b"), Trailers: trailers},
		Answer:  Message{Headers: [][2]string{{":status", "201"}}, Chunks: chunks("c", "d"), Trailers: trailers},
	}
	untouched := want{sentBody: text("ab"), sentTrailers: true, status: "201", body: text("cd"), trailers: true}
	refused := whole
	refused.LocalReply = &Reply{Status: 503, Body: "no upstream", Details: "no_healthy_upstream"}
	return []conformance{
		{
			name: "with request headers", exchange: whole, done: true,
			script: Script{RequestHeaders: done, RequestBody: neverBody, AnswerHeaders: neverHeaders, AnswerBody: neverBody},
			want:   untouched,
		},
		{
			name: "with request headers that end the stream", done: true,
			script: Script{RequestHeaders: done, AnswerHeaders: neverHeaders},
			want:   want{status: "200", body: text("answer")},
		},
		{
			name: "with the request's body", exchange: whole, done: true,
			script: Script{RequestHeaders: buffer, RequestBody: bodyDone, AnswerHeaders: neverHeaders, AnswerBody: neverBody},
			want:   untouched,
		},
		{
			name: "with the request, before another's local reply", exchange: refused, done: true,
			script: Script{RequestHeaders: done, AnswerHeaders: neverHeaders},
			want:   want{nothingSent: true, status: "503", body: text("no upstream"), details: "no_healthy_upstream"},
		},
		{
			name: "after a wait",
			script: Script{
				RequestHeaders: func(s host.Stream, _ bool) host.Action { return resumed(s, host.Done) },
				AnswerHeaders:  neverHeaders,
			},
			done: true,
			want: want{status: "200", body: text("answer")},
		},
		{
			name: "with the answer's headers", exchange: whole, done: true,
			script: Script{AnswerHeaders: done, AnswerBody: neverBody, AnswerPiece: neverChunk},
			want:   untouched,
		},
		{
			name: "with the answer's body", exchange: whole, done: true,
			script: Script{AnswerHeaders: buffer, AnswerBody: bodyDone},
			want:   untouched,
		},
		{
			name: "with changes made before", exchange: whole, done: true,
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
				s.Request().Headers().Set("changed", "1")
				s.SetDynamicMetadata("test", "key", "value")
				return host.Done
			}},
			want: want{sentHeaders: [][2]string{{"changed", "1"}}, dynamic: [3]string{"test", "key", "value"}, status: "201"},
		},
	}
}

// resumed waits, and has another goroutine resume the stream with an action.
func resumed(s host.Stream, action host.Action) host.Action {
	resumer := s.Resumer()
	go resumer.Resume(func() host.Action { return action })
	return host.Wait
}

// collectCases are filters that say beforehand that they want the whole answer.
func collectCases() []conformance {
	collect := func(s host.Stream, _ bool) host.Action {
		s.Expect(host.Expectation{Whole: true})
		return host.Continue
	}
	buffer := func(s host.Stream, endOfStream bool) host.Action {
		s.Answer().Headers().Set("ended-with-headers", fmt.Sprint(endOfStream))
		s.Answer().Headers().Set(":status", "418")
		if endOfStream {
			return host.Continue
		}
		return host.Buffer
	}
	add := func(s host.Stream) host.Action {
		s.Answer().Headers().Set("body", "seen")
		s.Answer().SetBody(append([]byte("all of "), s.Answer().Body()...))
		return host.Continue
	}
	answer := func(trailers [][2]string, pieces ...string) Exchange {
		return Exchange{Answer: Message{Headers: [][2]string{{":status", "200"}}, Chunks: chunks(pieces...), Trailers: trailers}}
	}
	mapped := func(body string) want {
		return want{status: "418", headers: [][2]string{{"ended-with-headers", "false"}, {"body", "seen"}}, body: &body}
	}
	withTrailers := mapped("all of abc")
	withTrailers.trailers = true
	refused := want{status: "403", body: text("no"), details: "refused"}
	whole := Script{RequestHeaders: collect, AnswerHeaders: buffer, AnswerBody: add}
	return []conformance{
		{name: "in one piece", exchange: answer(nil, "abc"), script: whole, want: mapped("all of abc")},
		{name: "in pieces", exchange: answer(nil, "a", "b", "c"), script: whole, want: mapped("all of abc")},
		{name: "an empty one", exchange: answer(nil, ""), script: whole, want: mapped("all of ")},
		{name: "with trailers", exchange: answer([][2]string{{"t", "1"}}, "a", "bc"), script: whole, want: withTrailers},
		{
			name: "without a body", exchange: Exchange{Answer: Message{Headers: [][2]string{{":status", "200"}}}}, script: whole,
			want: want{status: "418", headers: [][2]string{{"ended-with-headers", "true"}}, absent: []string{"body"}},
		},
		{
			name: "and then not wanted", exchange: answer(nil, "a", "b"),
			script: Script{RequestHeaders: collect, AnswerHeaders: func(s host.Stream, _ bool) host.Action {
				s.Answer().Headers().Set("changed", "1")
				return host.Continue
			}},
			want: want{status: "200", headers: [][2]string{{"changed", "1"}}, body: text("ab")},
		},
		{
			name: "and then done", exchange: answer(nil, "a", "b"), done: true,
			script: Script{RequestHeaders: collect, AnswerHeaders: func(host.Stream, bool) host.Action { return host.Done }},
			want:   want{status: "200", body: text("ab")},
		},
		{
			name: "and replaced on its headers", exchange: answer(nil, "a", "b"),
			script: Script{RequestHeaders: collect, AnswerHeaders: func(s host.Stream, _ bool) host.Action { return refuse(s) }},
			want:   refused,
		},
		{
			name: "and replaced on its body", exchange: answer([][2]string{{"t", "1"}}, "a", "b"),
			script: Script{RequestHeaders: collect, AnswerHeaders: func(host.Stream, bool) host.Action { return host.Buffer }, AnswerBody: refuse},
			want:   refused,
		},
		{
			name:     "but a local reply",
			exchange: Exchange{LocalReply: &Reply{Status: 503, Body: "no upstream", Details: "no_healthy_upstream"}},
			script: Script{RequestHeaders: collect, AnswerHeaders: func(s host.Stream, _ bool) host.Action {
				s.Answer().Headers().Set("from-upstream", fmt.Sprint(s.FromUpstream()))
				return host.Continue
			}},
			want: want{nothingSent: true, status: "503", headers: [][2]string{{"from-upstream", "false"}}, body: text("no upstream")},
		},
	}
}
