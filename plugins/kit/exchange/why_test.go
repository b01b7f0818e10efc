package exchange

import (
	"fmt"
	"net"
	"testing"
)

// A resolver that is down is not taken for one that knows of no such host.
func TestWhyNamesAreNotFound(t *testing.T) {
	for want, err := range map[string]*net.DNSError{
		"no such host":                 {Err: "no such host", Name: "vault", IsNotFound: true},
		"its name cannot be looked up": {Err: "server misbehaving", Name: "vault", IsTemporary: true},
	} {
		if got := why(fmt.Errorf("dial tcp: %w", err)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
