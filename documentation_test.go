package funcroute_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// upstreamFiles are files of other projects that comments cite as the reason for something odd. Sources in C++ need no entry, for all of
// them are Envoy's.
var upstreamFiles = map[string]string{
	"golang_filter.h":   "Envoy, contrib/golang/filters/http/source",
	"processor_state.h": "Envoy, contrib/golang/filters/http/source",
	"stats.h":           "Envoy, contrib/golang/filters/http/source",
	"common/dso/dso.h":  "Envoy, contrib/golang",
	"abi.h":             "Envoy, source/extensions/dynamic_modules/abi",
	"source/extensions/filters/http/dynamic_modules/filter.h": "Envoy",
	"source/extensions/dynamic_modules/abi/abi.h":             "Envoy",
	"protocol/http/message.go":                                "CloudEvents SDK for Go",
	"capi_impl.go":                                            "Envoy, contrib/golang/common/go/http",
	"shim.go":                                                 "Envoy, contrib/golang/common/go/http",
	"go/pkg/http/type.go":                                     "Envoy, contrib/golang/filters/http/source",
	"common/http/headers.h":                                   "Envoy, source",
	"contrib/golang/filters/http/source/config.h":             "Envoy",
	"extensions/common/aws/eventstream/eventstream_parser.h":  "Envoy, source",
	"aws/credential_cache.go":                                 "AWS SDK for Go v2",
	"aws/retry/middleware.go":                                 "AWS SDK for Go v2",
	"internal/endpoints/awsrulesfn/partitions.go":             "AWS SDK for Go v2",
	"proc.go":         "Go, src/runtime",
	"runtime/proc.go": "Go, src",
}

// docLink is a link of a doc comment, as go/doc/comment reads it: a name, a type and its method, or a package and what it
// declares, in brackets.
var docLink = regexp.MustCompile(`\[(\*?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){0,2})\]`)

// linksIn returns the links of a comment. Brackets within a word, such as an index, are none.
func linksIn(text string) (links []string) {
	for _, at := range docLink.FindAllStringSubmatchIndex(text, -1) {
		before, after := text[:at[0]], text[at[1]:]
		if (before == "" || strings.ContainsAny(before[len(before)-1:], " \t\n(\"'/-")) && (after == "" || strings.ContainsAny(after[:1], " \t\n.,;:)'\"?!/-")) {
			links = append(links, strings.TrimPrefix(text[at[2]:at[3]], "*"))
		}
	}
	return links
}

// namedFile is a source file that a comment names, or several by a pattern.
var namedFile = regexp.MustCompile(`[\w*/.-]*[\w*]\.(?:go|c|h)\b`)

// TestDocumentationLinks checks that what comments refer to is there: a link to a name that has been renamed shows as
// brackets, and sends a reader nowhere. So does one to a name that is not exported.
func TestDocumentationLinks(t *testing.T) {
	packages := parsePackages(t)
	for _, p := range packages {
		for _, file := range p.files {
			for _, comment := range file.Comments {
				for _, link := range linksIn(codeOut(comment.Text())) {
					if !p.resolves(packages, link) {
						t.Errorf("%s: [%s] links to nothing", p.position(comment), link)
					}
				}
			}
		}
	}
}

// codeOut leaves out a comment's indented lines, which are shown as they stand.
func codeOut(text string) string { return indentedLine.ReplaceAllString(text, "") }

var indentedLine = regexp.MustCompile(`(?m)^[ \t].*$`)

// TestFilesInComments checks that the source files that comments name are there, in Go and in C.
func TestFilesInComments(t *testing.T) {
	files := sourceFiles()
	for _, file := range files {
		for _, comment := range comments(t, file) {
			for _, name := range namedFile.FindAllString(comment, -1) {
				if !isFile(files, path.Dir(file), name) {
					t.Errorf("%s: there is no file %s here, in %q", file, name, comment)
				}
			}
		}
	}
}

