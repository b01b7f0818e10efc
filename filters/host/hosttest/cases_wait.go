package hosttest

import (
	"github.com/funcroute/funcroute/filters/host"
)

func waitCases() []conformance {
	// later resumes from another goroutine, at once before the event has returned.
	later := func(s host.Stream, f func() host.Action) host.Action {
		resumer := s.Resumer()
		go resumer.Resume(f)
		return host.Wait
	}
	atOnce := func(s host.Stream, f func() host.Action) host.Action {
		s.Resumer().Resume(f)
		return host.Wait
	}
	mark := func(s host.Stream) func() host.Action {
		return func() host.Action {
			s.Request().Headers().Set("resumed", "yes")
			return host.Continue
		}
	}
	marked := [][2]string{{"resumed", "yes"}}
	body := Exchange{Request: Message{Headers: post(), Chunks: chunks("a", "b")}}
	trailers := Exchange{Request: Message{Headers: post(), Chunks: chunks("a", "b"), Trailers: [][2]string{{"t", "1"}}}}
	onHeaders := func(how func(host.Stream, func() host.Action) host.Action) Script {
		return Script{RequestHeaders: func(s host.Stream, _ bool) host.Action { return how(s, mark(s)) }}
	}
	onBody := func(how func(host.Stream, func() host.Action) host.Action) Script {
		return Script{
			RequestHeaders: func(host.Stream, bool) host.Action { return host.Buffer },
			RequestBody: func(s host.Stream) host.Action {
				return how(s, func() host.Action {
					s.Request().SetBody(append([]byte("new "), s.Request().Body()...))
					return mark(s)()
				})
			},
		}
	}
	return []conformance{
		{name: "on headers without a body", script: onHeaders(later), want: want{sentHeaders: marked}},
		{name: "on headers, the body streams after", exchange: body, script: onHeaders(later), want: want{sentHeaders: marked, sentBody: text("ab")}},
		{name: "on headers, with trailers", exchange: trailers, script: onHeaders(later), want: want{sentHeaders: marked, sentBody: text("ab"), sentTrailers: true}},
		{name: "resumed before the event has returned", exchange: body, script: onHeaders(atOnce), want: want{sentHeaders: marked, sentBody: text("ab")}},
		{name: "on the body", exchange: body, script: onBody(later), want: want{sentHeaders: marked, sentBody: text("new ab")}},
		{name: "on the body, with trailers", exchange: trailers, script: onBody(later), want: want{sentHeaders: marked, sentBody: text("new ab"), sentTrailers: true}},
		{name: "on the body, resumed before the event has returned", exchange: body, script: onBody(atOnce), want: want{sentHeaders: marked, sentBody: text("new ab")}},
		{
			name: "a request without a body gets one when it is resumed",
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
				return later(s, func() host.Action { s.Request().SetBody([]byte("made up")); return host.Continue })
			}},
			want: want{sentBody: text("made up")},
		},
		{
			name: "resumed with a reply", exchange: body,
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
				return later(s, func() host.Action { return refuse(s) })
			}},
			want: want{nothingSent: true, status: "403", body: text("no"), details: "refused"},
		},
		{
			name: "resumed with a panic", exchange: body,
			script: Script{
				RequestHeaders: func(s host.Stream, _ bool) host.Action { return later(s, func() host.Action { panic("ouch") }) },
				Recovered:      func(s host.Stream, _ any) host.Action { return refuse(s) },
			},
			want: want{nothingSent: true, status: "403"},
		},
		{
			name:     "the client goes away, a late resume does nothing",
			exchange: Exchange{Request: Message{Headers: post(), Chunks: chunks("a")}, GoneWhileWaiting: true},
			script: Script{
				RequestHeaders: func(s host.Stream, _ bool) host.Action {
					s.Resumer()
					return host.Wait
				},
				Destroy: func(s host.Stream) { s.Resumer().Resume(func() host.Action { panic("resumed after Destroy") }) },
			},
			want: want{nothingSent: true},
		},
	}
}
