package hosttest

import (
	"slices"
	"strconv"

	"github.com/funcroute/funcroute/filters/host"
)

// later waits, and resumes from another goroutine, maybe before the event has returned.
func later(s host.Stream, f func() host.Action) host.Action {
	resumer := s.Resumer()
	go resumer.Resume(f)
	return host.Wait
}

func waitCases() []conformance {
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
	return slices.Concat(againCases(), answerWaitCases(), []conformance{
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
	})
}

// againCases are filters that wait again when they are resumed.
func againCases() []conformance {
	// times waits so often, and then does what comes last.
	var times func(n int, s host.Stream, then func() host.Action) host.Action
	times = func(n int, s host.Stream, then func() host.Action) host.Action {
		return later(s, func() host.Action {
			s.Request().Headers().Add("resumed", strconv.Itoa(n))
			if n == 1 {
				return then()
			}
			return times(n-1, s, then)
		})
	}
	goOn := func() host.Action { return host.Continue }
	onHeaders := func(n int) Script {
		return Script{RequestHeaders: func(s host.Stream, _ bool) host.Action { return times(n, s, goOn) }}
	}
	onBody := func(n int) Script {
		return Script{
			RequestHeaders: func(host.Stream, bool) host.Action { return host.Buffer },
			RequestBody: func(s host.Stream) host.Action {
				return times(n, s, func() host.Action {
					s.Request().SetBody(append([]byte("new "), s.Request().Body()...))
					return host.Continue
				})
			},
		}
	}
	marked := [][2]string{{"resumed", "3"}}
	body := Exchange{Request: Message{Headers: post(), Chunks: chunks("a", "b")}}
	trailers := Exchange{Request: Message{Headers: post(), Chunks: chunks("a", "b"), Trailers: [][2]string{{"t", "1"}}}}
	refused := want{nothingSent: true, status: "403", body: text("no"), details: "refused"}
	return []conformance{
		{name: "twice", script: onHeaders(2), want: want{sentHeaders: [][2]string{{"resumed", "2"}}}},
		{name: "three times", script: onHeaders(3), want: want{sentHeaders: marked}},
		{name: "three times, the body streams after", exchange: body, script: onHeaders(3), want: want{sentHeaders: marked, sentBody: text("ab")}},
		{name: "three times, with trailers", exchange: trailers, script: onHeaders(3), want: want{sentHeaders: marked, sentBody: text("ab"), sentTrailers: true}},
		{name: "three times on the body", exchange: body, script: onBody(3), want: want{sentHeaders: marked, sentBody: text("new ab")}},
		{name: "three times on the body, with trailers", exchange: trailers, script: onBody(3), want: want{sentHeaders: marked, sentBody: text("new ab"), sentTrailers: true}},
		{name: "twice, the second resumed before the first has ended", exchange: body, script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
			return later(s, func() host.Action {
				s.Resumer().Resume(goOn)
				s.Request().Headers().Set("resumed", "3")
				return host.Wait
			})
		}}, want: want{sentHeaders: marked, sentBody: text("ab")}},
		{name: "twice, and then replied", exchange: body, script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
			return times(2, s, func() host.Action { return refuse(s) })
		}}, want: refused},
		{name: "twice on the body, and then replied", exchange: body, script: Script{
			RequestHeaders: func(host.Stream, bool) host.Action { return host.Buffer },
			RequestBody:    func(s host.Stream) host.Action { return times(2, s, func() host.Action { return refuse(s) }) },
		}, want: refused},
		{name: "twice, and then panicked", exchange: body, script: Script{
			RequestHeaders: func(s host.Stream, _ bool) host.Action {
				return times(2, s, func() host.Action { panic("ouch") })
			},
			Recovered: func(s host.Stream, _ any) host.Action { return refuse(s) },
		}, want: refused},
		{name: "twice, and then done", exchange: body, done: true, script: Script{
			RequestHeaders: func(s host.Stream, _ bool) host.Action {
				return times(2, s, func() host.Action { return host.Done })
			},
			AnswerHeaders: func(host.Stream, bool) host.Action { panic("an event after Done") },
		}, want: want{sentBody: text("ab"), body: text("answer")}},
		goneAgain(),
	}
}

// goneAgain is a client who goes away in the second wait.
func goneAgain() conformance {
	gone := make(chan struct{})
	return conformance{
		name:     "the client goes away in the second wait, a late resume does nothing",
		exchange: Exchange{Request: Message{Headers: post(), Chunks: chunks("a")}, Gone: gone},
		script: Script{
			RequestHeaders: func(s host.Stream, _ bool) host.Action {
				return later(s, func() host.Action {
					s.Resumer()
					close(gone)
					return host.Wait
				})
			},
			Destroy: func(s host.Stream) { s.Resumer().Resume(func() host.Action { panic("resumed after Destroy") }) },
		},
		want: want{nothingSent: true},
	}
}

// answerWaitCases are filters that have an answer wait.
func answerWaitCases() []conformance {
	mark := func(s host.Stream) host.Action {
		s.Answer().Headers().Set("resumed", "yes")
		return host.Continue
	}
	twice := func(s host.Stream, then func() host.Action) host.Action {
		return later(s, func() host.Action { return later(s, then) })
	}
	onHeaders := Script{AnswerHeaders: func(s host.Stream, _ bool) host.Action {
		return twice(s, func() host.Action { return mark(s) })
	}}
	onBody := Script{
		AnswerHeaders: func(host.Stream, bool) host.Action { return host.Buffer },
		AnswerBody: func(s host.Stream) host.Action {
			return twice(s, func() host.Action {
				s.Answer().SetBody(append([]byte("new "), s.Answer().Body()...))
				return mark(s)
			})
		},
	}
	both := onBody
	both.RequestHeaders = func(s host.Stream, _ bool) host.Action {
		return twice(s, func() host.Action { return host.Continue })
	}
	answer := Exchange{Answer: Message{Headers: [][2]string{{":status", "200"}}, Chunks: chunks("a", "b")}}
	alone := Exchange{Answer: Message{Headers: [][2]string{{":status", "200"}}}}
	trailers := Exchange{Answer: Message{Headers: [][2]string{{":status", "200"}}, Chunks: chunks("a", "b"), Trailers: [][2]string{{"t", "1"}}}}
	marked := [][2]string{{"resumed", "yes"}}
	return []conformance{
		{name: "an answer on headers without a body", exchange: alone, script: onHeaders, want: want{headers: marked}},
		{name: "an answer on headers, the body streams after", exchange: answer, script: onHeaders, want: want{headers: marked, body: text("ab")}},
		{name: "an answer on headers, with trailers", exchange: trailers, script: onHeaders, want: want{headers: marked, body: text("ab"), trailers: true}},
		{name: "an answer on the body", exchange: answer, script: onBody, want: want{headers: marked, body: text("new ab")}},
		{name: "an answer on the body, with trailers", exchange: trailers, script: onBody, want: want{headers: marked, body: text("new ab"), trailers: true}},
		{name: "a request and its answer", exchange: answer, script: both, want: want{headers: marked, body: text("new ab")}},
		{name: "an answer, and then replied", exchange: answer, script: Script{AnswerHeaders: func(s host.Stream, _ bool) host.Action {
			return twice(s, func() host.Action { return refuse(s) })
		}}, want: want{status: "403", body: text("no"), details: "refused"}},
	}
}
