package hosttest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/filters/host"
)

var get = [][2]string{{":method", "GET"}, {":path", "/a?b=c"}, {":authority", "example.com"}, {":scheme", "http"}}

func post(more ...[2]string) [][2]string {
	return append([][2]string{{":method", "POST"}, {":path", "/a"}, {":authority", "example.com"}, {":scheme", "http"}}, more...)
}

func chunks(texts ...string) [][]byte {
	list := make([][]byte, len(texts))
	for i, text := range texts {
		list[i] = []byte(text)
	}
	return list
}

func text(s string) *string { return &s }

func headerCases() []conformance {
	edit := func(h host.Headers) {
		h.Set("set", "new")
		h.Set("fresh", "1")
		h.Add("added", "2")
		h.Remove("removed")
	}
	return []conformance{
		{
			name: "nothing done, nothing changed",
			exchange: Exchange{
				Request: Message{Headers: post(), Chunks: chunks("a", "b"), Trailers: [][2]string{{"t", "1"}}},
				Answer:  Message{Headers: [][2]string{{":status", "201"}}, Chunks: chunks("c", "d"), Trailers: [][2]string{{"u", "2"}}},
			},
			want: want{sentBody: text("ab"), sentTrailers: true, status: "201", body: text("cd"), trailers: true},
		},
		{
			name:     "request headers are read and edited",
			exchange: Exchange{Request: Message{Headers: append(slices.Clone(get), [2]string{"set", "old"}, [2]string{"added", "1"}, [2]string{"removed", "x"})}},
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
				edit(s.Request().Headers())
				s.Request().Headers().Set("seen", fmt.Sprint(s.Request().Headers().Get("set"), s.Request().Headers().Values("added"), s.Request().Headers().Get("none")))
				return host.Continue
			}},
			want: want{sentHeaders: [][2]string{{"set", "new"}, {"fresh", "1"}, {"added", "1"}, {"removed", ""}, {"seen", "new[1 2]"}}},
		},
		{
			name: "pseudo-headers are rewritten",
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
				for name, value := range map[string]string{":method": "POST", ":path": "/x%2Fy?z", ":authority": "other"} {
					s.Request().Headers().Set(name, value)
				}
				return host.Continue
			}},
			want: want{sentHeaders: [][2]string{{":method", "POST"}, {":path", "/x%2Fy?z"}, {":authority", "other"}}},
		},
		{
			name:     "a range stops when told to and sees every value",
			exchange: Exchange{Request: Message{Headers: append(slices.Clone(get), [2]string{"many", "1"}, [2]string{"many", "2"})}},
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
				var many []string
				s.Request().Headers().Range(func(name, value string) bool {
					if name == "many" {
						many = append(many, value)
					}
					return true
				})
				calls := 0
				s.Request().Headers().Range(func(string, string) bool { calls++; return false })
				s.Request().Headers().Set("seen", fmt.Sprint(many, calls))
				return host.Continue
			}},
			want: want{sentHeaders: [][2]string{{"seen", "[1 2] 1"}}},
		},
		{
			name: "the answer's headers and status are edited",
			exchange: Exchange{Answer: Message{
				Headers: [][2]string{{":status", "200"}, {"set", "old"}, {"added", "1"}, {"removed", "x"}},
				Chunks:  chunks("x"),
			}},
			script: Script{AnswerHeaders: func(s host.Stream, _ bool) host.Action {
				edit(s.Answer().Headers())
				s.Answer().Headers().Set(":status", "418")
				return host.Continue
			}},
			want: want{status: "418", headers: [][2]string{{"set", "new"}, {"fresh", "1"}, {"added", "1"}}, absent: []string{"removed"}, body: text("x")},
		},
	}
}

// side lets the body cases run in both directions.
type side struct {
	headers func(*Script, func(host.Stream, bool) host.Action)
	body    func(*Script, func(host.Stream) host.Action)
	pieces  func(*Script, func(s host.Stream, piece []byte, last bool) ([]byte, host.Action))
	of      func(host.Stream) host.Message
	// replied is what comes of a reply by refuse.
	replied want
	// sees has a want see headers and trailers of the message that goes on.
	sees func(w *want, headers, trailers [][2]string)
	// message puts a body and trailers into the exchange.
	message func(body [][]byte, trailers [][2]string) Exchange
	want    func(body string, trailers bool) want
}

