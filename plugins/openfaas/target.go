package openfaas

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins/kit/message"
)

// names are those of functions and namespaces: labels of DNS, since they become services of Kubernetes.
var names = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// compileTarget compiles a target: the call that a request becomes. The method is "" if it is the client's, and the call is then one for its
// answer. https://docs.openfaas.com/reference/async/
func compileTarget(text, method string, set *parameters.Set) (*message.Call, error) {
	t, err := message.Parse(text)
	if err != nil {
		return nil, err
	}
	name, path, err := splitTarget(t.First)
	if err != nil {
		return nil, err
	}
	prefix := "/function/"
	if method != "" {
		prefix = "/async-function/"
	}
	return message.CompileCall(message.RequestLine{Method: method, URI: prefix + name + path, ForwardQuery: true}, t, set)
}

// splitTarget takes a first line apart into a function's name, with its namespace if it has one, and the template of a path.
func splitTarget(line string) (name, path string, err error) {
	end := strings.IndexAny(line, "/?{")
	if end < 0 {
		end = len(line)
	}
	name, path = line[:end], line[end:]
	function, namespace, qualified := strings.Cut(name, ".")
	if !names.MatchString(function) || qualified && !names.MatchString(namespace) || strings.Contains(path, " ") {
		return "", "", fmt.Errorf("the first line must be NAME, NAME.NAMESPACE or either with a path, as in resize.images/{id}, not %q", line)
	}
	if strings.HasPrefix(path, "{") && !strings.HasPrefix(path, "{/") && !strings.HasPrefix(path, "{?") {
		return "", "", fmt.Errorf("a slash goes between the function's name and the parameters of its path, as in resize/{id}, not %q", line)
	}
	return name, path, nil
}
