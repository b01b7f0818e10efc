package rest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/template"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
)

// response is a compiled response template: what the client gets in place of the upstream's answer.
type response struct {
	status      *template.Template
	headers     []header
	body        *content // nil if the upstream's body goes to the client
	environment *expression.Environment
}

func compileResponse(text string, set *parameters.Set) (*response, error) {
	m, err := parseMessage(text)
	if err != nil {
		return nil, err
	}
	r := &response{environment: expression.ForAnswer(set)}
	if err := r.statusLine(m.start); err != nil {
		return nil, err
	}
	if r.headers, err = compileHeaders(m.headers, r.environment); err != nil {
		return nil, err
	}
	for _, h := range r.headers {
		if h.name == hostHeader {
			return nil, fmt.Errorf(`header "host" is one of requests`)
		}
	}
	if m.hasBody {
		r.body, err = compileBody(m.body, r.headers, r.environment)
	}
	return r, err
}

// statusLine compiles the first line: a status code, or one expression.
func (r *response) statusLine(line string) error {
	refused := fmt.Errorf("the first line must be a status code from 200 to 599 alone, or {{ expression }}, not %q", line)
	var err error
	if r.status, err = template.Compile(line, template.Header, "the status", r.environment); err != nil {
		return fmt.Errorf("the first line: %w", err)
	}
	if code, constant := r.status.Constant(); constant {
		if !isStatus(code) {
			return refused
		}
		return nil
	}
	if !r.status.IsExpression() {
		return refused
	}
	return nil
}

// isStatus reports whether a text is the status of a final answer.
func isStatus(text string) bool {
	code, err := strconv.Atoi(text)
	return err == nil && len(text) == 3 && code >= 200 && code <= 599
}

// known is what a response template may need of the request. It is kept in the request's State.
type known struct{ method, path string }

// prepare readies a request for an answer that will be rewritten.
func (r *response) prepare(request *plugins.Request, method, path string) {
	k := known{method: strings.Clone(method)}
	if r.environment.ReadsRequest() {
		k.path = strings.Clone(path)
	}
	request.State = k
	if r.environment.ReadsBody() {
		// Only a whole answer that is not compressed can be read.
		request.Headers.Set("accept-encoding", "identity")
	}
	if r.environment.ReadsBody() || r.body != nil {
		request.Headers.Remove("range")
		request.Headers.Remove("if-range")
	}
}
