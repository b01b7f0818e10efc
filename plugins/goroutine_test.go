package plugins_test

import (
	"strings"
	"testing"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// warner is an environment that tells panics as warnings, having no better way.
type warner struct{ lines chan string }

func (w warner) Warn(line string) { w.lines <- line }
func (warner) Count(string)       {}

func TestAPanicInAGoroutineIsTold(t *testing.T) {
	w := warner{make(chan string, 1)}
	plugins.Go(w, func() { panic("s3cr3t") })
	got := <-w.lines
	if strings.Contains(got, "s3cr3t") || !strings.Contains(got, "type string") || !strings.Contains(got, "goroutine_test.go") {
		t.Errorf("warning = %q, want the type and the place and no value", got)
	}
}

func TestAGoroutineWithoutAPanicTellsNothing(t *testing.T) {
	environment, done := &plugintest.Environment{}, make(chan struct{})
	plugins.Go(environment, func() { close(done) })
	<-done
	if got := environment.Panics(); len(got) != 0 {
		t.Errorf("panics = %q, want none", got)
	}
}
