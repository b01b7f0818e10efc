package credentials

import (
	"time"

	"github.com/funcroute/funcroute/plugins"
)

// Identity says with whose credentials calls are signed: those of a source, or those of the last of the roles that are
// assumed with them, one after the other.
type Identity struct {
	Source Source
	Roles  []Role
	// STS is who is asked for a role's credentials.
	STS STS
}

// Source is where credentials come from without assuming a role with others. The zero value is the default chain of the
// AWS SDKs.
type Source struct {
	// Secret has the keys as members, and then there is nothing else. Secrets of the same place are equal.
	Secret plugins.Secret
	// Profile is one of the shared files, or of File.
	Profile string
	// File has the form of a shared credentials file, or is a folder with one file per key, see [From].
	File string
	// TokenFile has the token of a web identity, and TokenRole is what it is exchanged for.
	TokenFile string
	TokenRole Role
}

// STS is where the Security Token Service is.
type STS struct {
	Region string
	// Endpoint is a URL. If it is empty, the region's endpoint is asked, never the global one.
	Endpoint string
	// FIPS chooses the region's endpoint with FIPS 140 cryptography.
	FIPS bool
}

// Role is a role to be assumed. What its trust policy and STS allow is for them to say.
type Role struct {
	ARN, SessionName, ExternalID string
	Duration                     time.Duration
	// Tags are of the form "key=value", one per line; as a text, so that roles can be compared.
	Tags string
}

// String says what the log is to call a source, "" for the default chain.
func (s Source) String() string {
	switch {
	case s.Secret != nil:
		return s.Secret.String()
	case s.TokenFile != "":
		return s.TokenRole.String()
	case s.File != "" && s.Profile != "":
		return "profile " + s.Profile + " of file " + s.File
	case s.File != "":
		return "file " + s.File
	case s.Profile != "":
		return "profile " + s.Profile
	}
	return ""
}

// String says what the log is to call a role. The external id is nobody else's business.
func (r Role) String() string { return "role " + r.ARN }

func (r Role) GoString() string { return r.String() }