var requestSide = side{
	headers: func(s *Script, f func(host.Stream, bool) host.Action) { s.RequestHeaders = f },
	body:    func(s *Script, f func(host.Stream) host.Action) { s.RequestBody = f },
	pieces:  func(s *Script, f func(host.Stream, []byte, bool) ([]byte, host.Action)) { s.RequestPiece = f },
	of:      host.Stream.Request,
	replied: want{nothingSent: true, status: "403", body: text("no"), details: "refused"},
	sees:    func(w *want, headers, trailers [][2]string) { w.sentHeaders, w.sentTrailersAre = headers, trailers },
	message: func(body [][]byte, trailers [][2]string) Exchange {
		return Exchange{Request: Message{Headers: post(), Chunks: body, Trailers: trailers}}
	},
	want: func(body string, trailers bool) want { return want{sentBody: &body, sentTrailers: trailers} },
}

var answerSide = side{
	headers: func(s *Script, f func(host.Stream, bool) host.Action) { s.AnswerHeaders = f },
	body:    func(s *Script, f func(host.Stream) host.Action) { s.AnswerBody = f },
	pieces:  func(s *Script, f func(host.Stream, []byte, bool) ([]byte, host.Action)) { s.AnswerPiece = f },
	of:      host.Stream.Answer,
	replied: want{status: "403", body: text("no"), details: "refused"},
	sees:    func(w *want, headers, trailers [][2]string) { w.headers, w.trailersAre = headers, trailers },
	message: func(body [][]byte, trailers [][2]string) Exchange {
		return Exchange{Answer: Message{Headers: [][2]string{{":status", "200"}}, Chunks: body, Trailers: trailers}}
	},
	want: func(body string, trailers bool) want { return want{body: &body, trailers: trailers} },
}

// write sets a body, and then writes over it: its memory is the filter's to use for another.
func (side *side) write(s host.Stream, body []byte) {
	side.of(s).SetBody(body)
	for i := range body {
		body[i] = '!'
	}
}

func (side *side) read(s host.Stream) []byte { return side.of(s).Body() }

func bodyCases(side side) []conformance {
	buffer := func(_ host.Stream, endOfStream bool) host.Action {
		if endOfStream {
			return host.Continue
		}
		return host.Buffer
	}
	trailers := [][2]string{{"t", "1"}}
	build := func(name string, body [][]byte, trailers [][2]string, wantBody string, headers func(host.Stream, bool) host.Action, onBody func(host.Stream) host.Action) conformance {
		c := conformance{name: name, exchange: side.message(body, trailers), want: side.want(wantBody, trailers != nil)}
		side.headers(&c.script, headers)
		side.body(&c.script, onBody)
		return c
	}
	replace := func(with string) func(host.Stream) host.Action {
		return func(s host.Stream) host.Action {
			side.write(s, []byte(with+strings.ToUpper(string(side.read(s)))))
			return host.Continue
		}
	}
	look := func(s host.Stream) host.Action {
		if got := string(side.read(s)); got != "abc" {
			panic("body = " + got)
		}
		return host.Continue
	}
	add := func(s host.Stream, endOfStream bool) host.Action {
		if !endOfStream {
			panic("headers do not end the stream")
		}
		side.write(s, []byte("made up"))
		return host.Continue
	}
	empty := func(s host.Stream) host.Action { side.write(s, nil); return host.Continue }
	return []conformance{
		build("the whole body is seen and left", chunks("a", "b", "c"), nil, "abc", buffer, look),
		build("with trailers the whole body is seen and left", chunks("a", "b", "c"), trailers, "abc", buffer, look),
		build("a body in one piece is replaced", chunks("abc"), nil, "longer ABC", buffer, replace("longer ")),
		build("a body in pieces is replaced", chunks("a", "bc", ""), nil, "longer ABC", buffer, replace("longer ")),
		build("with trailers a body is replaced", chunks("a", "bc"), trailers, "longer ABC", buffer, replace("longer ")),
		build("a body is emptied", chunks("a", "bc"), nil, "", buffer, empty),
		build("with trailers a body is emptied", chunks("a", "bc"), trailers, "", buffer, empty),
		build("an empty body is replaced", chunks(""), nil, "new", buffer, replace("new")),
		build("trailers without a body get one", nil, trailers, "new", buffer, replace("new")),
		build("headers alone get a body", nil, nil, "made up", add, nil),
	}
}
