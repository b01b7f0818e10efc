package e2e

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"maps"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// gatewayCertificate is a `clientCert` as API Gateway's documentation has it.
type gatewayCertificate struct {
	ClientCertPem, SubjectDN, IssuerDN, SerialNumber string
	Validity                                         struct{ NotBefore, NotAfter string }
}

// A function gets the certificate that the client has opened its connection with, and no other, whatever the client's
// headers say.
func TestClientCertificate(t *testing.T) {
	serial, _ := new(big.Int).SetString("a1b2c3d4e5f60718293a4b5c6d7e8f90", 16)
	authority := harness.NewAuthority(t, &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{Country: []string{"DE"}, Organization: []string{"Example CA"}, CommonName: "root"},
	})
	server := authority.Issue(t, &x509.Certificate{SerialNumber: big.NewInt(8), DNSNames: []string{"localhost"}, IPAddresses: loopback()})
	client := authority.Issue(t, &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Country: []string{"DE"}, Organization: []string{"Example GmbH"}, CommonName: "client"},
	})
	stranger := authority.Issue(t, &x509.Certificate{SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: "stranger"}})
	want := readByOpenSSL(t, client)

	cert := harness.Object{"cert": true}
	listeners := map[string]harness.Object{ // What is set of the connection manager.
		"sanitize_set":        {"forward_client_cert_details": "SANITIZE_SET", "set_current_client_cert_details": cert},
		"append_forward":      {"forward_client_cert_details": "APPEND_FORWARD", "set_current_client_cert_details": cert},
		"chain":               {"forward_client_cert_details": "APPEND_FORWARD", "set_current_client_cert_details": harness.Object{"chain": true, "subject": true}},
		"json":                {"forward_client_cert_details": "APPEND_FORWARD", "set_current_client_cert_details": harness.Object{"cert": true, "format": "JSON"}},
		"always_forward_only": {"forward_client_cert_details": "ALWAYS_FORWARD_ONLY"},
		"plain":               {"forward_client_cert_details": "ALWAYS_FORWARD_ONLY"},
		"sanitize":            {},
	}
	forged := func(c harness.Certificate) string {
		return "\nx-forwarded-client-cert: Hash=00;Subject=\"CN=x,Cert=y\";Cert=\"" + url.PathEscape(c.PEM) + `"`
	}
	cases := []struct {
		name, listener, header string
		want                   bool
	}{
		{"Envoy says it", "sanitize_set", "", true},
		{"Envoy says it, and removes what the client says", "sanitize_set", forged(stranger), true},
		{"Envoy says it behind the client's lie", "append_forward", forged(stranger), true},
		{"Envoy says it in a chain", "chain", forged(stranger), true},
		{"Envoy says it in JSON", "json", "", true},
		{"the client says it, and it is true", "always_forward_only", forged(client), true},
		{"the client lies", "always_forward_only", forged(stranger), false},
		{"nobody says it", "sanitize", forged(client), false},
		{"there is no TLS", "plain", forged(client), false},
	}
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t, harness.Message(t, "200\ncontent-type: application/json", `{"statusCode":200}`))
		config := harness.NewConfig()
		config.AddCluster(upstream.Address, harness.Object{"name": "lambda", "metadata": lambdaMetadata(nil)})
		for name, manager := range listeners {
			config.AddListener(name, payloadRoutes("apigateway-v2", "apigateway-v1", "alb"), nil, manager)
			if name != "plain" {
				config.MutualTLS(name, server, authority)
			}
		}
		envoy := harness.StartEnvoy(t, host, config)
		event := func(t *testing.T, listener, payload, headers string) harness.Object {
			t.Helper()
			request := harness.Message(t, "GET /"+payload+" HTTP/1.1\nhost: localhost\nx-amzn-mtls-clientcert-subject: CN=forged"+headers, "")
			before := len(upstream.Received())
			if listener == "plain" {
				if _, err := harness.Send(envoy.Listener(t, listener), request); err != nil {
					t.Fatal(err)
				}
			} else {
				harness.SendTLS(t, envoy.Listener(t, listener), request, client, authority)
			}
			return eventIn(t, upstream, before)
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				var expected *gatewayCertificate
				if c.want {
					expected = &want
				}
				second := event(t, c.listener, "apigateway-v2", c.header)
				if got := certificateAt(t, second, "requestContext", "authentication", "clientCert"); !reflect.DeepEqual(got, expected) {
					t.Errorf("apigateway-v2:\ngot  %+v\nwant %+v", got, expected)
				}
				first := event(t, c.listener, "apigateway-v1", c.header)
				if got := certificateAt(t, first, "requestContext", "identity", "clientCert"); !reflect.DeepEqual(got, expected) {
					t.Errorf("apigateway-v1:\ngot  %+v\nwant %+v", got, expected)
				}
				headers := event(t, c.listener, "alb", c.header)["headers"].(harness.Object)
				maps.DeleteFunc(headers, func(name string, _ any) bool { return !strings.HasPrefix(name, "x-amzn-mtls-") })
				if len(headers) > 0 != c.want {
					t.Errorf("alb: got %v, want headers: %t", headers, c.want)
				}
				if c.want && (headers["x-amzn-mtls-clientcert-subject"] != "CN=client,O=Example GmbH,C=DE" ||
					headers["x-amzn-mtls-clientcert-issuer"] != "CN=root,O=Example CA,C=DE" ||
					headers["x-amzn-mtls-clientcert-serial-number"] != "A1B2C3D4E5F60718293A4B5C6D7E8F90") {
					t.Errorf("alb: got %v", headers)
				}
			})
		}
	})
}

