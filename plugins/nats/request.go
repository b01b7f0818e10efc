package nats

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	client "github.com/nats-io/nats.go"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/queue"
)

// The headers by which a service says that it has failed
// (https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-32.md).
const (
	serviceError     = "Nats-Service-Error"
	serviceErrorCode = "Nats-Service-Error-Code"
)

// ask sends a request to a service. What it replies is the answer.
func ask(ctx context.Context, c *connection, m *outgoing) (*plugins.Reply, error) {
	answer, err := exchange(ctx, c, m)
	if errors.Is(err, client.ErrNoResponders) {
		return nil, queue.Unavailable("No service is there to answer. Nobody has got the request; try again later.").Because(err)
	}
	if err != nil {
		return nil, err
	}
	return replied(answer)
}

// replied makes an answer of what a service has replied.
func replied(m *client.Msg) (*plugins.Reply, error) {
	reply := &plugins.Reply{Status: http.StatusOK, Body: m.Data}
	text := m.Header.Get(serviceErrorCode)
	if text != "" || m.Header.Get(serviceError) != "" {
		reply.Status = statusOf(text)
		reply.Annotations = []plugins.Annotation{{Key: "service_error", Value: text}}
		if len(m.Data) == 0 {
			failure := plugins.Errorf(plugins.FunctionError, "The service has failed.")
			failure.Status = reply.Status
			return nil, failure.Because(errors.New(m.Header.Get(serviceError)))
		}
	}
	for name, values := range m.Header {
		if name = strings.ToLower(name); isServers(name) {
			continue
		}
		for _, value := range values {
			queue.AddHeader(reply, name, value)
		}
	}
	return reply, nil
}

// statusOf is the status for a service's error code: the code itself if it is an error's in HTTP.
func statusOf(code string) int {
	status, err := strconv.Atoi(code)
	if err != nil || status < 400 || status > 599 {
		return http.StatusBadGateway
	}
	return status
}
