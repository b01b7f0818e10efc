package plugins_test

import (
	"strings"
	"testing"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// teller is an environment that says when it was told of a panic.
type teller struct {
	plugintest.Environment
	told chan string
}

func (t *teller) TellPanic(_ any, stack []byte) { t.told <- string(stack) }

func TestAPanicInAGoroutineIsTold(t *testing.T) {
	environment := &teller{told: make(chan string, 1)}
	plugins.Go(environment, func() { panic("ouch") })
	if got := <-environment.told; !strings.Contains(got, "goroutine_test.go") {
		t.Errorf("stack = %q, want the place", got)
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
