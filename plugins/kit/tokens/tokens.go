// Package tokens authenticates the calls that function types send on Envoy's own connections: with what a secret holds, or with
// a token that a token endpoint gives for it. A type has [Settings] among its own, and has [Settings.Authenticate] make of each of its functions one
// whose calls carry what they say.
//
// Tokens are fetched off Envoy's workers and ahead of their end, by package keep. No text of a secret or of a token is in any error or
// log line of it.
//
//	settings.go    what the configuration says, checked
//	function.go    a function whose calls are authenticated
//	static.go      basic, bearer, header: a secret as it is
//	pool.go        the tokens of the process
//	oauth2.go      the exchange for a token, OAuth 2 client credentials
//	proof.go       how the client of that exchange proves who it is
//	key.go, jwt.go private keys, and what they sign
//	answer.go      what token endpoints answer
//	backoff.go     when an endpoint that cannot answer is asked again
package tokens

import "github.com/funcroute/funcroute/plugins"

// credential is what a call is authenticated with. It is safe for concurrent use.
type credential interface {
	plugins.Awaiter
	// String is what it is, for the log.
	String() string
	// header returns the value of the header in which it goes. The error is fit to be shown to clients: it is not there.
	header() (string, error)
	// rejected tells that the upstream has refused it.
	rejected()
}
