package http

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins/kit/message"
)

// compileTarget compiles a target: the call that a request becomes. The method is "" if it is the client's.
func compileTarget(text string, set *parameters.Set, s *settings) (call *message.Call, method string, err error) {
	t, err := message.Parse(text)
	if err != nil {
		return nil, "", err
	}
	method, address, err := firstLine(t.First)
	if err != nil {
		return nil, "", err
	}
	host, uri, err := splitURL(address)
	if err != nil {
		return nil, "", err
	}
	if host != "" {
		if slices.ContainsFunc(t.Headers, func(f message.Field) bool { return f.Name == "host" }) {
			return nil, "", errors.New(`the URL names a host already, so header "host" must not`)
		}
		t.Headers = append(t.Headers, message.Field{Name: "host", Value: host})
	}
	if s.AppendPath {
		uri = appendPath(uri, slices.Contains(set.Names(), "rest"))
	}
	call, err = message.CompileCall(message.RequestLine{Method: method, URI: uri, ForwardQuery: s.ForwardQuery}, t, set)
	return call, method, err
}

// firstLine takes a line apart into a method, "" if there is none, and a URL or a path.
func firstLine(line string) (method, address string, err error) {
	words := strings.Fields(line)
	if len(words) == 1 && strings.ContainsAny(words[0], "/{") {
		return "", words[0], nil
	}
	if len(words) != 2 || !httptext.IsToken(words[0]) {
		return "", "", fmt.Errorf("the first line must be a URL or a path, with a method before it or without, as in POST https://hello.example.com/{id}, not %q", line)
	}
	method = words[0]
	switch {
	case method != strings.ToUpper(method):
		return "", "", fmt.Errorf("the method must be in upper case, not %q", method)
	case method == "CONNECT":
		return "", "", errors.New("CONNECT is no call of a function")
	}
	return method, words[1], nil
}

// splitURL takes the host off a URL, if it is one and no path. The host is none of the request's values: whoever may choose it may choose who gets
// the request, and the credentials in it.
func splitURL(address string) (host, uri string, err error) {
	scheme, rest, is := strings.Cut(address, "://")
	if !is || strings.ContainsAny(scheme, "/{?") {
		return "", address, nil
	}
	if scheme != "http" && scheme != "https" {
		return "", "", fmt.Errorf("a URL begins with https:// or http://, not %s://", scheme)
	}
	end := strings.IndexAny(rest, "/?#{")
	if end < 0 {
		end = len(rest)
	}
	host, uri = rest[:end], rest[end:]
	if !httptext.IsAuthority(host) {
		return "", "", errors.New("the URL must have a host after its scheme, with or without a port, in which no parameters stand")
	}
	switch {
	case uri == "":
		uri = "/"
	case uri[0] == '?', strings.HasPrefix(uri, "{?"):
		uri = "/" + uri
	case uri[0] == '{' && !strings.HasPrefix(uri, "{/") && !strings.HasPrefix(uri, "{+path}"):
		return "", "", errors.New("the URL's host must end with a slash where parameters follow: they are no part of it")
	}
	return host, uri, nil
}

// appendPath has a URI template end, before its query, with what the route has matched as {rest}, else with the client's whole path.
func appendPath(uri string, rest bool) string {
	query := len(uri)
	for _, begins := range []string{"?", "{?", "{&"} {
		if i := strings.Index(uri, begins); i >= 0 {
			query = min(query, i)
		}
	}
	path := strings.TrimSuffix(uri[:query], "/")
	if rest {
		return path + "/{+rest}" + uri[query:]
	}
	return path + "{+path}" + uri[query:]
}
