package sigv4

import "github.com/funcroute/funcroute/httptext"

// Escape percent-encodes every byte outside RFC 3986's unreserved characters, in the way signatures demand: with capital
// digits, the slash and the space too.
func Escape(text string) string { return httptext.Encode(text, httptext.Unreserved) }