// cComment is a comment of C; strings with slashes in them stand in none of our files.
var cComment = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`)

func comments(t *testing.T, file string) (found []string) {
	t.Helper()
	if filepath.Ext(file) != ".go" {
		return cComment.FindAllString(read(t, file), -1)
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, comment := range parsed.Comments {
		found = append(found, comment.Text())
	}
	return found
}

// A check that cannot fail proves nothing.
func TestLinksIn(t *testing.T) {
	for text, want := range map[string][]string{
		"see [Stream] and [*Stream.Add], [host.Stream].": {"Stream", "Stream.Add", "host.Stream"},
		"[One] [Two]":                             {"One", "Two"},
		"([One]) begins":                          {"One"},
		"some[One], [two words] [3]":              nil,
		"the headers[i] of [Config.AddCluster]'s": {"Config.AddCluster"},
	} {
		if got := linksIn(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	files := []string{"plugins/lambda/plan.go", "plugins/lambda/format/alb.go", "filters/host/host.go"}
	for name, want := range map[string]bool{
		"plan.go": true, "alb.go": true, "p*.go": true, "../../filters/host/host.go": true, "host/host.go": true,
		"host.go": false, "json_*.go": false, "format/plan.go": false,
	} {
		if got := isFile(files, "plugins/lambda", name); got != want {
			t.Errorf("%s: got %t, want %t", name, got, want)
		}
	}
}

// yamlBlock is YAML that a document shows.
var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestDocumentationMetadata checks that the YAML of documents has metadata where Envoy reads it: it takes an unknown key of
// metadata for a mistake, and a reader who copies one does not get far.
func TestDocumentationMetadata(t *testing.T) {
	shown := 0
	for _, name := range textFiles(t) {
		if filepath.Ext(name) != ".md" {
			continue
		}
		for _, block := range yamlBlock.FindAllStringSubmatch(read(t, name), -1) {
			var tree any
			if err := yaml.Unmarshal([]byte(block[1]), &tree); err != nil {
				t.Errorf("%s: %v in\n%s", name, err, block[1])
			}
			for _, key := range metadataKeys(tree) {
				if shown++; key != "filter_metadata" {
					t.Errorf("%s: metadata has %q, want filter_metadata, in\n%s", name, key, block[1])
				}
			}
		}
	}
	if shown == 0 {
		t.Error("no document shows metadata")
	}
}

// metadataKeys returns the keys of everything called metadata.
func metadataKeys(tree any) (keys []string) {
	switch tree := tree.(type) {
	case map[string]any:
		for name, member := range tree {
			if metadata, is := member.(map[string]any); is && name == "metadata" {
				keys = slices.AppendSeq(keys, maps.Keys(metadata))
			}
			keys = append(keys, metadataKeys(member)...)
		}
	case []any:
		for _, element := range tree {
			keys = append(keys, metadataKeys(element)...)
		}
	}
	return keys
}

// parsedPackage is a folder's Go files, with the names they declare. A type's methods and fields are Type.Name.
type parsedPackage struct {
	set   *token.FileSet
	files []*ast.File
	names map[string]bool
	// embedded are the types of this package that a type embeds, whose methods and fields it has as well.
	embedded map[string][]string
}

func (p *parsedPackage) position(node ast.Node) string { return p.set.Position(node.Pos()).String() }

func parsePackages(t *testing.T) map[string]*parsedPackage {
	t.Helper()
	packages := map[string]*parsedPackage{}
	for _, name := range textFiles(t) {
		if filepath.Ext(name) != ".go" {
			continue
		}
		folder := filepath.Dir(name)
		p := packages[folder]
		if p == nil {
			p = newParsedPackage()
			packages[folder] = p
		}
		p.parse(t, name)
	}
	return packages
}

func newParsedPackage() *parsedPackage {
	return &parsedPackage{set: token.NewFileSet(), names: map[string]bool{}, embedded: map[string][]string{}}
}

// parse adds a file to the package.
func (p *parsedPackage) parse(t *testing.T, name string) {
	t.Helper()
	file, err := parser.ParseFile(p.set, name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	p.files = append(p.files, file)
	for _, declaration := range file.Decls {
		p.declare(declaration)
	}
}

func (p *parsedPackage) declare(declaration ast.Decl) {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		p.names[d.Name.Name] = d.Recv == nil || p.names[d.Name.Name]
		if d.Recv != nil {
			p.names[baseName(d.Recv.List[0].Type)+"."+d.Name.Name] = true
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.ValueSpec:
				for _, name := range s.Names {
					p.names[name.Name] = true
				}
			case *ast.TypeSpec:
				p.names[s.Name.Name] = true
				p.members(s.Name.Name, s.Type)
			}
		}
	}
}

// members are fields and an interface's methods.
func (p *parsedPackage) members(of string, expression ast.Expr) {
	var list *ast.FieldList
	switch x := expression.(type) {
	case *ast.StructType:
		list = x.Fields
	case *ast.InterfaceType:
		list = x.Methods
	default:
		return
	}
	for _, field := range list.List {
		if len(field.Names) == 0 {
			p.embedded[of] = append(p.embedded[of], baseName(field.Type))
		}
		for _, name := range field.Names {
			p.names[of+"."+name.Name] = true
		}
	}
}

func baseName(expression ast.Expr) string {
	switch x := expression.(type) {
	case *ast.StarExpr:
		return baseName(x.X)
	case *ast.IndexExpr:
		return baseName(x.X)
	case *ast.IndexListExpr:
		return baseName(x.X)
	case *ast.Ident:
		return x.Name
	}
	return ""
}

// resolves reports whether a link leads somewhere: to an exported name of its package, or of one that a file of the package
// imports. What packages of others declare is not looked at.
func (p *parsedPackage) resolves(packages map[string]*parsedPackage, link string) bool {
	if p.declares(link) {
		return isExported(link)
	}
	first, rest, qualified := strings.Cut(link, ".")
	for _, file := range p.files {
		for _, imported := range file.Imports {
			location := strings.Trim(imported.Path.Value, `"`)
			if importName(imported, location) != first {
				continue
			}
			ours, found := packages[filepath.FromSlash(strings.TrimPrefix(location, module))]
			return !qualified || isExported(rest) && (!found || ours.declares(rest))
		}
	}
	return false
}

