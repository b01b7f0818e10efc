// Package httptext knows which texts may stand where in HTTP, and encodes others so that they may: tokens and the values of headers (RFC
// 9110), authorities, paths and queries (RFC 3986), names in queries, percent-encoding. The whole project uses these functions, so that
// one place does not let through what another refuses.
//
// Only functions that return a new text allocate, and only if it differs from the given one.
package httptext
