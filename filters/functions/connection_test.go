package functions

import (
	"testing"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// A stream of a host's is a connection of the plugins': both know attributes by the same names.
func TestAttributesOfPluginsAreTheHosts(t *testing.T) {
	for ofPlugins, ofHost := range map[string]string{
		plugins.SourceAddress:         host.SourceAddress,
		plugins.RequestProtocol:       host.RequestProtocol,
		plugins.RequestID:             host.RequestID,
		plugins.PeerCertificateDigest: host.PeerCertificateDigest,
	} {
		if ofPlugins != ofHost {
			t.Errorf("got %q in package plugins, want %q as in package host", ofPlugins, ofHost)
		}
	}
}
