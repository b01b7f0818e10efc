package plugins

// The headers in which Envoy notes what a client has asked for where it asks the upstream for something else, for access logs
// and for the upstream. Of the method Envoy has none; this one is of the same making.
const (
	originalPath   = "x-envoy-original-path"
	originalMethod = "x-envoy-original-method"
	originalHost   = "x-envoy-original-host"
)

// Call has a function rewrite a request, and notes what the client has asked for: its path, its method and its host, each where the
// call has another one, and all of them where the function has recast the request. What is there under these names before is removed,
// for whoever reads them takes them for Envoy's word, and a client can send them. In a cluster they may be of a rewrite of the route's,
// which nothing tells from a client's; access logs have them nevertheless, as the request's headers are put back when the attempt ends.
func Call(f Function, r *Request) (*Reply, error) {
	headers := r.Headers
	headers.Remove(originalPath)
	headers.Remove(originalMethod)
	headers.Remove(originalHost)
	path, method, host := headers.Get(":path"), headers.Get(":method"), headers.Get(":authority")
	reply, err := f.Request(r)
	if err != nil || reply != nil {
		return reply, err
	}
	note(headers, originalPath, path, r.recast || headers.Get(":path") != path)
	note(headers, originalMethod, method, r.recast || headers.Get(":method") != method)
	note(headers, originalHost, host, r.recast || headers.Get(":authority") != host)
	return nil, nil
}

// note writes down what was asked for, or removes what somebody else has written there.
func note(headers Headers, name, asked string, changed bool) {
	if changed && asked != "" {
		headers.Set(name, asked)
	} else {
		headers.Remove(name)
	}
}
