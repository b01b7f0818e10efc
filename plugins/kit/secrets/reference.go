package secrets

import (
	"errors"
	"fmt"
	"strings"
)

// reference is a parsed one, "vault:aws/creds/role#access_key".
type reference struct {
	scheme, path string
	// key names a member, "" for the whole.
	key string
}

// The schemes of references.
const (
	schemeFile       = "file"
	schemeEnv        = "env"
	schemeVault      = "vault"
	schemeKubernetes = "kubernetes"
	schemeManager    = "aws-secretsmanager"
	schemeParameters = "aws-ssm"
)

var schemes = []string{schemeFile, schemeEnv, schemeVault, schemeKubernetes, schemeManager, schemeParameters}

// IsReference reports whether a text begins as a reference does, for settings that may also be a text that is no secret.
func IsReference(text string) bool {
	_, err := parseReference(text)
	return !errors.Is(err, errNoReference)
}

// errNoReference does not repeat the text, which may be the secret itself.
var errNoReference = fmt.Errorf("it must be a reference to a secret, which begins with one of %s: and is like file:/etc/secrets/db#password; "+
	"the secret itself must not stand there", strings.Join(schemes, ":, "))

// parseReference takes a reference apart. What its path must look like is for its store to say.
func parseReference(text string) (reference, error) {
	scheme, rest, _ := strings.Cut(text, ":")
	for _, known := range schemes {
		if scheme != known {
			continue
		}
		path, key, keyed := strings.Cut(rest, "#")
		switch {
		case path == "":
			return reference{}, fmt.Errorf("after %s: it must say which secret is meant", scheme)
		case keyed && key == "":
			return reference{}, fmt.Errorf("after the # of a reference to a secret of %s: there must be a name", scheme)
		case strings.ContainsFunc(rest, isControl):
			return reference{}, fmt.Errorf("a reference to a secret of %s: must have no control characters", scheme)
		}
		return reference{scheme: scheme, path: path, key: key}, nil
	}
	return reference{}, errNoReference
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// String writes it as it was read. It names a place and holds nothing secret.
func (r reference) String() string {
	if r.key == "" {
		return r.scheme + ":" + r.path
	}
	return r.scheme + ":" + r.path + "#" + r.key
}
