package uritemplate

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// suite is a file of the tests that go with RFC 6570, see testdata/README.md.
type suite map[string]struct {
	Variables map[string]json.RawMessage `json:"variables"`
	Cases     [][2]any                   `json:"testcases"`
}

func TestRFC6570(t *testing.T) {
	total := 0
	for _, name := range []string{"spec-examples", "spec-examples-by-section", "extended-tests", "negative-tests"} {
		for section, group := range load(t, name) {
			variables := map[string]Value{}
			for name, raw := range group.Variables {
				variables[name] = valueOf(t, raw)
			}
			for _, c := range group.Cases {
				template := c[0].(string)
				total++
				t.Run(fmt.Sprintf("%s/%s/%s", name, section, template), func(t *testing.T) {
					got, err := expand(template, variables, "")
					check(t, got, err, c[1])
				})
			}
		}
	}
	const want = 252
	if total != want {
		t.Errorf("cases: got %d, want the suite's %d", total, want)
	}
}

// check compares with a text, with one of several texts, or with false: the template or its values are refused.
func check(t *testing.T, got string, err error, want any) {
	t.Helper()
	switch want := want.(type) {
	case bool:
		if err == nil {
			t.Errorf("got %q, want an error", got)
		}
	case []any:
		if err != nil || !slices.Contains(want, any(got)) {
			t.Errorf("got %q, %v, want one of %q", got, err, want)
		}
	default:
		if err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

func load(t *testing.T, name string) suite {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	s := suite{}
	if err := json.Unmarshal(content, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// valueOf keeps the order of an object's members, which the suite's answers depend on.
func valueOf(t *testing.T, raw json.RawMessage) Value {
	t.Helper()
	var list []string
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	kind := Text
	for {
		token, err := decoder.Token()
		if err != nil {
			break
		}
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '[':
				kind = List
			case '{':
				kind = Map
			}
		case nil:
			return Value{}
		default:
			list = append(list, fmt.Sprint(token))
		}
	}
	if kind == Text {
		return Value{Kind: Text, Text: list[0]}
	}
	return Value{Kind: kind, List: list}
}

type given struct {
	names     []string
	variables map[string]Value
}

func (g given) Value(i int, _ bool) (Value, error) { return g.variables[g.names[i]], nil }

func expand(template string, variables map[string]Value, escaped string) (string, error) {
	compiled, err := Compile(template)
	if err != nil {
		return "", err
	}
	dst, err := compiled.Append(nil, given{compiled.Names(), variables}, escaped)
	return string(dst), err
}

func TestEscapedEvenWhereReservedIsKept(t *testing.T) {
	got, err := expand("/a/{+x}", map[string]Value{"x": {Kind: Text, Text: "b/c?d#e%2f"}}, "?#")
	if want := "/a/b/c%3Fd%23e%2f"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// RFC 6570 section 2.4.1: a prefix is a number of characters, in order to split neither an escape nor what several stand for.
func TestAPrefixSplitsNoEscape(t *testing.T) {
	const text = "%e2%82%ACa%20%C3%BC%zz"
	for _, c := range [][2]string{
		{"{+x:1}", "%e2%82%AC"},
		{"{+x:2}", "%e2%82%ACa"},
		{"{+x:3}", "%e2%82%ACa%20"},
		{"{+x:4}", "%e2%82%ACa%20%C3%BC"},
		{"{+x:5}", "%e2%82%ACa%20%C3%BC%25"},
		{"{+x:9}", "%e2%82%ACa%20%C3%BC%25zz"},
		{"{x:3}", "%25e2"},
	} {
		got, err := expand(c[0], map[string]Value{"x": {Kind: Text, Text: text}}, "?#")
		if err != nil || got != c[1] {
			t.Errorf("%s: got %q, %v, want %q", c[0], got, err, c[1])
		}
	}
}

type failing struct{}

func (failing) Value(int, bool) (Value, error) { return Value{}, errors.New("no value") }

func TestErrorOfValues(t *testing.T) {
	compiled, err := Compile("{a}")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := compiled.Append(nil, failing{}, ""); err == nil || err.Error() != "no value" {
		t.Errorf("got %v, want that of the values", err)
	}
}

// FuzzCompile looks for templates that crash, and for expansions that no URI can hold.
func FuzzCompile(f *testing.F) {
	for _, seed := range [][2]string{
		{"/a/{x}/{+x}{#x}", "a/b %41%zz?"}, {"{?x,y*}{&x:3}", "ü€😀é"}, {"{/x:2}{;x}{.x*}", ""}, {"a%20b'{x}", "\x00\xff"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, template, text string) {
		compiled, err := Compile(template)
		if err != nil {
			return
		}
		for _, value := range []Value{{Kind: Text, Text: text}, {Kind: List, List: []string{text, text}}, {Kind: Map, List: []string{text, text}}} {
			variables := map[string]Value{}
			for _, name := range compiled.Names() {
				variables[name] = value
			}
			dst, _ := compiled.Append(nil, given{compiled.Names(), variables}, "?#")
			for _, c := range dst {
				if !kept.Has(c) && c != '%' {
					t.Fatalf("%q holds %q, which no URI can", dst, c)
				}
			}
		}
	})
}

// FuzzExpand has net/url read what was written.
func FuzzExpand(f *testing.F) {
	for _, seed := range []string{"a/b ?&=", "ü€😀é", "", "\x00\x7f", "'()*!", "%41"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := expand("/{x}/{y}{?x,y}{&l*}", map[string]Value{
			"x": {Kind: Text, Text: text}, "y": {Kind: Text, Text: "1"}, "l": {Kind: List, List: []string{text, "2"}},
		}, "")
		if err != nil {
			t.Fatal(err)
		}
		read, err := url.ParseRequestURI(got)
		if err != nil {
			t.Fatal(err)
		}
		query, err := url.ParseQuery(read.RawQuery)
		if err != nil {
			t.Fatal(err)
		}
		if want := "/" + text + "/1"; read.Path != want {
			t.Errorf("path: got %q, want %q", read.Path, want)
		}
		if want := (url.Values{"x": {text}, "y": {"1"}, "l": {text, "2"}}); !reflect.DeepEqual(query, want) {
			t.Errorf("query: got %q, want %q", query, want)
		}
	})
}

func BenchmarkTwoVariables(b *testing.B) {
	compiled, err := Compile("/api/v2/users/{user}/images/{id}")
	if err != nil {
		b.Fatal(err)
	}
	var values Values = given{compiled.Names(), map[string]Value{"user": {Kind: Text, Text: "ada"}, "id": {Kind: Text, Text: "42"}}}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = compiled.Append(dst[:0], values, "?#")
	}
}
