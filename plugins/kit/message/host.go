package message

import (
	"fmt"

	"github.com/funcroute/funcroute/httptext"
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
		if value, constant := h.value.Constant(); constant && !httptext.IsAuthority(value) {
			return fmt.Errorf(`header "host" must be a host, with or without a port, not %q`, value)
		}
		h.name = authorityHeader
	}
	return nil
}
