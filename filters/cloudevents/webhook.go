package cloudevents

import (
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
}

// isHandshake reports whether a request is such a request.
func (w *webhook) isHandshake(headers host.Headers) bool {
	return w != nil && headers.Get(":method") == http.MethodOptions && headers.Get(handshakeHeader) != ""
}

// answer gives consent or refuses it. Consent is what the headers say; a status alone is none (§4.2).
func (w *webhook) answer(s host.Stream) host.Action {
	origins := s.RequestHeaders().Values(handshakeHeader)
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
