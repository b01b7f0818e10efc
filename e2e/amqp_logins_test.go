package e2e

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"maps"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// Connections are as safe as they are said to be, a certificate lets the proxy in as a user does, and a password that is replaced is used.
func TestAMQPLogins(t *testing.T) {
	name := func(n int64, common string) *x509.Certificate {
		return &x509.Certificate{SerialNumber: big.NewInt(n), Subject: pkix.Name{CommonName: common}, DNSNames: []string{common}}
	}
	authority := harness.NewAuthority(t, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}})
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	own, client := authority.Issue(t, name(2, "rabbitmq.test")), authority.Issue(t, name(3, "proxy"))
	harness.Secret(client.Key)
	ca, safe := write("ca.pem", authority.PEM()), harness.FreeAddress(t)
	server := counterparts.StartRabbitMQ(t, "listeners.ssl.1 = "+safe+"\nssl_options.cacertfile = "+ca+"\nssl_options.certfile = "+write("server.pem", own.PEM)+
		"\nssl_options.keyfile = "+write("server.key", own.Key)+"\nssl_options.verify = verify_peer\n"+
		"auth_mechanisms.1 = PLAIN\nauth_mechanisms.2 = EXTERNAL\nssl_cert_login_from = common_name")
	calls := map[string]natsCall{"f": {target: `"" orders`}}
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		server.AddQueue(t, server.Connect(t), "orders", nil)
		byPassword := harness.Object{"servers": []any{"amqps://" + safe}, "tls_ca_file": ca, "tls_server_name": "rabbitmq.test"}
		byCertificate := harness.Object{
			"type": "amqp", "tls_certificate_file": write("client.pem", client.PEM), "tls_key_file": write("client.key", client.Key),
		}
		maps.Copy(byCertificate, byPassword)
		for name, settings := range map[string]harness.Object{"a password": amqpSettings(t, server, byPassword), "a certificate": byCertificate} {
			t.Run(name, func(t *testing.T) {
				envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, calls))
				wantAnswer(t, envoy, "POST /f HTTP/1.1", "", http.StatusAccepted, "orders")
			})
		}
		for name, missing := range map[string]harness.Object{
			"another name": {"tls_server_name": "other.test"}, "another CA": {"tls_ca_file": write("other.pem", harness.NewAuthority(t, name(4, "other")).PEM())},
			"no such file": {"tls_ca_file": "/no/such/file"},
		} {
			t.Run(name, func(t *testing.T) {
				settings := amqpSettings(t, server, byPassword)
				maps.Copy(settings, missing)
				envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, calls))
				envoy.Expect("amqp: amqps://")
				wantAnswer(t, envoy, "POST /f HTTP/1.1", "", http.StatusServiceUnavailable, "The message was not sent")
			})
		}
		t.Run("rotation", func(t *testing.T) {
			settings := amqpSettings(t, server, harness.Object{"password": "file:" + write("password", "s3cr3t-bad")})
			envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, calls))
			envoy.Expect("amqp: amqp://")
			wantAnswer(t, envoy, "POST /f HTTP/1.1", "", http.StatusServiceUnavailable, "The broker does not let the proxy in.")
			write("password", counterparts.RabbitMQPassword)
			harness.Eventually(t, "the password is used", func() error {
				return harness.WantStatus(envoy.Listener(t, "http"), "POST /f HTTP/1.1", http.StatusAccepted)
			})
		})
	})
}
