package hosttest

import (
	"fmt"

	"github.com/funcroute/funcroute/filters/host"
)

// trailerCases are filters that read and change the trailers of a message.
func trailerCases(side side) []conformance {
	trailers := [][2]string{{"t", "1"}, {"u", "2"}}
	const headersName = "from-trailers"
	// turn makes a header of a trailer, and changes the others.
	turn := func(s host.Stream) {
		message := side.of(s)
		message.Headers().Set(headersName, fmt.Sprint(message.Trailers().Get("t"), message.Trailers().Values("none")))
		message.Trailers().Remove("t")
		message.Trailers().Set("u", "changed")
		message.Trailers().Add("v", "3")
	}
	turned := func(body string) want {
		w := side.want(body, false)
		side.sees(&w, [][2]string{{headersName, "1[]"}}, [][2]string{{"u", "changed"}, {"v", "3"}})
		return w
	}
	removed := side.want("ab", false)
	side.sees(&removed, nil, [][2]string{})
	none := side.want("ab", false)
	side.sees(&none, [][2]string{{headersName, "true true"}}, [][2]string{})

	buffered := func(name string, body [][]byte, trailers [][2]string, want want, onBody func(host.Stream) host.Action) conformance {
		c := conformance{name: name, exchange: side.message(body, trailers), want: want}
		side.headers(&c.script, func(s host.Stream, _ bool) host.Action {
			side.of(s).Headers().Set("before", fmt.Sprint(side.of(s).Trailers() == nil))
			return host.Buffer
		})
		side.body(&c.script, onBody)
		return c
	}
	inPieces := func(name string, body [][]byte, want want, onPiece func(host.Stream, []byte, bool) ([]byte, host.Action)) conformance {
		c := conformance{name: name, exchange: side.message(body, trailers), want: want}
		side.headers(&c.script, func(host.Stream, bool) host.Action { return host.Pieces })
		side.pieces(&c.script, onPiece)
		return c
	}
	onBody := func(s host.Stream) host.Action { turn(s); return host.Continue }
	replacing := func(s host.Stream) host.Action {
		side.write(s, append([]byte("new "), side.read(s)...))
		return onBody(s)
	}
	removing := func(s host.Stream) host.Action {
		side.of(s).Trailers().RemoveFunc(func(string) bool { return true })
		return host.Continue
	}
	absent := func(s host.Stream) host.Action {
		side.of(s).Headers().Set(headersName, side.of(s).Headers().Get("before")+" "+fmt.Sprint(side.of(s).Trailers() == nil))
		return host.Continue
	}
	// held keeps the headers back until the trailers are there.
	held := func(s host.Stream, _ []byte, last bool) ([]byte, host.Action) {
		if there := side.of(s).Trailers() != nil; there != last {
			panic(fmt.Sprintf("trailers: got %t, want %t", there, last))
		}
		if !last {
			return nil, host.Hold
		}
		turn(s)
		return []byte("made up"), host.Continue
	}
	return []conformance{
		buffered("with the whole body", chunks("a", "b"), trailers, turned("ab"), onBody),
		buffered("without a body", nil, trailers, turned(""), onBody),
		buffered("with a body that is replaced", chunks("a", "b"), trailers, turned("new ab"), replacing),
		buffered("without a body, which is added", nil, trailers, turned("new "), replacing),
		buffered("all of them removed", chunks("a", "b"), trailers, removed, removing),
		buffered("none of them there", chunks("a", "b"), nil, none, absent),
		buffered("after a wait", chunks("a", "b"), trailers, turned("ab"), func(s host.Stream) host.Action {
			return later(s, func() host.Action { return onBody(s) })
		}),
		buffered("after two waits, and the body replaced", chunks("a", "b"), trailers, turned("new ab"), func(s host.Stream) host.Action {
			return later(s, func() host.Action { return later(s, func() host.Action { return replacing(s) }) })
		}),
		buffered("and replied", chunks("a", "b"), trailers, side.replied, refuse),
		inPieces("in pieces, while headers are held back", chunks("a", "b"), turned("made up"), held),
		inPieces("in pieces without a body", nil, turned("made up"), held),
	}
}

// collectedTrailerCases are those of answers of which the whole was expected.
func collectedTrailerCases() []conformance {
	cases := trailerCases(answerSide)
	var collected []conformance
	for _, c := range cases {
		if c.script.AnswerPiece != nil {
			continue
		}
		c.name = "collected, " + c.name
		c.script.RequestHeaders = func(s host.Stream, _ bool) host.Action {
			s.Expect(host.Expectation{Whole: true})
			return host.Continue
		}
		collected = append(collected, c)
	}
	return collected
}
