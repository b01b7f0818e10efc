package cloudevents

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/problem"
	"github.com/funcroute/funcroute/plugins"
)

// webhook answers the request with which a sender asks for consent to deliver events (HTTP webhook §4).
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md
type webhook struct {
	origins []string
	rate    string
	paths   []place
}

// consent is what a route says of handshakes.
type consent uint8

const (
	unsaid consent = iota
	granted
	denied
)

// place is where events are taken, without a word of the route's.
type place struct {
	host string // "" for all
	path string
	// below says that it is all paths that begin so.
	below bool
}

// parsePlace reads an entry of `paths`: /events, /hooks/*, or events.example.com/hooks.
func parsePlace(text string) (place, error) {
	host, path, found := strings.Cut(text, "/")
	path, below := strings.CutSuffix("/"+path, "/*")
	if below {
		path += "/"
	}
	if !found || strings.ContainsAny(text, "?# ") || strings.Contains(path, "*") || strings.Contains(host, "*") {
		return place{}, fmt.Errorf("%q must be a path like /events or /hooks/*, with a host before it or none", text)
	}
	return place{host, path, below}, nil
}

func (p *place) has(authority, path string) bool {
	if p.host != "" && !strings.EqualFold(p.host, authority) {
		if host, _, err := net.SplitHostPort(authority); err != nil || !strings.EqualFold(p.host, host) {
			return false
		}
	}
	return path == p.path || p.below && strings.HasPrefix(path, p.path)
}

// isFor reports whether a handshake asks for a place where events are taken: the route says so, or it says nothing and the
// path is listed. Where there is no route there are no events either, and the client is to see Envoy's 404.
func (w *webhook) isFor(s host.Stream, said consent) bool {
	if said != unsaid {
		return said == granted
	}
	headers := s.Request().Headers()
	authority := headers.Get(":authority")
	path, _, _ := strings.Cut(headers.Get(":path"), "?")
	isThere := func(p place) bool { return p.has(authority, path) }
	return slices.ContainsFunc(w.paths, isThere) && s.Attribute(host.ClusterName) != ""
}

// isHandshake reports whether a request is such a request.
func (w *webhook) isHandshake(headers host.Headers) bool {
	return w != nil && headers.Get(":method") == http.MethodOptions && headers.Get(handshakeHeader) != ""
}

// answer gives consent or refuses it. Consent is what the headers say; a status alone is none (§4.2).
func (w *webhook) answer(s host.Stream) host.Action {
	origins := s.Request().Headers().Values(handshakeHeader)
	if len(origins) != 1 || !w.allows(origins[0]) {
		refused := &plugins.Error{Status: http.StatusForbidden, Detail: "Events from this origin are not accepted."}
		s.SendReply(refused.Status, problem.Headers(refused), problem.Body(refused), "funcroute_webhook_refused")
		return host.Replied
	}
	s.SendReply(http.StatusOK, [][2]string{
		{"allow", http.MethodPost},
		{"webhook-allowed-origin", origins[0]},
		{"webhook-allowed-rate", w.rate},
	}, nil, "funcroute_webhook_allowed")
	return host.Replied
}

// allows reports whether an origin, the name of a host, is one of the allowed ones. A * allows all.
func (w *webhook) allows(origin string) bool {
	return slices.ContainsFunc(w.origins, func(allowed string) bool { return allowed == "*" || strings.EqualFold(allowed, origin) })
}
