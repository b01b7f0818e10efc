package funcroute_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// TestContributingExample builds the function type that CONTRIBUTING.md shows, as the folder that it says, with nothing
// added but the imports.
func TestContributingExample(t *testing.T) {
	guide, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, block := range goBlock.FindAllStringSubmatch(string(guide), -1) {
		code.WriteString(block[1])
	}
	const clause = "   package shout\n"
	if !strings.Contains(code.String(), clause) {
		t.Fatalf("the guide's example = %q, want a package shout", code.String())
	}
	source := strings.Replace(code.String(), clause,
		clause+"import (\n\"net/url\"\n\"github.com/funcroute/funcroute/plugins\"\n)\n", 1)

	written := filepath.Join(t.TempDir(), "shout.go")
	if err := os.WriteFile(written, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(here, "plugins", "shout", "shout.go"): written,
	}})
	if err != nil {
		t.Fatal(err)
	}
	overlayFile := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	if output, err := exec.Command("go", "build", "-overlay", overlayFile, "./plugins/shout").CombinedOutput(); err != nil {
		t.Errorf("building the guide's example: %v\n%s", err, output)
	}
}
