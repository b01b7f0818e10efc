package tokens

import (
	"encoding/base64"
	"errors"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/keep"
)

// static is a credential that a secret holds.
type static struct {
	environment plugins.Environment
	name        string
	// written is what the header holds.
	written *keep.Derived[string]
}

var (
	_ credential      = (*static)(nil)
	_ plugins.Awaiter = (*static)(nil)
)

// newStatic returns the credential of a secret to which a setting refers.
func newStatic(environment plugins.Environment, setting, reference string, write func(string) string) (credential, error) {
	secret, err := opened(environment, setting, reference)
	if err != nil {
		return nil, err
	}
	written := keep.Derive(secret, secret.String(), func(secret plugins.Secret) (string, error) {
		text, err := valueOf(secret)
		if err != nil {
			return "", err
		}
		if value := write(text); isFieldValue(value) {
			return value, nil
		}
		return "", errors.New("it has a line break or another control character in it, which no header can hold")
	})
	return &static{environment, secret.String(), written}, nil
}

// basic is the credentials of a user (RFC 7617).
func basic(username, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password))
}

func (s *static) Ready() bool { return s.written.Ready(s.environment) }

func (s *static) Await(done func(error)) (stop func()) { return s.written.Await(s.environment, done) }

func (s *static) String() string { return s.name }

func (s *static) header() (string, error) {
	value, valid := s.written.Get()
	if !valid {
		return "", plugins.SecretUnavailable(errors.New(s.name + " is not there, or cannot be used"))
	}
	return value, nil
}

func (s *static) rejected() { s.written.Rejected(s.environment) }

// valueOf returns a secret's text. The error is for operators.
func valueOf(secret plugins.Secret) (string, error) {
	text, err := secret.Value()
	var failed *plugins.Error
	if errors.As(err, &failed) && failed.Cause != nil {
		return "", failed.Cause // It names the secret.
	}
	return text, err
}
