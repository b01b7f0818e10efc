package lambda

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// refuse has a function see a refusal by an endpoint whose clock shows a time.
func refuse(f *function, errorType string, theirs time.Time, more ...[2]string) {
	headers := append(more, [2]string{":status", "403"}, [2]string{"x-amzn-errortype", errorType},
		[2]string{"date", theirs.UTC().Format(http.TimeFormat)})
	_, _ = f.Headers(plugins.NewAnswer(newRequest(typical(), nil), plugintest.NewHeaders(headers...)))
}

func TestClocks(t *testing.T) {
	const hour = time.Hour
	cases := map[string]struct {
		errorType string
		date      string
		age       string
		want      time.Duration
	}{
		"ahead":                       {"InvalidSignatureException", at(hour), "", hour},
		"behind":                      {"InvalidSignatureException", at(-hour), "", -hour},
		"another code":                {"SignatureDoesNotMatch", at(hour), "", hour},
		"one that may mean it":        {"AccessDeniedException", at(hour), "", hour},
		"one that does not":           {"ResourceNotFoundException", at(hour), "", 0},
		"about right":                 {"InvalidSignatureException", at(skewThreshold), "", 0},
		"just off":                    {"InvalidSignatureException", at(skewThreshold + time.Second), "", skewThreshold + time.Second},
		"a day":                       {"InvalidSignatureException", at(maxSkew), "", maxSkew},
		"more than anyone's clock is": {"InvalidSignatureException", at(maxSkew + time.Second), "", 0},
		"from a cache":                {"InvalidSignatureException", at(hour), "3600", 0},
		"no date":                     {"InvalidSignatureException", "", "", 0},
		"not a date":                  {"InvalidSignatureException", "tomorrow", "", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f, environment := newFunction(t, nil, static)
			headers := plugintest.NewHeaders([2]string{":status", "403"}, [2]string{"x-amzn-errortype", c.errorType})
			for header, value := range map[string]string{"date": c.date, "age": c.age} {
				if value != "" {
					headers.Add(header, value)
				}
			}
			_, err := f.Headers(plugins.NewAnswer(newRequest(typical(), nil), headers))
			wantReason(t, err, plugins.UpstreamRejected)
			if got := f.clock.at(noon).Sub(noon); got != c.want {
				t.Errorf("ahead: got %s, want %s", got, c.want)
			}
			if told := strings.Contains(fmt.Sprint(environment.Warnings()), "signatures follow it"); told != (c.want != 0) {
				t.Errorf("log: got %q", environment.Warnings())
			}
		})
	}
}

// at is a Date header of a clock that is ahead of noon.
func at(ahead time.Duration) string { return noon.Add(ahead).UTC().Format(http.TimeFormat) }

func TestSignaturesFollowTheEndpointsClock(t *testing.T) {
	f, _ := newFunction(t, plugins.Settings{"payload": "body"}, static)
	if err := await(t, f); err != nil {
		t.Fatal(err)
	}
	wantDate := func(want string) {
		t.Helper()
		r := newRequest(typical(), []byte("{}"))
		if _, err := f.Request(r); err != nil {
			t.Fatal(err)
		}
		if got := r.Headers.Get("x-amz-date"); got != want {
			t.Errorf("x-amz-date: got %q, want %q", got, want)
		}
	}
	wantDate("20200304T191517Z")
	refuse(f, "InvalidSignatureException", noon.Add(5*time.Hour))
	wantDate("20200305T001517Z") // Another day, and so another scope.
	refuse(f, "InvalidSignatureException", noon.Add(5*time.Hour+time.Minute))
	wantDate("20200305T001517Z")
	refuse(f, "InvalidSignatureException", noon) // Our clock was set.
	wantDate("20200304T191517Z")
}

func TestClocksAreSharedByHostAndBounded(t *testing.T) {
	c := newClocks()
	if one := c.of("one"); c.of("one") != one || c.of("two") == one {
		t.Error("a host has not one clock of its own")
	}
	for n := range 2 * maxClocks {
		c.of(fmt.Sprint(n)).at(noon)
	}
	if len(c.byHost) > maxClocks {
		t.Errorf("clocks: got %d, want at most %d", len(c.byHost), maxClocks)
	}
}
