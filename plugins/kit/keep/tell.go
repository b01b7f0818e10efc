package keep

import (
	"errors"
	"fmt"

	"github.com/funcroute/funcroute/plugins"
)

// warning returns the line for the log about the result of the last fetch. It is "" if there is nothing to tell, or if the log was told
// of it lately.
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

// Silent is an environment that tells nothing. It is for a fetch on behalf of another fetch, which tells of both.
type Silent struct{}

var _ plugins.Environment = Silent{}

func (Silent) Warn(string) {}

func (Silent) Count(plugins.Counter) {}

func (Silent) TellPanic(any, []byte) {}

func (Silent) Secret(string) (plugins.Secret, error) {
	return nil, errors.New("there are no secrets here")
}
