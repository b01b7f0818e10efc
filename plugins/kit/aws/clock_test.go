package aws

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

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
			caller, environment := newCaller()
			headers := plugintest.NewHeaders([2]string{":status", "403"})
			for header, value := range map[string]string{"date": c.date, "age": c.age} {
				if value != "" {
					headers.Add(header, value)
				}
			}
			caller.Reconsider(c.errorType, headers)
			if got := caller.clock.at(noon).Sub(noon); got != c.want {
				t.Errorf("ahead: got %s, want %s", got, c.want)
			}
			if told := strings.Contains(fmt.Sprint(environment.Warnings()), "funcroute: sqs: the clock of sqs.eu-west-1.amazonaws.com is "+c.want.String()+" ahead"); told != (c.want != 0) {
				t.Errorf("log: got %q", environment.Warnings())
			}
		})
	}
}

// at is a Date header of a clock that is ahead of noon.
func at(ahead time.Duration) string { return noon.Add(ahead).UTC().Format(http.TimeFormat) }

func TestClocksAreSharedByHostAndBounded(t *testing.T) {
	c := newClocks()
	if one := c.of("one"); c.of("one") != one || c.of("two") == one {
		t.Error("a host has not one clock of its own")
	}
	for n := range 2 * maxClocks {
		c.of(fmt.Sprint(n)).at(noon)
	}
	if got := c.byHost.Len(); got > maxClocks {
		t.Errorf("clocks: got %d, want at most %d", got, maxClocks)
	}
}
