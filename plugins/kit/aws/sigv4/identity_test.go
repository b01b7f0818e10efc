package sigv4

import (
	"fmt"
	"testing"
)

// An identity that lives for years must not remember the keys of all its days.
func TestSigningKeysAreBounded(t *testing.T) {
	identity := &Identity{AccessKeyID: "AKID", SecretAccessKey: "secret"}
	for day := range 10 * maxKeys {
		identity.key(fmt.Sprintf("day %d", day), "us-east-1", "lambda")
	}
	if got := len(*identity.keys.Load()); got != maxKeys {
		t.Errorf("keys: got %d, want %d", got, maxKeys)
	}
}
