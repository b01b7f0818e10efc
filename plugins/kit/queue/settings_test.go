package queue

import (
	"strings"
	"testing"
)

// However a password gets into a URL, no error repeats it.
func TestServersWithPasswordsAreNotRepeated(t *testing.T) {
	for _, server := range []string{
		"nats://me:s3cret@host", "nats:me:s3cret@host:4222", "me:s3cret@host:4222", "nats://host?password=s3cret", "nats://host/#s3cret",
		"http://host?password=s3cret", "nats://me:s3cret%@host", "//me:s3cret@host", "nats:///me:s3cret@host",
	} {
		c := &Connecting{Servers: []string{server}, MaxInFlight: 1}
		if err := c.Check(Schemes{Plain: "nats", TLS: "tls"}); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %v, want an error without the password", server, err)
		}
	}
}
