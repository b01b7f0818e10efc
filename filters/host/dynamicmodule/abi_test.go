package dynamicmodule

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every declaration in abi/abi.h stands so in the header of the pinned SDK.
func TestDeclarationsAreTheHeaders(t *testing.T) {
	// Not `go list`: what no build needs may not have been downloaded yet.
	output, err := exec.CommandContext(t.Context(), "go", "mod", "download", "-json",
		"github.com/envoyproxy/envoy/source/extensions/dynamic_modules").Output()
	if err != nil {
		t.Fatal(err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(output, &module); err != nil {
		t.Fatal(err)
	}
	original := declarations(t, filepath.Join(module.Dir, "abi", "abi.h"))
	ours := declarations(t, filepath.Join("abi", "abi.h"))
	if len(ours) < 90 {
		t.Fatalf("declarations = %d, want those of all hooks: does this test still read them right?", len(ours))
	}
	for declaration := range ours {
		if !original[declaration] {
			t.Errorf("not in the header: %s", declaration)
		}
	}
}

var (
	comment     = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`)
	cplusplus   = regexp.MustCompile(`(?s)#ifdef __cplusplus.*?#e(lse|ndif)`)
	directive   = regexp.MustCompile(`(?m)^#(define \w+ "[^"]*")?.*$`)
	declaration = regexp.MustCompile(`(?s)[^;{}]+(\{[^}]*\}[^;{}]*)?;`)
	space       = regexp.MustCompile(`\s+`)
)

// declarations reads a header's declarations, without comments and with single spaces. The ABI's version is one too.
func declarations(t *testing.T, path string) map[string]bool {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := cplusplus.ReplaceAllString(comment.ReplaceAllString(string(content), ""), "")
	text = directive.ReplaceAllString(text, "$1;")
	found := map[string]bool{}
	for _, match := range declaration.FindAllString(text, -1) {
		if strings.Contains(strings.ToLower(match), "envoy_dynamic_module") {
			found[strings.TrimSpace(space.ReplaceAllString(match, " "))] = true
		}
	}
	return found
}
