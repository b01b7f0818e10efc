package tokens

import (
	"encoding/base64"
	"errors"
	"sync/atomic"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/reminder"
)

// static is a credential that a secret holds.
type static struct {
	plugins.Secret
	environment plugins.Environment
	write       func(secret string) string
	made        atomic.Pointer[written]
	told        reminder.Reminder
}

var _ credential = (*static)(nil)

// written is what a header holds for one version of a secret.
type written struct {
	version uint64
	value   string
}

// newStatic returns the credential of a secret to which a setting refers.
func newStatic(environment plugins.Environment, setting, reference string, write func(string) string) (credential, error) {
	secret, err := opened(environment, setting, reference)
	if err != nil {
		return nil, err
	}
	return &static{Secret: secret, environment: environment, write: write}, nil
}

// basic is the credentials of a user (RFC 7617).
func basic(username, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password))
}

func (s *static) header() (string, error) {
	version := s.Version()
	if made := s.made.Load(); made != nil && made.version == version && version != 0 {
		return made.value, nil
	}
	text, err := s.Value()
	if err != nil {
		return "", err
	}
	value := s.write(text)
	if !isFieldValue(value) {
		return "", s.unfit()
	}
	s.made.Store(&written{version, value})
	return value, nil
}

// unfit is the error of a secret that cannot be sent. The log is told of it, for requests are answered as if it were not there.
func (s *static) unfit() error {
	why := errors.New(s.String() + " has a line break or another control character in it, which no header can hold")
	if _, due := s.told.Due(why.Error()); due {
		s.environment.Warn("funcroute: " + why.Error())
	}
	return plugins.SecretUnavailable(why)
}

func (s *static) rejected() { s.Rejected() }
