package lambda

import (
	"fmt"

	"github.com/funcroute/funcroute/plugins"
)

// reconsider learns from an answer that refuses our credentials or our signature, for the next request.
func (f *function) reconsider(errorType string, headers plugins.Headers) {
	switch errorType {
	case "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "RequestTimeTooSkewed", "AccessDeniedException":
		if ahead, corrected := f.clock.correct(headers, f.now()); corrected {
			f.environment.Warn(fmt.Sprintf("funcroute: lambda: the clock of %s is %s ahead of this machine's (behind if negative); "+
				"signatures follow it from now on", f.host, ahead))
			return
		}
		if errorType == "AccessDeniedException" { // The identity is known; it lacks a permission.
			return
		}
	case "ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId":
	default:
		return
	}
	f.credentials.Rejected(f.environment)
}
