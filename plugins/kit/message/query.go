package message

import (
	"bytes"
	"strings"

	"github.com/funcroute/funcroute/httptext"
)

// appendQuery appends the client's query to a call's path. A parameter that the call has itself is left out, so that a
// client cannot give it a second value.
func appendQuery(call []byte, received string) []byte {
	_, query, _ := strings.Cut(received, "?")
	if query == "" {
		return call
	}
	mark := bytes.IndexByte(call, '?')
	own := map[string]bool{}
	if mark >= 0 {
		for _, pair := range strings.Split(string(call[mark+1:]), "&") {
			name, _ := httptext.QueryName(pair)
			own[name] = true
		}
	}
	for _, pair := range strings.Split(query, "&") {
		if name, _ := httptext.QueryName(pair); pair == "" || own[name] {
			continue
		}
		switch {
		case mark < 0:
			call = append(call, '?')
			mark = len(call) - 1
		case mark < len(call)-1:
			call = append(call, '&')
		}
		call = append(call, pair...)
	}
	return call
}
