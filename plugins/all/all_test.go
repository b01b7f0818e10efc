package all_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/plugins"
	_ "github.com/funcroute/funcroute/plugins/all"
)

// noTypes are the folders of plugins/ that are no function types.
var noTypes = []string{"all", "kit", "plugintest"}

func TestEveryTypeIsInTheList(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, entry := range entries {
		sources, _ := filepath.Glob(filepath.Join("..", entry.Name(), "*.go"))
		if entry.IsDir() && len(sources) > 0 && !slices.Contains(noTypes, entry.Name()) {
			want = append(want, entry.Name())
		}
	}
	if got := plugins.Names(); !slices.Equal(got, want) {
		t.Errorf("registered types: got %q, want one for each folder %q; a missing one needs its line in all.go", got, want)
	}
}

func TestEveryTypeTellsItsSettings(t *testing.T) {
	for _, name := range plugins.Names() {
		for _, setting := range plugins.Lookup(name).Settings() {
			switch setting.Name {
			case "", "type", "function", "default_function":
				t.Errorf("type %s has a setting named %q, which is not its own to have", name, setting.Name)
			}
		}
	}
}

// Clients and operators meet reasons, so each is explained: in the README, or in that of a type which has it.
func TestEveryReasonIsExplained(t *testing.T) {
	readmes, _ := filepath.Glob(filepath.Join("..", "*", "README.md"))
	var all strings.Builder
	for _, path := range append(readmes, filepath.Join("..", "..", "README.md")) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, reason := range plugins.Reasons() {
		if !strings.Contains(all.String(), "`"+string(reason)+"`") {
			t.Errorf("reason %s is not explained anywhere", reason)
		}
	}
}
