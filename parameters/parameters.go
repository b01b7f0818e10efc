// Package parameters takes named values out of a request, by templates that are compiled once.
//
// A route says `path: "/images/{id}"`, `query.width: "{width}"`, `header.x-tenant: "{tenant}"`: the key is where a value
// comes from, the value is a template that the whole source must match. The grammar is documented in parameters/README.md.
package parameters

// Source is the request that parameters are taken from.
//
// Values keep referring to the strings and the body a Source returned, without copying them. These must therefore stay
// unchanged for as long as the values are in use.
type Source interface {
	// Path is the request's `:path` as received, query included.
	Path() string
	// Method is the request's method.
	Method() string
	// Authority is the host the request is for, with or without a port.
	Authority() string
	// Header returns all values of a header in order. The name is in lower case.
	Header(name string) []string
	// Body is the whole body. It is called only if [Set.NeedsBody] says so.
	Body() []byte
}
