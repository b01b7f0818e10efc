package problem_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/funcroute/funcroute/filters/problem"
	"github.com/funcroute/funcroute/plugins"
)

// A detail may repeat what a client has sent, and that may be a megabyte.
func TestDetailsAreBounded(t *testing.T) {
	cases := []struct{ name, detail, want string }{
		{name: "short", detail: "The body is no JSON.", want: "The body is no JSON."},
		{name: "as long as it may be", detail: strings.Repeat("x", 2048), want: strings.Repeat("x", 2048)},
		{name: "longer", detail: strings.Repeat("x", 1<<20), want: strings.Repeat("x", 2048) + "…"},
		{name: "between two characters", detail: strings.Repeat("x", 2047) + strings.Repeat("€", 1000), want: strings.Repeat("x", 2047) + "…"},
		{name: "after a character", detail: "xx" + strings.Repeat("€", 1000), want: "xx" + strings.Repeat("€", 682) + "…"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got struct{ Detail string }
			if err := json.Unmarshal(problem.Body(plugins.Errorf(plugins.BadBody, "%s", c.detail)), &got); err != nil {
				t.Fatal(err)
			}
			if got.Detail != c.want || !utf8.ValidString(got.Detail) {
				t.Errorf("got %d bytes that end in %q, want %d", len(got.Detail), got.Detail[max(0, len(got.Detail)-9):], len(c.want))
			}
		})
	}
}
