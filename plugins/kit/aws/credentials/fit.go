package credentials

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// unfitError says which part of credentials cannot be used and never what is in it.
type unfitError string

func (e unfitError) Error() string { return string(e) }

// fit takes white space off the ends of credentials, as a key from a secret often has a line feed there. What is wrong with
// them otherwise is an error: Envoy would drop a request with such a header, and its answer and its log would not say why.
//
// The key ID and the token become headers; of characters beyond ASCII it depends on the version of HTTP what becomes of
// them, and AWS has none. The secret key is in no header, but a control character in it tells that it is not what AWS has given.
func fit(c Credentials) (Credentials, error) {
	c.AccessKeyID = strings.TrimSpace(c.AccessKeyID)
	c.SecretAccessKey = strings.TrimSpace(c.SecretAccessKey)
	c.SessionToken = strings.TrimSpace(c.SessionToken)
	switch {
	case c.AccessKeyID == "":
		return Credentials{}, unfitError("the access key ID is empty")
	case c.SecretAccessKey == "":
		return Credentials{}, unfitError("the secret access key is empty")
	case !isPlain(c.AccessKeyID):
		return Credentials{}, unfitError("the access key ID has a character in it that no header of a call can have")
	case !isPlain(c.SessionToken):
		return Credentials{}, unfitError("the session token has a character in it that no header of a call can have")
	case hasControls(c.SecretAccessKey):
		return Credentials{}, unfitError("the secret access key has a control character in it")
	}
	return c, nil
}

// isPlain reports whether a text is of printable ASCII characters alone.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

func hasControls(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == 0x7f {
			return true
		}
	}
	return false
}

// fitted are the credentials with which STS is asked.
type fitted struct{ aws.CredentialsProvider }

var _ aws.CredentialsProvider = fitted{}

func (f fitted) Retrieve(ctx context.Context) (aws.Credentials, error) {
	found, err := f.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, sourceError{err}
	}
	c, err := fit(Credentials{
		AccessKeyID: found.AccessKeyID, SecretAccessKey: found.SecretAccessKey, SessionToken: found.SessionToken,
	})
	if err != nil {
		return aws.Credentials{}, sourceError{err}
	}
	found.AccessKeyID, found.SecretAccessKey, found.SessionToken = c.AccessKeyID, c.SecretAccessKey, c.SessionToken
	return found, nil
}

// sourceError is why STS was not asked. What it wraps is hidden from the SDK, which would try the whole again after each attempt
// that the source's own client has made.
type sourceError struct{ cause error }

func (e sourceError) Error() string { return e.cause.Error() }
