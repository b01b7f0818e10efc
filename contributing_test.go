package funcroute_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// TestContributingExamples builds each function type that CONTRIBUTING.md shows, as the folder that it says, with nothing
// added but the imports.
func TestContributingExamples(t *testing.T) {
	guide, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	// A block that begins no package goes on with the one before.
	code := map[string]string{}
	name := ""
	for _, block := range goBlock.FindAllStringSubmatch(string(guide), -1) {
		if clause := packageClause.FindStringSubmatch(block[1]); clause != nil {
			name = clause[1]
		}
		code[name] += block[1]
	}
	imports := map[string]string{
		"shout":     `"net/url"`,
		"letterbox": `"bytes"; "context"; "crypto/rand"; "net/http"; "os"; "path/filepath"`,
	}
	if len(code) != len(imports) {
		t.Fatalf("got the packages %v, want those of %v", code, imports)
	}
	for name, imports := range imports {
		t.Run(name, func(t *testing.T) {
			source := packageClause.ReplaceAllString(code[name], "${0}import ("+imports+"; \"github.com/funcroute/funcroute/plugins\")\n")
			buildExample(t, name, source)
		})
	}
}

var packageClause = regexp.MustCompile(`(?m)^   package (\w+)\n`)

// buildExample builds a file as that of a folder of plugins/ which is not there.
func buildExample(t *testing.T, name, source string) {
	t.Helper()
	written := filepath.Join(t.TempDir(), name+".go")
	if err := os.WriteFile(written, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(here, "plugins", name, name+".go"): written,
	}})
	if err != nil {
		t.Fatal(err)
	}
	overlayFile := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	if output, err := exec.Command("go", "build", "-overlay", overlayFile, "./plugins/"+name).CombinedOutput(); err != nil {
		t.Errorf("building the guide's example: %v\n%s", err, output)
	}
}