// isExported reports whether all parts of a name are: those of a type and its method, too.
func isExported(name string) bool {
	return !slices.ContainsFunc(strings.Split(name, "."), func(part string) bool { return !token.IsExported(part) })
}

// importName is the name by which a file knows a package that it imports.
func importName(spec *ast.ImportSpec, location string) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	return majorVersion.ReplaceAllString(path.Base(location), path.Base(path.Dir(location)))
}

var majorVersion = regexp.MustCompile(`^v\d+$`)

// declares reports whether a package has a name, or a type a member, which may be an embedded type's.
func (p *parsedPackage) declares(name string) bool {
	typeName, member, _ := strings.Cut(name, ".")
	return p.names[name] || slices.ContainsFunc(p.embedded[typeName], func(embedded string) bool { return p.declares(embedded + "." + member) })
}

// isFile reports whether a file that a comment names, or one that fits its pattern, is in the comment's folder or below. With its
// folder's name before it, it may be anywhere.
func isFile(files []string, folder, name string) bool {
	if _, cited := upstreamFiles[name]; cited {
		return true
	}
	return slices.ContainsFunc(files, func(file string) bool {
		if below, ok := strings.CutPrefix(file, strings.TrimPrefix(folder+"/", "./")); ok && !strings.Contains(name, "/") {
			fits, _ := path.Match(name, path.Base(below))
			return fits
		}
		return file == name || file == path.Join(folder, name) || strings.Contains(name, "/") && strings.HasSuffix(file, "/"+name)
	})
}

// sourceFiles are all files in Go and C.
func sourceFiles() []string {
	var files []string
	_ = filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && slices.Contains([]string{".git", ".tools", "dist"}, name) {
			return filepath.SkipDir
		}
		if err == nil && slices.Contains([]string{".go", ".c", ".h"}, filepath.Ext(name)) {
			files = append(files, filepath.ToSlash(name))
		}
		return nil
	})
	return files
}
