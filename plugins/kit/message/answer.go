package message

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/template"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
)

// Answerer makes of the upstream's answer what the client gets. It does not change and is safe for concurrent use.
type Answerer interface {
	// Need is how much of answers it needs, for the function's [plugins.Plan].
	Need() plugins.Need
	// Prepare readies a request for its answer; what the call itself says of a header is set afterwards. It uses the request's State.
	Prepare(*plugins.Request, Asked)
	// Headers and Body are those of [plugins.Answerer].
	Headers(*plugins.Answer) (needsBody bool, err error)
	Body(*plugins.Answer) error
}

var (
	_ Answerer = untouched{}
	_ Answerer = headOnly{}
	_ Answerer = (*rewriting)(nil)
)

// Asked is what the client has asked for, with its method and its path, before the request becomes a call.
type Asked struct{ Method, Path string }

// CompileAnswer compiles an answer template; without a text the upstream's answer is the client's. The method is that of the call,
// "" if it is the client's. The error says what is wrong with the template and where.
func CompileAnswer(text, method string, set *parameters.Set) (Answerer, error) {
	switch {
	case text == "" && method == http.MethodHead:
		return headOnly{}, nil
	case text == "":
		return untouched{}, nil
	}
	t, err := Parse(text)
	if err != nil {
		return nil, err
	}
	r := &rewriting{called: method, environment: expression.ForAnswer(set)}
	if err := r.statusLine(t.First); err != nil {
		return nil, err
	}
	if r.headers, err = CompileHeaders(t.Headers, r.environment); err != nil {
		return nil, err
	}
	for i := range r.headers {
		if r.headers[i].name == hostHeader {
			return nil, fmt.Errorf(`header "host" is one of requests`)
		}
	}
	if r.body, err = t.CompileBody(r.headers, r.environment); err != nil {
		return nil, err
	}
	return r, nil
}

// untouched gives the client the answer as it is.
type untouched struct{}

func (untouched) Need() plugins.Need { return plugins.Untouched }

func (untouched) Prepare(*plugins.Request, Asked) {}

func (untouched) Headers(*plugins.Answer) (needsBody bool, err error) { return false, nil }

func (untouched) Body(*plugins.Answer) error { return nil }

// headOnly is for calls that are a HEAD: their answers have no body, whatever their headers say.
type headOnly struct{ untouched }

func (headOnly) Need() plugins.Need { return plugins.HeadersOnly }

func (headOnly) Prepare(r *plugins.Request, asked Asked) {
	r.State = known{method: strings.Clone(asked.Method)}
}

func (headOnly) Headers(r *plugins.Answer) (needsBody bool, err error) {
	if r.Request.State.(known).method != http.MethodHead {
		r.Headers.Remove("content-length") // No body of that length will follow.
	}
	return false, nil
}

// known is what an answerer may need of the request, kept in its State.
type known struct{ method, path string }

// rewriting is a compiled answer template: what the client gets in place of the upstream's answer.
type rewriting struct {
	// called is the call's method, "" if it is the client's.
	called      string
	status      *template.Template
	headers     Headers
	body        *Body // nil if the upstream's body goes to the client
	environment *expression.Environment
}

// statusLine compiles the first line: a status code, or one expression.
func (r *rewriting) statusLine(line string) error {
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
