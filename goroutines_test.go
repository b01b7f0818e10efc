package funcroute_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ownCode are timers and goroutines that run nothing but a few lines of ours, or that catch panics further down.
var ownCode = []string{
	"cache/cache.go",               // The sweep: it exchanges two maps.
	"filters/functions/wait.go",    // The deadline: what it calls of the plugin is caught there.
	"filters/host/contrib/host.go", // The resumed function: stream.resume catches.
}

// A panic in a goroutine ends Envoy. So the libraries' goroutines and timers begin with what catches it.
func TestGoroutinesCatchPanics(t *testing.T) {
	found := 0
	for _, root := range []string{"filters", "plugins", "parameters", "events", "cache", "reminder"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || isTestSupport(path) {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(node ast.Node) bool {
				body, starts := started(node)
				if !starts {
					return true
				}
				found++
				if !beginsWithDefer(body) && !slices.Contains(ownCode, filepath.ToSlash(path)) {
					t.Errorf("%s: a panic in it would end Envoy; use plugins.Go, or begin with a defer that catches", set.Position(node.Pos()))
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found == 0 {
		t.Error("goroutines found = 0, want some: does this test still look in the right places?")
	}
}

func isTestSupport(path string) bool {
	return strings.Contains(path, "hosttest") || strings.Contains(path, "plugintest")
}

// started reports whether a node starts a goroutine, and what runs in it, nil if that stands elsewhere.
func started(node ast.Node) (body *ast.BlockStmt, starts bool) {
	var runs ast.Expr
	switch node := node.(type) {
	case *ast.GoStmt:
		runs = node.Call.Fun
	case *ast.CallExpr:
		called, ok := node.Fun.(*ast.SelectorExpr)
		if !ok || called.Sel.Name != "AfterFunc" || len(node.Args) == 0 {
			return nil, false
		}
		runs = node.Args[len(node.Args)-1]
	default:
		return nil, false
	}
	if literal, ok := runs.(*ast.FuncLit); ok {
		return literal.Body, true
	}
	return nil, true
}

func beginsWithDefer(body *ast.BlockStmt) bool {
	if body == nil || len(body.List) == 0 {
		return false
	}
	_, ok := body.List[0].(*ast.DeferStmt)
	return ok
}
