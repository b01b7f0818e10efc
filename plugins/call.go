package plugins

// Envoy writes what a client has asked for into these headers when it asks the upstream for something else. Access logs and the upstream
// read them there. Envoy has no header for the method; ours is named like the others.
const (
	originalPath   = "x-envoy-original-path"
	originalMethod = "x-envoy-original-method"
	originalHost   = "x-envoy-original-host"
)

// Call has a function rewrite a request, and notes in headers what the client has asked for. It notes the path, the method and the host if
// the call has another one, and all three if the function has called [Request.Recast].
//
// Such headers of the client are removed first, because their readers take them for Envoy's word. In a cluster's filter they may have been
// written by Envoy, for a rewrite of the route's; nothing tells those from a client's, so they are removed, too. Access logs have them
// nevertheless, because the request gets its headers back when the attempt ends.
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

// note writes what was asked for into a header if the call has changed that, and else removes the header.
func note(headers Headers, name, asked string, changed bool) {
	if changed && asked != "" {
		headers.Set(name, asked)
	} else {
		headers.Remove(name)
	}
}
