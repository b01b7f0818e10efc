package harness

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// used are the secrets that this run has used so far.
var used = struct {
	mutex  sync.Mutex
	values map[string]bool
}{values: map[string]bool{}}

// Secret notes values that are secrets. No Envoy may show one, whoever used it. The harness looks for them at the end of each Envoy's
// life, and in each answer.
func Secret(values ...string) {
	used.mutex.Lock()
	defer used.mutex.Unlock()
	for _, value := range values {
		if value != "" {
			used.values[value] = true
		}
	}
}

func knownSecrets() []string {
	used.mutex.Lock()
	defer used.mutex.Unlock()
	return slices.Sorted(maps.Keys(used.values))
}

// pages are what the admin interface shows of itself.
var pages = []string{"/config_dump?include_eds", "/stats", "/clusters", "/server_info", "/listeners"}

// shown is all that Envoy shows to anyone but clients. One that has ended shows no pages any more. Logs are read when they
// are looked at, so that they have what an Envoy writes at its end.
func (e *Envoy) shown() map[string]func() string {
	shown := map[string]func() string{"the log": e.log, "the access log": e.Output.String}
	for _, page := range pages {
		if e.Running() != nil {
			break
		}
		if text, err := e.admin(page); err == nil {
			shown[page] = func() string { return string(text) }
		}
	}
	return shown
}

// sentHeader is the one secret that leaves Envoy in a header, as it stands in Envoy's own debug lines, which list all
// headers of all requests. Our lines never have it.
var sentHeader = regexp.MustCompile(`(?m)^'x-amz-security-token', '.*'$`)

// log is the log without what Envoy's own debug lines tell of headers.
func (e *Envoy) log() string {
	text := e.Errors.String()
	if e.debugging {
		text = sentHeader.ReplaceAllString(text, "")
	}
	return text
}

// leaks lists which secrets are shown, and where.
func leaks(shown map[string]func() string, secrets []string) []string {
	var found []string
	for _, where := range slices.Sorted(maps.Keys(shown)) {
		text := shown[where]()
		for _, secret := range secrets {
			if form := formIn(text, secret); form != "" {
				found = append(found, fmt.Sprintf("a secret stands in %s: %s", where, form))
			}
		}
	}
	return found
}

// formIn returns the form in which a secret stands in a text, "" if it does not.
func formIn(text, secret string) string {
	for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret))} {
		if strings.Contains(text, form) {
			return form
		}
	}
	return ""
}
