package funcroute_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/funcroute/funcroute/"

// entryPoints are the packages with cgo entry points: only a library's main may import them, the contrib one even crashes
// a plain `go test`.
var entryPoints = []string{
	"github.com/envoyproxy/envoy/contrib/golang/filters/http/source/go/pkg/http",
	"github.com/envoyproxy/envoy/source/extensions/dynamic_modules/sdk/go/abi",
	"github.com/funcroute/funcroute/filters/host/dynamicmodule/abi",
}

// importRules say which imports a package must not have. Packages and imports are named by prefixes, our own ones
// without the module's path. .golangci.yml has the same rules for editors.
var importRules = []struct {
	name     string
	packages []string
	except   []string
	banned   []string
}{
	{
		name:     "plugins and what they share with filters know nothing of Envoy",
		packages: []string{"plugins", "parameters", "events", "jsontext", "formats", "httptext", "cache", "reminder"},
		banned:   []string{"github.com/envoyproxy/", "filters", "build", "e2e"},
	},
	{
		name:     "parameters know nothing of plugins",
		packages: []string{"parameters", "jsontext", "formats", "httptext", "cache", "reminder", "headermap"},
		banned:   []string{"plugins", "events"},
	},
	{
		name:     "leaves know nothing of each other but httptext",
		packages: []string{"jsontext", "formats", "httptext", "cache", "reminder"},
		banned:   []string{"parameters", "jsontext", "formats", "cache", "reminder"},
	},
	{
		name:     "events know nothing of plugins and parameters",
		packages: []string{"events"},
		banned:   []string{"plugins", "parameters"},
	},
	{
		name:     "filters are written against the port, not against a host",
		packages: []string{"filters"},
		except:   []string{"filters/host/contrib", "filters/host/dynamicmodule"},
		banned:   []string{"github.com/envoyproxy/", "filters/host/contrib", "filters/host/dynamicmodule", "build", "e2e"},
	},
	{
		name:     "a host's adapter knows no filter and no plugin",
		packages: []string{"filters/host"},
		banned:   []string{"filters/functions", "filters/cloudevents", "plugins", "build", "e2e"},
	},
	{
		name:     "only a library's main imports entry points",
		packages: []string{""},
		except:   []string{"build", "e2e/contribhost/probe", "e2e/bench/emptymodule", "e2e/faulty"}, // Libraries of their own.
		banned:   entryPoints,
	},
	{
		name:     "only a library's main and plugins/all list function types",
		packages: []string{""},
		except:   []string{"build", "plugins/all", "e2e"},
		banned:   []string{"plugins/all"},
	},
}

// notTypes are the folders of plugins that are no function types.
var notTypes = []string{"plugins/kit", "plugins/plugintest", "plugins/all"}

// What several types share is in plugins/kit, which knows none of them: a type that imported another could neither be left out of a
// library nor be read by itself.
func TestTypesKnowNoOtherType(t *testing.T) {
	found := map[string]bool{}
	for _, p := range listPackages(t) {
		path := strings.TrimPrefix(p.ImportPath, module)
		own := typeOf(path)
		found[own] = true
		if !hasPrefix(path, []string{"plugins"}) || hasPrefix(path, []string{"plugins/all"}) {
			continue
		}
		for _, imported := range p.Imports {
			if other := typeOf(strings.TrimPrefix(imported, module)); other != "" && other != own {
				t.Errorf("%s imports %s", path, imported)
			}
		}
	}
	if !found["lambda"] || !found["rest"] {
		t.Error("the types are not where they are looked for")
	}
}

// typeOf is the function type that a package belongs to, "" if that is none.
func typeOf(path string) string {
	below, is := strings.CutPrefix(path, "plugins/")
	if !is || hasPrefix(path, notTypes) {
		return ""
	}
	name, _, _ := strings.Cut(below, "/")
	return name
}

type listedPackage struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func TestImportRule(t *testing.T) {
	packages := listPackages(t)
	for _, rule := range importRules {
		t.Run(rule.name, func(t *testing.T) {
			for _, p := range packages {
				path := strings.TrimPrefix(p.ImportPath, module)
				if !hasPrefix(path, rule.packages) || hasPrefix(path, rule.except) {
					continue
				}
				for _, imported := range p.Imports {
					if hasPrefix(strings.TrimPrefix(imported, module), rule.banned) {
						t.Errorf("%s imports %s", path, imported)
					}
				}
			}
		})
	}
}

// Tests may import more than the code they test, but never what crashes them.
func TestImportRuleForTests(t *testing.T) {
	for _, p := range listPackages(t) {
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			if slices.Contains(entryPoints, imported) {
				t.Errorf("the tests of %s import %s", p.ImportPath, imported)
			}
		}
	}
}

func listPackages(t *testing.T) []listedPackage {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []listedPackage
	decoder := json.NewDecoder(strings.NewReader(string(output)))
	for decoder.More() {
		var p listedPackage
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	return packages
}

// hasPrefix reports whether a path is one of the prefixes or below one. The empty prefix is everything.
func hasPrefix(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool {
		return prefix == "" || path == prefix || strings.HasPrefix(path, strings.TrimSuffix(prefix, "/")+"/")
	})
}
