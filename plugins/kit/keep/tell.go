package keep

import (
	"fmt"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

// warnEvery is how often the log tells of the same failure.
const warnEvery = time.Minute

// teller remembers what the log was told of last.
type teller struct {
	text string
	at   time.Duration
}

// warning returns the line for the log that tells of a failure, "" if there is none or if it has told of that lately.
func (t *teller) warning(subject string, failure error, now time.Duration) string {
	if failure == nil {
		t.text = ""
		return ""
	}
	text := failure.Error()
	if text == t.text && now-t.at < warnEvery {
		return ""
	}
	t.text, t.at = text, now
	return fmt.Sprintf("funcroute: %s cannot be had: %s", subject, text)
}

// Silent is the environment of a fetch for another fetch, which tells of both.
type Silent struct{}

var _ plugins.Environment = Silent{}

func (Silent) Warn(string) {}

func (Silent) Count(plugins.Counter) {}

func (Silent) TellPanic(any, []byte) {}
