package openapi

import "github.com/funcroute/funcroute/httptext"

// appendEncoded percent-encodes everything but the unreserved characters of RFC 3986.
func appendEncoded(out []byte, s string) []byte {
	return httptext.AppendEncoded(out, s, httptext.Unreserved)
}

// appendReserved leaves those reserved characters, too, that mean nothing else in a query.
func appendReserved(out []byte, s string) []byte {
	return httptext.AppendEncoded(out, s, httptext.QueryValue)
}
