package cloudevents

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/funcroute/funcroute/filters/configuration"
)

// options is the filter block's own configuration.
type options struct {
	matches []match
	webhook *webhook // nil if handshakes are not answered
}

// match is one of `matches`.
type match struct {
	// header is set to `true` for events that the matcher fits.
	header  string
	matcher matcher
}

// matchPrefix begins the names of the headers of matches.
const matchPrefix = "x-event-match-"

func parseOptions(raw []byte) (options, error) {
	fields := struct {
		Matches map[string]json.RawMessage `json:"matches"`
		Webhook *struct {
			AllowedOrigins []string `json:"allowed_origins"`
			AllowedRate    *float64 `json:"allowed_rate"`
			Paths          []string `json:"paths"`
		} `json:"webhook"`
	}{}
	if err := configuration.DecodeStrict(raw, &fields); err != nil {
		return options{}, err
	}
	var parsed options
	for _, name := range slices.Sorted(maps.Keys(fields.Matches)) {
		if !isMatchName(name) {
			return options{}, fmt.Errorf("matches: %q must consist of small letters, digits, - and _, for it becomes the header %sNAME", name, matchPrefix)
		}
		m, err := compileMatch(fields.Matches[name])
		if err != nil {
			return options{}, fmt.Errorf("matches: %q: %w", name, err)
		}
		parsed.matches = append(parsed.matches, match{matchPrefix + name, m})
	}
	if fields.Webhook == nil {
		return parsed, nil
	}
	parsed.webhook = &webhook{origins: fields.Webhook.AllowedOrigins, rate: "*"}
	if len(fields.Webhook.AllowedOrigins) == 0 || slices.Contains(fields.Webhook.AllowedOrigins, "") {
		return options{}, errors.New(`webhook: "allowed_origins" must be a list of texts like eventgrid.azure.net, and not empty`)
	}
	if rate := fields.Webhook.AllowedRate; rate != nil {
		if *rate < 1 || *rate != float64(int(*rate)) {
			return options{}, fmt.Errorf(`webhook: "allowed_rate" must be a whole number of requests per minute above 0, not %v`, *rate)
		}
		parsed.webhook.rate = strconv.Itoa(int(*rate))
	}
	for _, text := range fields.Webhook.Paths {
		p, err := parsePlace(text)
		if err != nil {
			return options{}, fmt.Errorf(`webhook: "paths": %w`, err)
		}
		parsed.webhook.paths = append(parsed.webhook.paths, p)
	}
	return parsed, nil
}

func isMatchName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}