func certificateAt(t *testing.T, event harness.Object, path ...string) *gatewayCertificate {
	t.Helper()
	for _, name := range path[:len(path)-1] {
		event, _ = event[name].(harness.Object)
	}
	found, there := event[path[len(path)-1]]
	if !there {
		return nil
	}
	text, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	certificate := &gatewayCertificate{}
	if err := json.Unmarshal(text, certificate); err != nil {
		t.Fatal(err)
	}
	return certificate
}

// readByOpenSSL is what a function should get, by OpenSSL's reading of the certificate.
func readByOpenSSL(t *testing.T, of harness.Certificate) gatewayCertificate {
	t.Helper()
	file := filepath.Join(t.TempDir(), "certificate.pem")
	if err := os.WriteFile(file, []byte(of.PEM), 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := exec.CommandContext(t.Context(), harness.Tool(t, "python"), filepath.Join("testdata", "certificate.py"), file).Output()
	if err != nil {
		t.Fatalf("oracle: %v\n%s", err, output)
	}
	var read struct {
		Subject, Issuer [][2]string
		Serial          string
		NotBefore       string `json:"not_before"`
		NotAfter        string `json:"not_after"`
	}
	if err := json.Unmarshal(output, &read); err != nil {
		t.Fatal(err)
	}
	short := map[string]string{"countryName": "C", "organizationName": "O", "commonName": "CN"}
	name := func(parts [][2]string) string {
		var list []string
		for _, part := range parts {
			list = append(list, short[part[0]]+"="+part[1])
		}
		return strings.Join(list, ",")
	}
	var pairs []string
	for serial := strings.ToLower(read.Serial); serial != ""; serial = serial[2:] {
		pairs = append(pairs, serial[:2])
	}
	want := gatewayCertificate{
		ClientCertPem: of.PEM, SubjectDN: name(read.Subject), IssuerDN: name(read.Issuer), SerialNumber: strings.Join(pairs, ":"),
	}
	want.Validity.NotBefore, want.Validity.NotAfter = read.NotBefore, read.NotAfter
	return want
}

func loopback() []net.IP { return []net.IP{net.IPv4(127, 0, 0, 1)} }
