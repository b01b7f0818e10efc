package keep

import (
	"errors"
	"fmt"

	"github.com/funcroute/funcroute/plugins"
)

// warning returns the line for the log that tells of what the last fetch has ended with, "" if that is none or if the log was told of
// it lately.
func (v *Value[T]) warning() string {
	if v.failure == nil {
		v.told.Forget()
		return ""
	}
	text := v.failure.Error()
	if _, due := v.told.Due(text); !due {
		return ""
	}
	return fmt.Sprintf("funcroute: %s cannot be had: %s", v.of.Subject, text)
}

// Silent is the environment of a fetch for another fetch, which tells of both.
type Silent struct{}

var _ plugins.Environment = Silent{}

func (Silent) Warn(string) {}

func (Silent) Count(plugins.Counter) {}

func (Silent) TellPanic(any, []byte) {}

func (Silent) Secret(string) (plugins.Secret, error) {
	return nil, errors.New("there are no secrets here")
}
