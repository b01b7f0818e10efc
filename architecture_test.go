package funcroute_test

import (
	"encoding/json"
	"go/ast"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
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

// wellKnown are methods that say all by their name.
var wellKnown = []string{"Error", "GoString", "String", "UnmarshalYAML", "Unwrap"}

// An exported method needs a comment, unless it is one of an interface that documents it. A guard beside the type says which that is:
//
//	var _ host.StreamFilter = (*stream)(nil)
func TestMethodsSayWhatTheyAreFor(t *testing.T) {
	packages := parsePackages(t)
	for folder, p := range maps.Clone(packages) { // Packages of others are added to it.
		if hasPrefix(filepath.ToSlash(folder), []string{"e2e"}) { // What tests and the bench start.
			continue
		}
		for _, method := range p.unexplained(t, packages) {
			t.Errorf("%s: %s has no comment, and no guard says of which interface it is", p.position(method), method.Name.Name)
		}
	}
}

// A check that cannot fail proves nothing.
func TestUnexplained(t *testing.T) {
	const source = `package sample
import "sort"
type kept interface { Keep() }
type t int
var _ kept = t(0)
var _ sort.Interface = (*t)(nil)
func (t) Keep() {}
func (t) Less(i, j int) bool { return i < j }
// Told has a comment.
func (t) Told() {}
func (t) String() string { return "" }
func (t) hidden() {}
func (t) Riddle() {}
type other struct{}
func (other) Keep() {}
`
	name := filepath.Join(t.TempDir(), "sample.go")
	if err := os.WriteFile(name, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newParsedPackage()
	p.parse(t, name)
	var got []string
	for _, method := range p.unexplained(t, map[string]*parsedPackage{}) {
		got = append(got, baseName(method.Recv.List[0].Type)+"."+method.Name.Name)
	}
	if want := []string{"t.Riddle", "other.Keep"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// unexplained are the exported methods outside of tests that neither a comment nor a guard explains.
func (p *parsedPackage) unexplained(t *testing.T, packages map[string]*parsedPackage) (found []*ast.FuncDecl) {
	t.Helper()
	guards := p.guards()
	for _, declaration := range p.production() {
		method, is := declaration.(*ast.FuncDecl)
		if !is || method.Recv == nil || method.Doc != nil || !method.Name.IsExported() || slices.Contains(wellKnown, method.Name.Name) {
			continue
		}
		receiver := baseName(method.Recv.List[0].Type)
		if !slices.ContainsFunc(guards[receiver], func(g guard) bool { return g.has(t, packages, method.Name.Name) }) {
			found = append(found, method)
		}
	}
	return found
}

// production is what is declared outside of tests.
func (p *parsedPackage) production() (found []ast.Decl) {
	for _, file := range p.files {
		if !strings.HasSuffix(p.set.Position(file.Pos()).Filename, "_test.go") {
			found = append(found, file.Decls...)
		}
	}
	return found
}

// guard is an interface that a type is held against at compile time.
type guard struct {
	within *parsedPackage
	wanted ast.Expr
}

// guards are those of a package's types, by their names.
func (p *parsedPackage) guards() map[string][]guard {
	found := map[string][]guard{}
	for _, declaration := range p.production() {
		list, _ := declaration.(*ast.GenDecl)
		if list == nil {
			continue
		}
		for _, spec := range list.Specs {
			if value, is := spec.(*ast.ValueSpec); is && value.Names[0].Name == "_" && value.Type != nil && len(value.Values) == 1 {
				name := guarded(value.Values[0])
				found[name] = append(found[name], guard{p, value.Type})
			}
		}
	}
	return found
}

// guarded is the name of the type of a guard's value: T{}, (*T)(nil) or T("").
func guarded(value ast.Expr) string {
	switch v := value.(type) {
	case *ast.CompositeLit:
		return baseName(v.Type)
	case *ast.CallExpr:
		if converted, is := v.Fun.(*ast.ParenExpr); is {
			return baseName(converted.X)
		}
		return baseName(v.Fun)
	}
	return ""
}

// has reports whether the interface has a method.
func (g guard) has(t *testing.T, packages map[string]*parsedPackage, method string) bool {
	t.Helper()
	switch wanted := g.wanted.(type) {
	case *ast.Ident:
		return g.within.declares(wanted.Name + "." + method)
	case *ast.SelectorExpr:
		location := g.within.imported(baseName(wanted.X))
		folder := filepath.FromSlash(strings.TrimPrefix(location, module))
		if packages[folder] == nil {
			packages[folder] = parseForeign(t, location)
		}
		return packages[folder].declares(wanted.Sel.Name + "." + method)
	}
	return false
}

// imported is the path of the package that a package's files know by a name.
func (p *parsedPackage) imported(name string) string {
	for _, file := range p.files {
		for _, spec := range file.Imports {
			if location := strings.Trim(spec.Path.Value, `"`); importName(spec, location) == name {
				return location
			}
		}
	}
	return ""
}

// parseForeign reads a package of others.
func parseForeign(t *testing.T, location string) *parsedPackage {
	t.Helper()
	folder, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", location).Output()
	if err != nil {
		t.Fatalf("%s: %v", location, err)
	}
	names, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(folder)), "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	p := newParsedPackage()
	for _, name := range names {
		p.parse(t, name)
	}
	return p
}
