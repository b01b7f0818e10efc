package hosttest

import (
	"fmt"
	"strings"

	"github.com/funcroute/funcroute/filters/host"
)

// pieceCases are filters through which a message goes piece by piece.
func pieceCases(side side) []conformance {
	trailers := [][2]string{{"t", "1"}}
	build := func(name string, body [][]byte, trailers [][2]string, want want, onPiece func(host.Stream, []byte, bool) ([]byte, host.Action)) conformance {
		c := conformance{name: name, exchange: side.message(body, trailers), want: want}
		side.headers(&c.script, func(host.Stream, bool) host.Action { return host.Pieces })
		side.pieces(&c.script, onPiece)
		return c
	}
	upper := func(_ host.Stream, piece []byte, last bool) ([]byte, host.Action) {
		out := strings.ToUpper(string(piece))
		if last {
			out += "!"
		}
		return []byte(out), host.Continue
	}
	// held keeps the headers back for two pieces and then tells in one what it has seen.
	held := func() func(host.Stream, []byte, bool) ([]byte, host.Action) {
		var pieces []string
		return func(s host.Stream, piece []byte, last bool) ([]byte, host.Action) {
			pieces = append(pieces, string(piece))
			if len(pieces) < 3 && !last {
				return nil, host.Hold
			}
			side.of(s).Headers().Set("pieces", fmt.Sprint(len(pieces)))
			return []byte(strings.Join(pieces, "")), host.Continue
		}
	}
	three := func(body string, trailers bool) want {
		w := side.want(body, trailers)
		side.sees(&w, [][2]string{{"pieces", "3"}}, nil)
		return w
	}
	seen := 0
	lateReply := func(s host.Stream, _ []byte, last bool) ([]byte, host.Action) {
		if !last {
			return nil, host.Hold
		}
		return nil, refuse(s)
	}
	panics := build("a panic while headers are held back", chunks("a", "bc", "d"), nil, side.replied,
		func(host.Stream, []byte, bool) ([]byte, host.Action) { panic("ouch") })
	panics.script.Recovered = func(s host.Stream, _ any) host.Action { return refuse(s) }
	return []conformance{
		build("each piece is replaced as it comes", chunks("a", "bc", "d"), nil, side.want("ABCD!", false), upper),
		build("with trailers the last piece is empty", chunks("a", "bc"), trailers, side.want("ABC!", true), upper),
		build("trailers without a body get one", nil, trailers, side.want("!", true), upper),
		build("headers are held back and changed", chunks("a", "bc", "d"), nil, three("abcd", false), held()),
		build("headers are held back until trailers", chunks("a", "bc"), trailers, three("abc", true), held()),
		build("headers are held back until trailers, and nothing is added", chunks("a", "bc"), trailers, side.want("", true),
			func(_ host.Stream, _ []byte, last bool) ([]byte, host.Action) {
				if last {
					return nil, host.Continue
				}
				return nil, host.Hold
			}),
		build("pieces after the first stream past a filter that is done", chunks("a", "b", "c"), nil, side.want("1bc", false),
			func(host.Stream, []byte, bool) ([]byte, host.Action) {
				if seen++; seen > 1 {
					panic("an event after Done")
				}
				return []byte("1"), host.Done
			}).isDone(),
		build("a reply while headers are held back", chunks("a", "bc", "d"), nil, side.replied, lateReply),
		build("a reply with trailers while headers are held back", chunks("a", "bc"), trailers, side.replied, lateReply),
		panics,
	}
}

// isDone returns the case of a filter that must not be told of the stream's end.
func (c conformance) isDone() conformance {
	c.done = true
	return c
}
