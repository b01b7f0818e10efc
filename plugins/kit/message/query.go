package message

import (
	"bytes"
	"net/url"
	"strings"
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
			own[queryName(pair)] = true
		}
	}
	for _, pair := range strings.Split(query, "&") {
		if pair == "" || own[queryName(pair)] {
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

// queryName is the name of a query parameter, decoded if it can be.
func queryName(pair string) string {
	name, _, _ := strings.Cut(pair, "=")
	if decoded, err := url.QueryUnescape(name); err == nil {
		return decoded
	}
	return name
}
