// Package aws has what whoever calls a service of AWS needs: the settings that say with whose credentials and at which host, and callers
// that sign and learn from refusals. It knows no service by itself.
//
//	endpoint.go, partition.go   which host is called
//	identity.go                 whose credentials sign
//	caller.go, clock.go         signs calls, at the time that the host's clock shows
//	arn.go                      names of resources
//	credentials                 keeps credentials at hand
//	sigv4                       Signature Version 4
package aws
