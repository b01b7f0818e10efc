// Package httptext tells which texts are allowed where in HTTP, and writes others so that they are: tokens and the values of
// headers (RFC 9110), authorities, paths and queries (RFC 3986), names in queries, percent-encoding. The whole project reads
// these here, so that what one place refuses is not let through by another.
//
// Only functions that return a new text allocate, and only where it differs from the given one.
package httptext
