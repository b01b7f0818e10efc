package format

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"strings"

	"github.com/funcroute/funcroute/cache"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/lambda/format/xfcc"
)

// Certificates are those that clients have opened their connections with, by their digest. They are bounded, and safe for concurrent use.
type Certificates struct {
	known *cache.Cache[string, seenCertificate]
}

// seenCertificate is what is known of a certificate.
type seenCertificate struct {
	// header is one that has held it, "" if that is too long to be kept. The same header need not be read again.
	header string
	// certificate is nil if nothing can be told of it.
	certificate *certificate
}

// maxCertificates and maxCertificateHeader bound what is kept.
const (
	maxCertificates      = 1024
	maxCertificateHeader = 8 << 10
)

// NewCertificates returns none yet.
func NewCertificates() *Certificates {
	return &Certificates{cache.New[string, seenCertificate](cache.Policy{Capacity: maxCertificates / 2, Unused: cache.Unlimited})}
}

// of returns the certificate of the client's own connection, or nil.
//
// No host shows a whole certificate; Envoy's x-forwarded-client-cert does, but so may a client or a proxy before. The
// digest of the connection's certificate, which Envoy alone knows, tells which of those is the right one.
func (s *Certificates) of(c *client) *certificate {
	header := c.header(xfcc.Name)
	if header == "" {
		return nil
	}
	digest := c.request.Connection.Attribute(plugins.PeerCertificateDigest)
	if digest == "" {
		return nil
	}
	seen, known := s.known.Get(digest)
	if known && seen.header == header {
		return seen.certificate
	}
	der := findCertificate(c, digest)
	if der == nil {
		return nil
	}
	if !known {
		if parsed, err := x509.ParseCertificate(der); err == nil {
			seen.certificate = newCertificate(parsed)
		}
	}
	if seen.header = ""; len(header) <= maxCertificateHeader {
		seen.header = strings.Clone(header)
	}
	s.known.Put(strings.Clone(digest), seen)
	return seen.certificate
}

// findCertificate looks through the headers for the certificate of that digest.
func findCertificate(c *client, digest string) []byte {
	for _, h := range c.headers {
		if h.name != xfcc.Name {
			continue
		}
		for text := range xfcc.Certificates(h.value) {
			for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
				if sum := sha256.Sum256(block.Bytes); hex.EncodeToString(sum[:]) == digest {
					return block.Bytes
				}
			}
		}
	}
	return nil
}
