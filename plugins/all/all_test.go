package all_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/funcroute/funcroute/plugins"
	_ "github.com/funcroute/funcroute/plugins/all"
)

// noTypes are the folders of plugins/ that are no function types.
var noTypes = []string{"all", "plugintest"}

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
