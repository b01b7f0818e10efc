package lambda

import (
	"strings"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws"
	"github.com/funcroute/funcroute/plugins/kit/aws/sigv4"
)

// An error leaves the request as it was.
func (f *function) Request(r *plugins.Request) (*plugins.Reply, error) {
	if err := f.format.Event(r); err != nil {
		f.warnOf(err)
		return nil, err
	}
	if len(r.Body()) > f.invocation.limit {
		return nil, plugins.Errorf(plugins.BodyTooLarge, "The event for the function has %d bytes, at most %d are allowed.",
			len(r.Body()), f.invocation.limit)
	}
	var buffer [maxCallHeaders]sigv4.Header
	signed, err := expandHeaders(buffer[:0], f.headers, r.Parameters)
	if err != nil {
		return nil, err
	}
	signature, err := f.caller.Sign(f.signer, signed, r.Body())
	if err != nil {
		return nil, err
	}

	headers := r.Headers
	headers.RemoveFunc(isForeign)
	r.Recast()
	if claims := f.format.ClaimsHeader(); claims != "" {
		headers.Remove(claims)
	}
	headers.Set(":method", "POST")
	headers.Set(":path", f.path)
	headers.Set(":authority", f.host)
	headers.Set("content-type", "application/json")
	for _, header := range signed {
		headers.Set(header.Name, header.Value)
	}
	aws.Authorize(headers, signature)
	return nil, nil
}

// isForeign reports whether a client's header must not reach the Lambda API: it carries authority that is ours alone to
// give (x-amz-*), a secret meant for the function (authorization, cookie), or says something about a body, a connection
// or a condition that is not the call's. All others stay, so that access logs and tracing stay useful.
func isForeign(name string) bool {
	switch name {
	case "authorization", "proxy-authorization", "cookie",
		"content-encoding", "content-md5", "content-digest", "content-range", "digest", "repr-digest",
		"accept-encoding", "expect", "range", "te", "trailer", "transfer-encoding",
		"connection", "keep-alive", "proxy-connection", "upgrade", "http2-settings":
		return true
	case "x-amzn-trace-id":
		return false
	}
	return strings.HasPrefix(name, "x-amz-") || strings.HasPrefix(name, "x-amzn-") || strings.HasPrefix(name, "if-")
}
