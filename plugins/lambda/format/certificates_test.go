package format

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// issued is a certificate that says of itself what a template says.
func issued(t testing.TB, template *x509.Certificate) (text, digest string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), hex.EncodeToString(sum[:])
}

func template() *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject: pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
			{Type: asn1.ObjectIdentifier{2, 5, 4, 6}, Value: "US"},
			{Type: asn1.ObjectIdentifier{2, 5, 4, 10}, Value: `Shoes, "Hats" + Söhne`},
			{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "client"},
			{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: "a@example.com"},
			{Type: asn1.ObjectIdentifier{1, 2, 3, 4}, Value: "own"},
		}},
		NotBefore: time.Date(2026, 8, 5, 9, 36, 4, 0, time.UTC),
		NotAfter:  time.Date(2036, 12, 28, 12, 30, 2, 0, time.UTC),
	}
}

func withCertificate(digest string, headers ...[2]string) *plugins.Request {
	headers = append(headers, [2]string{":method", "GET"}, [2]string{":path", "/"}, [2]string{":authority", "localhost"})
	r := plugins.NewRequest(plugintest.NewHeaders(headers...), plugintest.Connection{Certificate: digest}, nil)
	r.Time = noon
	return r
}

func forwarded(text string) [2]string {
	return [2]string{"x-forwarded-client-cert", `Hash=00;Cert="` + url.PathEscape(text) + `"`}
}

