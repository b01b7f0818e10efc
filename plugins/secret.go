package plugins

import (
	"fmt"
	"time"
)

// Secret is a secret that a setting refers to. It is kept at hand, fetched anew ahead of its end, and follows what becomes of it where it
// is stored. It is safe for concurrent use. Secrets of the same reference and the same configuration are equal, so that what is made of
// them can be shared.
//
// A function that uses one waits for it as [Awaiter], and takes the value anew for each request. No text of a secret may get into an
// error, a log, an annotation or a statistic.
type Secret interface {
	Awaiter
	// String is the reference, with which the log names the secret. It holds nothing secret.
	fmt.Stringer
	// Value returns the secret as a text, without white space at its ends and never empty. It does not block. The error is an [*Error]
	// that clients may see, with a cause for the operator: there is no value that is valid now, also after Ready, for it may have expired
	// since, or the secret is an object of which the reference should name a member.
	Value() (string, error)
	// Members returns the members of a secret that is an object: a JSON object, lines of the form key=value, what the store has as several
	// keys. Texts are as in Value, empty ones are not there, and anything else is as JSON writes it. Nobody may change the map. The error is one as
	// Value's.
	Members() (map[string]string, error)
	// Version is another number whenever there is another value, and 0 while there is none. Whoever makes something of a
	// value, a key or a connection, makes it anew when the version differs: Version is to be called before Value.
	Version() uint64
	// Expires is when the value is of no use any more, zero if it does not expire.
	Expires() time.Time
	// Rejected tells that whom the value was shown to has refused it. It is read anew in the background, once for all who tell of it,
	// unless it was just read; who comes meanwhile waits for that.
	Rejected()
}

// SecretUnavailable is the error that a client gets without a secret. The cause is for the operator, and holds nothing secret.
func SecretUnavailable(cause error) *Error {
	return Errorf(CredentialsUnavailable, "The proxy has no credentials to call this function.").Because(cause)
}
