package message

import (
	"fmt"
	"strings"
)

// The host of a message, as it is written and as Envoy calls it.
const (
	hostHeader      = "host"
	authorityHeader = ":authority"
)

// checkHost checks what is written of the host that a call names, and calls it what Envoy calls it.
func (headers Headers) checkHost() error {
	for i := range headers {
		h := &headers[i]
		if h.name != hostHeader {
			continue
		}
		if h.again {
			return fmt.Errorf(`header "host" is set twice`)
		}
		if value, constant := h.value.Constant(); constant && !isAuthority(value) {
			return fmt.Errorf(`header "host" must be a host, with or without a port, not %q`, value)
		}
		h.name = authorityHeader
	}
	return nil
}

// isAuthority reports whether a text is made of what names, addresses and ports consist of. No expression may make a host
// something else, such as one with a path or a user.
func isAuthority(s string) bool {
	for i := range len(s) {
		c := s[i]
		alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alphanumeric && strings.IndexByte("-._~:[]", c) < 0 {
			return false
		}
	}
	return s != ""
}
