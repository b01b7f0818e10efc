package plugintest

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

// Secret is a [plugins.Secret] that holds what a test gives it. A new one has nothing, and whoever waits for it does so until the test
// calls Set or Fail. See [Environment.Give].
type Secret struct {
	reference string
	mutex     sync.Mutex
	text      string
	failure   error
	version   uint64
	expires   time.Time
	rejected  int
	waiting   map[*func(error)]struct{}
}

var _ plugins.Secret = (*Secret)(nil)

// Give has the environment know a secret, with a text; JSON or lines of the form key=value are an object, too. Give it "" to set the
// text later.
func (e *Environment) Give(reference, text string) *Secret {
	given := &Secret{reference: reference, waiting: map[*func(error)]struct{}{}}
	if text != "" {
		given.Set(text)
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.secrets == nil {
		e.secrets = map[string]*Secret{}
	}
	e.secrets[reference] = given
	return given
}

// Secret knows the secrets that were given, and whole files as they are at the first look. Any other text is none.
func (e *Environment) Secret(reference string) (plugins.Secret, error) {
	e.mutex.Lock()
	given := e.secrets[reference]
	e.mutex.Unlock()
	if given != nil {
		return given, nil
	}
	if path, is := strings.CutPrefix(reference, "file:"); is {
		content, err := os.ReadFile(path) //nolint:gosec // A test's own files.
		if err == nil {
			return e.Give(reference, string(content)), nil
		}
	}
	return nil, errors.New("it must be a reference to a secret, like file:/etc/secrets/db#password, and not the secret itself")
}

// Set gives the secret another value.
func (s *Secret) Set(text string) { s.settle(strings.TrimSpace(text), nil) }

// Fail has the secret have no value. Whoever waits gets the error.
func (s *Secret) Fail(cause error) { s.settle("", cause) }

// Expire says when the value expires.
func (s *Secret) Expire(at time.Time) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.expires = at
}

func (s *Secret) settle(text string, failure error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.text, s.failure = text, failure
	if failure == nil {
		s.version++
	}
	for done := range s.waiting {
		go (*done)(s.error())
	}
	clear(s.waiting)
}

// Rejections is how often Rejected was called.
func (s *Secret) Rejections() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.rejected
}

func (s *Secret) error() error {
	if s.failure != nil {
		return plugins.SecretUnavailable(s.failure)
	}
	return nil
}

func (s *Secret) String() string { return "secret " + s.reference }

func (s *Secret) Ready() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text != ""
}

func (s *Secret) Await(done func(error)) (stop func()) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.text != "" || s.failure != nil {
		go done(s.error())
		return func() {}
	}
	s.waiting[&done] = struct{}{}
	return func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		delete(s.waiting, &done)
	}
}

func (s *Secret) Value() (string, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.text == "" {
		return "", plugins.SecretUnavailable(s.failure)
	}
	return s.text, nil
}

func (s *Secret) Members() (map[string]string, error) {
	text, err := s.Value()
	if err != nil {
		return nil, err
	}
	members := map[string]string{}
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &object) == nil {
		for name, value := range object {
			var text string
			if json.Unmarshal(value, &text) != nil {
				text = string(value)
			}
			members[name] = strings.TrimSpace(text)
		}
		return members, nil
	}
	for line := range strings.Lines(text) {
		if name, value, is := strings.Cut(line, "="); is {
			members[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	if len(members) == 0 {
		return nil, plugins.SecretUnavailable(errors.New(s.String() + ": it is no object"))
	}
	return members, nil
}

func (s *Secret) Version() uint64 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.version
}

func (s *Secret) Expires() time.Time {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.expires
}

func (s *Secret) Rejected() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.rejected++
}
