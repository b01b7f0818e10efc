package rest

import (
	"strings"
	"testing"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins/kit/message"
)

// What frames a message, or is between Envoy and its peer, is nobody's to write: a template that could would let a call
// end elsewhere than Envoy thinks.
func TestHeadersThatNoTemplateSets(t *testing.T) {
	none, err := parameters.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade",
		"HTTP2-Settings", "Expect",
	} {
		t.Run(name, func(t *testing.T) {
			const want = "cannot be set"
			if _, _, err := compileTarget("GET /\n"+name+": x", none, false); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("target: error = %v, want one with %q", err, want)
			}
			if _, err := message.CompileAnswer("200\n"+name+": x", "GET", none); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("answer template: error = %v, want one with %q", err, want)
			}
		})
	}
}
