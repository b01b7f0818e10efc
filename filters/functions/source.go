package functions

import (
	"strings"

	"github.com/funcroute/funcroute/filters/wrapped"
	"github.com/funcroute/funcroute/parameters"
)

const contentType = "content-type"

// source is the request as parameters see it: as the client sent it. For that of a request that was made an event, see
// package wrapped.
type source struct{ *stream }

var _ parameters.Source = source{}

func (r source) Path() string      { return r.host.Request().Headers().Get(":path") }
func (r source) Method() string    { return r.host.Request().Headers().Get(":method") }
func (r source) Authority() string { return r.host.Request().Headers().Get(":authority") }

func (r source) Header(name string) []string {
	values := r.host.Request().Headers().Values(name)
	if !strings.EqualFold(name, contentType) {
		return values
	}
	now := ""
	if len(values) > 0 {
		now = values[0]
	}
	switch clients := r.look().ContentType(now); clients {
	case now:
		return values
	case "":
		return nil
	default:
		return []string{clients}
	}
}

func (r source) Body() []byte {
	if !r.wantsBody {
		return nil
	}
	return r.look().Body(r.body(), r.host.Request().Headers().Get(contentType))
}

// look looks once.
func (r source) look() wrapped.Request {
	if !r.looked {
		r.wrapped, r.looked = wrapped.Look(r.host), true
	}
	return r.wrapped
}
