package hosttest

import (
	"fmt"
	"strings"

	"github.com/funcroute/funcroute/filters/host"
)

func chunkCases() []conformance {
	inChunks := func(host.Stream, bool) host.Action { return host.Chunks }
	upper := func(_ host.Stream, piece []byte, last bool) ([]byte, host.Action) {
		out := strings.ToUpper(string(piece))
		if last {
			out += "!"
		}
		return []byte(out), host.Continue
	}
	answer := Exchange{Answer: Message{Headers: [][2]string{{":status", "200"}}, Chunks: chunks("a", "bc", "d")}}
	trailers := Exchange{Answer: Message{Headers: [][2]string{{":status", "200"}}, Chunks: chunks("a", "bc"), Trailers: [][2]string{{"t", "1"}}}}
	onlyTrailers := Exchange{Answer: Message{Headers: [][2]string{{":status", "200"}}, Trailers: [][2]string{{"t", "1"}}}}
	// held keeps the headers back for two pieces and then tells in one what it has seen.
	held := func() Script {
		var pieces []string
		return Script{AnswerHeaders: inChunks, AnswerPiece: func(s host.Stream, piece []byte, last bool) ([]byte, host.Action) {
			pieces = append(pieces, string(piece))
			if len(pieces) < 3 && !last {
				return nil, host.Hold
			}
			s.Answer().Headers().Set(":status", "201")
			s.Answer().Headers().Set("pieces", fmt.Sprint(len(pieces)))
			return []byte(strings.Join(pieces, "")), host.Continue
		}}
	}
	return []conformance{
		{name: "each piece is replaced as it comes", exchange: answer, script: Script{AnswerHeaders: inChunks, AnswerPiece: upper}, want: want{status: "200", body: text("ABCD!")}},
		{name: "with trailers the last piece is empty", exchange: trailers, script: Script{AnswerHeaders: inChunks, AnswerPiece: upper}, want: want{status: "200", body: text("ABC!"), trailers: true}},
		{name: "trailers without a body get one", exchange: onlyTrailers, script: Script{AnswerHeaders: inChunks, AnswerPiece: upper}, want: want{status: "200", body: text("!"), trailers: true}},
		{name: "headers are held back and changed", exchange: answer, script: held(), want: want{status: "201", headers: [][2]string{{"pieces", "3"}}, body: text("abcd")}},
		{name: "headers are held back until trailers", exchange: trailers, script: held(), want: want{status: "201", headers: [][2]string{{"pieces", "3"}}, body: text("abc"), trailers: true}},
		{
			name: "a reply while headers are held back", exchange: answer,
			script: Script{AnswerHeaders: inChunks, AnswerPiece: func(s host.Stream, _ []byte, last bool) ([]byte, host.Action) {
				if !last {
					return nil, host.Hold
				}
				return nil, refuse(s)
			}},
			want: want{status: "403", body: text("no"), details: "refused"},
		},
		{
			name: "a panic while headers are held back", exchange: answer,
			script: Script{
				AnswerHeaders: inChunks,
				AnswerPiece:   func(host.Stream, []byte, bool) ([]byte, host.Action) { panic("ouch") },
				Recovered:     func(s host.Stream, _ any) host.Action { return refuse(s) },
			},
			want: want{status: "403", details: "refused"},
		},
	}
}
