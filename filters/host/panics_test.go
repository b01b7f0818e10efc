package host

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/reminder"
)

// panicked returns what a panic at one place leaves.
func panicked(f func()) (value any, stack []byte) {
	defer func() { value, stack = recover(), debug.Stack() }()
	f()
	return nil, nil
}

func outOfRange() { _ = []int{}[len(fmt.Sprint())] }
func secretText() { panic("s3cr3t") }

func TestPanics(t *testing.T) {
	const again = "1 times more"
	cases := []struct {
		name   string
		panics []func()
		after  time.Duration // before the last
		want   string        // in the last line, "-" for no line
		never  string
	}{
		{name: "the first", panics: []func(){outOfRange}, want: "index out of range [0] with length 0\ngoroutine "},
		{name: "its stack", panics: []func(){outOfRange}, want: "host.outOfRange"},
		{name: "the same again", panics: []func(){outOfRange, outOfRange}, want: "-"},
		{name: "the same later", panics: []func(){outOfRange, outOfRange}, after: 2 * reminder.Every, want: again, never: "goroutine"},
		{name: "another one", panics: []func(){outOfRange, secretText}, want: "host.secretText"},
		{name: "a text", panics: []func(){secretText}, want: "a value of type string", never: "s3cr3t"},
		{name: "an error", panics: []func(){func() { panic(errors.New("s3cr3t")) }}, want: "*errors.errorString", never: "s3cr3t"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, got := &Panics{}, ""
				for i, f := range c.panics {
					if i == len(c.panics)-1 {
						time.Sleep(c.after) // Of the bubble's clock.
					}
					value, stack := panicked(f)
					got = p.Line(value, stack)
				}
				switch {
				case c.want == "-" && got != "":
					t.Errorf("line = %q, want none", got)
				case c.want != "-" && !strings.Contains(got, c.want):
					t.Errorf("line = %q, want %q in it", got, c.want)
				case c.never != "" && strings.Contains(got, c.never):
					t.Errorf("line = %q, want no %q in it", got, c.never)
				}
			})
		})
	}
}

// There are not that many mistakes; further ones go without a stack.
func TestPanicsAreBounded(t *testing.T) {
	p, stacks := &Panics{}, 0
	for i := range 2 * reminder.Most {
		if p.Line("", fmt.Appendf(nil, "\tfile.go:%d +0x1\n", i)) != "" {
			stacks++
		}
	}
	if want := reminder.Most + 1; stacks != want {
		t.Errorf("stacks = %d, want %d", stacks, want)
	}
}
