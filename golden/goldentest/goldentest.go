// Package goldentest runs golden files as Go tests. It stands apart from package golden, which the command uses outside of tests.
package goldentest

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/golden"
)

// Run runs all golden files of a folder, each case as a test of its own, through the filter that they are of, without an Envoy. A function
// type's files need the type to be registered, as it is in its own tests.
func Run(t *testing.T, dir string) {
	t.Helper()
	files, err := golden.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if err := file.WriteSecrets(t.TempDir()); err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(file.Path), ".yaml"), func(t *testing.T) {
			for _, c := range file.Cases {
				t.Run(c.Name, func(t *testing.T) {
					if c.Only == golden.Envoy {
						t.Skip("for a real Envoy only")
					}
					for _, difference := range c.Run() {
						t.Error(difference)
					}
				})
			}
		})
	}
}
