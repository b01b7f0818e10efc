package rest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins/kit/message"
)

// compileTarget compiles a target: the call that a request becomes.
func compileTarget(text string, set *parameters.Set, forwardQuery bool) (*message.Call, string, error) {
	t, err := message.Parse(text)
	if err != nil {
		return nil, "", err
	}
	method, uri, err := requestLine(t.First)
	if err != nil {
		return nil, "", err
	}
	call, err := message.CompileCall(message.RequestLine{Method: method, URI: uri, ForwardQuery: forwardQuery}, t, set)
	return call, method, err
}

// requestLine reads the first line.
func requestLine(line string) (method, uri string, err error) {
	method, uri, _ = strings.Cut(line, " ")
	uri = strings.TrimSpace(uri)
	switch {
	case !httptext.IsToken(method) || uri == "":
		err = fmt.Errorf("the first line must be METHOD URI-TEMPLATE, as in GET /users/{id}, not %q", line)
	case method != strings.ToUpper(method):
		err = fmt.Errorf("the method must be in upper case, not %q", method)
	case method == "CONNECT":
		err = errors.New("CONNECT is no call of a function")
	case strings.Contains(uri, " "):
		err = fmt.Errorf("the first line ends with the URI template, in which there are no spaces: %q", uri)
	}
	return method, uri, err
}
