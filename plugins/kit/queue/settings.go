package queue

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

// Connecting are the settings that say which broker it is and how to get in. They are the cluster's: whoever has the same shares a client.
type Connecting struct {
	Servers            []string `setting:"servers" doc:"URLs of the broker's servers, without user names and passwords."`
	Username           string   `setting:"username" doc:"User name for the broker."`
	Password           string   `setting:"password" doc:"Reference to the user's password."`
	TLSCAFile          string   `setting:"tls_ca_file" doc:"File with the certificates of the authorities that the broker's certificate may be signed by; by default the system's."`
	TLSCertificateFile string   `setting:"tls_certificate_file" doc:"File with the client's certificate."`
	TLSKeyFile         string   `setting:"tls_key_file" doc:"File with the key of the client's certificate."`
	TLSServerName      string   `setting:"tls_server_name" doc:"Name that the broker's certificate must have; by default the host in the server's URL."`
	MaxInFlight        int      `setting:"max_in_flight" default:"1024" unit:"messages" doc:"How many messages may wait for the broker's acknowledgement at a time, beyond which clients are answered 503."`
}

// Publishing are the settings that say what becomes of a request. A route may have others than its cluster.
type Publishing struct {
	Payload        string        `setting:"payload" one_of:"body,cloudevent" default:"body" doc:"Whether the client's body is the message, or the CloudEvent that the request must be."`
	EventMode      string        `setting:"event_mode" one_of:"binary,structured" default:"binary" doc:"How an event is written: its attributes as headers, or all of it as JSON."`
	MessageID      string        `setting:"message_id" doc:"The message's id, with parameters as in the address."`
	Timeout        time.Duration `setting:"timeout" default:"5s" doc:"How long the broker may take to answer."`
	ForwardHeaders []string      `setting:"forward_headers" doc:"Names of headers of the client that go along."`
}

// Schemes are the schemes of a protocol's URLs.
type Schemes struct{ Plain, TLS string }

// Check looks for mistakes in the settings. The error never repeats a URL that has a user or a password in it.
func (c *Connecting) Check(schemes Schemes) error {
	if len(c.Servers) == 0 {
		return fmt.Errorf(`setting "servers" is needed: a list of URLs such as %s://broker.example.com`, schemes.TLS)
	}
	seen := ""
	for _, server := range c.Servers {
		scheme, err := checkServer(server, schemes)
		if err != nil {
			return err
		}
		if seen != "" && scheme != seen {
			return fmt.Errorf(`setting "servers" mixes %s and %s, so that it depends on chance whether a connection is safe`, schemes.Plain, schemes.TLS)
		}
		seen = scheme
	}
	if seen == schemes.Plain && (c.TLSCAFile != "" || c.TLSCertificateFile != "" || c.TLSKeyFile != "" || c.TLSServerName != "") {
		return fmt.Errorf(`settings "tls_…" need servers that begin with %s://`, schemes.TLS)
	}
	switch {
	case (c.TLSCertificateFile == "") != (c.TLSKeyFile == ""):
		return errors.New(`settings "tls_certificate_file" and "tls_key_file" need each other`)
	case (c.Username == "") != (c.Password == ""):
		return errors.New(`settings "username" and "password" need each other`)
	case c.MaxInFlight <= 0:
		return errors.New(`setting "max_in_flight" must be more than 0`)
	}
	return nil
}

func checkServer(server string, schemes Schemes) (scheme string, err error) {
	u, err := url.Parse(server)
	switch {
	case err != nil:
		return "", errors.New(`setting "servers" holds what is no URL`)
	case u.User != nil, strings.Contains(server, "@"): // Without a scheme, or without slashes after it, a user is not found as one.
		return "", errors.New(`setting "servers" holds a user or a password; that is what the other settings are for`)
	case u.RawQuery != "" || u.Fragment != "":
		return "", errors.New(`setting "servers": a URL is a scheme, a host and a port, without a query`)
	case u.Scheme != schemes.Plain && u.Scheme != schemes.TLS:
		return "", fmt.Errorf(`setting "servers": a URL must begin with %s:// or %s://, as %q does not`, schemes.Plain, schemes.TLS, server)
	case u.Hostname() == "" || u.Path != "":
		return "", fmt.Errorf(`setting "servers": a URL is a scheme, a host and a port, as %q is not`, server)
	}
	return u.Scheme, nil
}

// SameAs returns an error if a route's settings are others than its cluster's.
func (c *Connecting) SameAs(cluster *Connecting) error {
	if !slices.Equal(c.Servers, cluster.Servers) || c.without() != cluster.without() {
		return errors.New("servers, credentials, tls_… and max_in_flight belong to the cluster, as all its routes share a connection")
	}
	return nil
}

// without is all that can be compared by ==.
func (c *Connecting) without() [7]string {
	return [...]string{
		c.Username, c.Password, c.TLSCAFile, c.TLSCertificateFile, c.TLSKeyFile, c.TLSServerName, fmt.Sprint(c.MaxInFlight),
	}
}

// Key tells clients apart: those that have the same settings, and get in the same way with the same secrets of the same stores.
type Key struct {
	settings string
	secrets  [mostSecrets]plugins.Secret
}

// Key returns the key of these settings. Further is what the type's own settings add.
func (c *Connecting) Key(secrets *Secrets, further ...string) Key {
	return Key{fmt.Sprintf("%q %q %q %q", c.Servers, c.without(), further, secrets.names()), secrets.sorted()}
}

// Secure reports whether connections are to be TLS.
func (c *Connecting) Secure(schemes Schemes) bool {
	return strings.HasPrefix(c.Servers[0], schemes.TLS+"://")
}

// TLS reads the files that the settings name. It blocks, so it is for the goroutine that connects.
func (c *Connecting) TLS() (*tls.Config, error) { return tlsConfig(c) }
