package harness

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"

	"github.com/funcroute/funcroute/golden"
)

// Authority is a certificate authority of a test's own.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Certificate is a certificate and its key, both in PEM.
type Certificate struct{ PEM, Key string }

// NewAuthority makes an authority. The template need not have a key, nor what makes a certificate an authority.
func NewAuthority(t testing.TB, template *x509.Certificate) *Authority {
	t.Helper()
	a := &Authority{certificate: template, key: NewKey(t)}
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	parsed, err := x509.ParseCertificate(a.sign(t, template, a.key))
	if err != nil {
		t.Fatal(err)
	}
	a.certificate = parsed
	return a
}

// Issue makes a certificate of a template. It is good for both sides of a connection.
func (a *Authority) Issue(t testing.TB, template *x509.Certificate) Certificate {
	t.Helper()
	key := NewKey(t)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return Certificate{PEM: asPEM("CERTIFICATE", a.sign(t, template, key)), Key: asPEM("PRIVATE KEY", encoded)}
}

// PEM is the authority's own certificate.
func (a *Authority) PEM() string { return asPEM("CERTIFICATE", a.certificate.Raw) }

func (a *Authority) sign(t testing.TB, template *x509.Certificate, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// NewKey makes a key of the curve P-256.
func NewKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func asPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// MutualTLS has the listener of that name present a certificate, and ask every client for one that the authority has issued.
func (c Config) MutualTLS(listener string, own Certificate, authority *Authority) {
	inline := func(text string) Object { return Object{"inline_string": text} }
	for _, candidate := range c.Listeners() {
		if candidate["name"] != listener {
			continue
		}
		Objects(candidate, "filter_chains")[0]["transport_socket"] = Object{
			"name": "envoy.transport_sockets.tls",
			"typed_config": Object{
				"@type":                      "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
				"require_client_certificate": true,
				"common_tls_context": Object{
					"tls_certificates":   []any{Object{"certificate_chain": inline(own.PEM), "private_key": inline(own.Key)}},
					"validation_context": Object{"trusted_ca": inline(authority.PEM())},
				},
			},
		}
	}
}

// SendTLS sends a request as [Send] does, over TLS and with a client certificate.
func SendTLS(t testing.TB, address string, request *golden.Message, own Certificate, authority *Authority) Answer {
	t.Helper()
	pair, err := tls.X509KeyPair([]byte(own.PEM), []byte(own.Key))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority.certificate)
	dialer := &tls.Dialer{Config: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots, MinVersion: tls.VersionTLS12}}
	connection, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	_ = connection.SetDeadline(time.Now().Add(Patience))
	if _, err := connection.Write(Wire(request)); err != nil {
		t.Fatal(err)
	}
	answer, err := receive(connection, request)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}
