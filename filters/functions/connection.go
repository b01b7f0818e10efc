package functions

import "github.com/funcroute/funcroute/plugins"

// connection is a stream as plugins see it.
type connection stream

var _ plugins.Connection = (*connection)(nil)

func (c *connection) Attribute(name string) string {
	switch name {
	case plugins.SourceAddress:
		return c.host.SourceAddress()
	case plugins.RequestProtocol:
		return c.host.Protocol()
	case plugins.RequestID:
		return c.host.RequestID()
	case plugins.PeerCertificateDigest:
		return c.host.PeerCertificateDigest()
	}
	return ""
}

func (c *connection) DynamicMetadata(namespace, key string) (text string, there bool) {
	if !c.host.HasDynamicMetadata(namespace, key) {
		return "", false
	}
	return c.host.DynamicMetadata(namespace, key), true
}