func TestClientCertificate(t *testing.T) {
	text, digest := issued(t, template())
	want := events.APIGatewayV2HTTPRequestContextAuthenticationClientCert{
		ClientCertPem: text,
		SubjectDN:     `C=US,O=Shoes\, \"Hats\" \+ Söhne,CN=client,emailAddress=a@example.com,1.2.3.4=own`,
		SerialNumber:  "1",
		Validity: events.APIGatewayV2HTTPRequestContextAuthenticationClientCertValidity{
			NotBefore: "Aug  5 09:36:04 2026 GMT", NotAfter: "Dec 28 12:30:02 2036 GMT",
		},
	}
	want.IssuerDN = want.SubjectDN
	all := payloadFormats(t, nil)

	t.Run("apigateway-v2", func(t *testing.T) {
		event, err := eventBy(t, all["apigateway-v2"], withCertificate(digest, forwarded(text)))
		if err != nil {
			t.Fatal(err)
		}
		if got := decode[events.APIGatewayV2HTTPRequest](t, event).RequestContext.Authentication.ClientCert; got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
	t.Run("apigateway-v1", func(t *testing.T) {
		event, err := eventBy(t, all[payloadRESTAPI], withCertificate(digest, forwarded(text)))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			RequestContext struct {
				Identity struct {
					ClientCert events.APIGatewayV2HTTPRequestContextAuthenticationClientCert
				}
			}
		}
		if err := json.Unmarshal(event, &got); err != nil || got.RequestContext.Identity.ClientCert != want {
			t.Errorf("got  %+v\nwant %+v (%v)", got.RequestContext.Identity.ClientCert, want, err)
		}
	})
	t.Run("alb", func(t *testing.T) {
		event, err := eventBy(t, all[payloadALB], withCertificate(digest, forwarded(text), [2]string{"x-amzn-mtls-clientcert-subject", "CN=forged"},
			[2]string{"x-amzn-mtls-clientcert", "forged"}))
		if err != nil {
			t.Fatal(err)
		}
		got := decode[events.ALBTargetGroupRequest](t, event).Headers
		name := `1.2.3.4=own,emailAddress=a@example.com,CN=client,O=Shoes\, \"Hats\" \+ Söhne,C=US`
		for header, want := range map[string]string{
			"x-amzn-mtls-clientcert":               "",
			"x-amzn-mtls-clientcert-serial-number": "01",
			"x-amzn-mtls-clientcert-subject":       name,
			"x-amzn-mtls-clientcert-issuer":        name,
			"x-amzn-mtls-clientcert-validity":      "NotBefore=2026-08-05T09:36:04Z;NotAfter=2036-12-28T12:30:02Z",
			"x-amzn-mtls-clientcert-leaf":          strings.NewReplacer("\n", "%0A", " ", "%20").Replace(text),
		} {
			if got[header] != want {
				t.Errorf("%s: got %q, want %q", header, got[header], want)
			}
		}
	})
	for _, name := range []string{payloadFunctionURL, payloadEnvoy} {
		t.Run(name+" has no place for it", func(t *testing.T) {
			event, err := eventBy(t, all[name], withCertificate(digest, forwarded(text)))
			if err != nil || bytes.Contains(event, []byte("clientCert")) {
				t.Errorf("got %s, %v", event, err)
			}
		})
	}
}

func TestOnlyTheConnectionsOwnCertificateIsBelieved(t *testing.T) {
	own, digest := issued(t, template())
	other, _ := issued(t, template())
	ownHeader := forwarded(own)[1]
	cases := map[string]struct {
		digest  string
		headers [][2]string
		want    bool
	}{
		"its own":                          {digest, [][2]string{forwarded(own)}, true},
		"another one":                      {digest, [][2]string{forwarded(other)}, false},
		"another one with its hash":        {digest, [][2]string{{"x-forwarded-client-cert", "Hash=" + digest + `;Cert="` + url.PathEscape(other) + `"`}}, false},
		"no certificate on the connection": {"", [][2]string{forwarded(own)}, false},
		"no header":                        {digest, nil, false},
		"behind another element":           {digest, [][2]string{{"x-forwarded-client-cert", forwarded(other)[1] + "," + ownHeader}}, true},
		"before another element":           {digest, [][2]string{{"x-forwarded-client-cert", ownHeader + "," + forwarded(other)[1]}}, true},
		"in a second header":               {digest, [][2]string{forwarded(other), forwarded(own)}, true},
		"in a chain":                       {digest, [][2]string{{"x-forwarded-client-cert", `Chain="` + url.PathEscape(other+own) + `"`}}, true},
		"no PEM":                           {digest, [][2]string{forwarded("hello")}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			event, err := eventBy(t, payloadFormats(t, nil)["apigateway-v2"], withCertificate(c.digest, c.headers...))
			if err != nil {
				t.Fatal(err)
			}
			got := decode[events.APIGatewayV2HTTPRequest](t, event).RequestContext.Authentication.ClientCert.ClientCertPem
			if want := map[bool]string{true: own}[c.want]; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestSerialNumber(t *testing.T) {
	cases := map[string]string{ // As `openssl x509 -text` writes them, without the number in brackets.
		"0":                      "0",
		"1":                      "1",
		"1193046":                "1193046",
		"9223372036854775807":    "9223372036854775807",
		"9223372036854775808":    "80:00:00:00:00:00:00:00",
		"4722366482869645213696": "01:00:00:00:00:00:00:00:00:00"[:29],
	}
	for decimal, want := range cases {
		n, _ := new(big.Int).SetString(decimal, 10)
		if got := serialNumber(n); got != want {
			t.Errorf("%s: got %q, want %q", decimal, got, want)
		}
	}
}

func TestCertificatesAreBounded(t *testing.T) {
	known := NewCertificates()
	for i := range 4 * maxCertificates {
		known.known.Put(fmt.Sprint(i), seenCertificate{})
	}
	text, digest := issued(t, template())
	c := read(withCertificate(digest, forwarded(text)))
	defer c.release()
	if known.of(c) == nil || known.known.Len() > maxCertificates {
		t.Errorf("got %d, want the new one and %d at most", known.known.Len(), maxCertificates)
	}
}

// What is known of a certificate is not made again.
func TestCertificatesAreKept(t *testing.T) {
	known := NewCertificates()
	text, digest := issued(t, template())
	c := read(withCertificate(digest, forwarded(text)))
	defer c.release()
	first := known.of(c)
	if second := known.of(c); first == nil || first != second {
		t.Errorf("got %p and %p, want one", first, second)
	}
	if n := testing.AllocsPerRun(100, func() { known.of(c) }); n > 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

// What has been seen once is not told of a request that does not show it.
func TestACertificateIsShownAnew(t *testing.T) {
	known := NewCertificates()
	own, digest := issued(t, template())
	other, _ := issued(t, template())
	for _, header := range [][2]string{forwarded(own), forwarded(other), {"x-forwarded-client-cert", forwarded(other)[1] + "," + forwarded(own)[1]}} {
		c := read(withCertificate(digest, header))
		if got, want := known.of(c) != nil, strings.Contains(header[1], url.PathEscape(own)); got != want {
			t.Errorf("%s: got %t, want %t", header[1], got, want)
		}
		c.release()
	}
}

// FuzzCertificate asks of every certificate that crypto/x509 reads that its members are JSON and its headers can be sent.
func FuzzCertificate(f *testing.F) {
	text, _ := issued(f, template())
	block, _ := pem.Decode([]byte(text))
	f.Add(block.Bytes)
	f.Fuzz(func(t *testing.T, der []byte) {
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			return
		}
		made := newCertificate(parsed)
		if !json.Valid(made.gateway) {
			t.Errorf("no JSON: %s", made.gateway)
		}
		for _, header := range made.balancer {
			if strings.ContainsAny(header.value, "\r\n\x00") {
				t.Errorf("%s: %q cannot be sent", header.name, header.value)
			}
		}
	})
}
