package functions_test

import (
	"testing"

	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/hosttest"
)

// excerptNoting is a filter whose host notes which excerpts it is asked for.
type excerptNoting struct {
	host.Filter
	asked map[*host.Excerpt]bool
}

func (n excerptNoting) NewConfig(handle host.ConfigHandle, raw []byte) (host.Config, error) {
	block, err := n.Filter.NewConfig(handle, raw)
	return excerptNotingBlock{block, n.asked}, err
}

type excerptNotingBlock struct {
	host.Config
	asked map[*host.Excerpt]bool
}

func (b excerptNotingBlock) NewStream(s host.Stream) host.StreamFilter {
	return b.Config.NewStream(excerptNotingStream{s, b.asked})
}

type excerptNotingStream struct {
	host.Stream
	asked map[*host.Excerpt]bool
}

func (s excerptNotingStream) AppendExcerpt(to []byte, excerpt *host.Excerpt, name string) []byte {
	s.asked[excerpt] = true
	return s.Stream.AppendExcerpt(to, excerpt, name)
}

// Hosts keep what they know of an excerpt for ever. An update of a cluster loads the filter blocks in it anew, and these
// must not each come with excerpts of their own: Envoy's memory would grow with every update.
func TestBlocksShareTheirExcerpts(t *testing.T) {
	filter := excerptNoting{functions.New(), map[*host.Excerpt]bool{}}
	first := 0
	for i := range 10 {
		run := hosttest.Memory{}.Session(t, filter, "")
		for _, typeName := range []string{"toy", "no such type"} {
			run(hosttest.Exchange{Cluster: offers(typeName, nil), Route: calls(nil), Request: get(), Answer: answer("200", "answer")})
		}
		if i == 0 {
			first = len(filter.asked)
		}
	}
	if got := len(filter.asked); first == 0 || got != first {
		t.Errorf("excerpts after ten blocks: got %d, want the %d of the first", got, first)
	}
}
