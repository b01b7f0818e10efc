package parameters

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestTables runs the cases in testdata/*.txt. How they are written is said in testdata/README.md.
func TestTables(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			for _, c := range readTable(t, file) {
				t.Run(c.name, c.run)
			}
		})
	}
}

// testRequest is a Source made of texts.
type testRequest struct {
	method, path, authority string
	headers                 map[string][]string
	body                    []byte
	bodyRead                bool
}

func (r *testRequest) Method() string              { return r.method }
func (r *testRequest) Path() string                { return r.path }
func (r *testRequest) Authority() string           { return r.authority }
func (r *testRequest) Header(name string) []string { return r.headers[name] }
func (r *testRequest) Body() []byte                { r.bodyRead = true; return r.body }

type tableCase struct {
	name      string
	line      int
	request   []string
	templates map[string]string
	want      []string
	problem   string // "error: …", "body error: …" or "refused: …"
}

func readTable(t *testing.T, file string) []*tableCase {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []*tableCase
	for i, line := range strings.Split(string(content), "\n") {
		name, begins := strings.CutPrefix(line, "== ")
		if begins {
			cases = append(cases, &tableCase{name: name, line: i + 1, templates: map[string]string{}})
			continue
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if len(cases) == 0 {
			t.Fatalf("%s:%d: no case has begun", file, i+1)
		}
		c := cases[len(cases)-1]
		key, value, _ := strings.Cut(line, " ")
		switch {
		case key == ">":
			c.request = append(c.request, value)
		case key == "error:" || key == "refused:" || strings.HasPrefix(line, "body error:"):
			c.problem = line
		case strings.HasSuffix(key, ":"):
			c.templates[strings.TrimSuffix(key, ":")] = unquoted(t, value)
		default:
			c.want = append(c.want, line)
		}
	}
	return cases
}

// unquoted allows for quotes where space at the ends or an escape is meant.
func unquoted(t *testing.T, s string) string {
	t.Helper()
	if !strings.HasPrefix(s, `"`) {
		return s
	}
	text, err := strconv.Unquote(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return text
}

var hexEscape = regexp.MustCompile(`\\x[0-9a-f]{2}`)

func (c *tableCase) source(t *testing.T) *testRequest {
	t.Helper()
	r := &testRequest{method: "GET", path: "/", authority: "example.com", headers: map[string][]string{}}
	if len(c.request) == 0 {
		return r
	}
	lines := slices.Clone(c.request)
	for i, line := range lines {
		lines[i] = hexEscape.ReplaceAllStringFunc(line, func(escape string) string {
			b, _ := strconv.ParseUint(escape[2:], 16, 8)
			return string([]byte{byte(b)})
		})
	}
	r.method, r.path, _ = strings.Cut(lines[0], " ")
	lines = lines[1:]
	newline := "\n"
	for len(lines) > 0 && lines[0] != "" {
		name, value, ok := strings.Cut(lines[0], ":")
		if !ok {
			t.Fatalf("%q is no header", lines[0])
		}
		value = strings.TrimPrefix(value, " ")
		if name == "host" {
			r.authority = value
		} else {
			r.headers[name] = append(r.headers[name], value)
		}
		if strings.HasPrefix(value, "multipart/") {
			newline = "\r\n"
		}
		lines = lines[1:]
	}
	if len(lines) > 0 {
		r.body = []byte(strings.Join(lines[1:], newline))
	}
	return r
}

func (c *tableCase) run(t *testing.T) {
	set, err := Compile(c.templates)
	if got := "refused: " + errorText(err); err != nil || strings.HasPrefix(c.problem, "refused:") {
		if got != c.problem {
			t.Errorf("line %d: Compile\n got %s\nwant %s", c.line, got, c.problem)
		}
		return
	}
	src := c.source(t)
	body := bytes.Clone(src.body)
	values, err := set.Extract(src)
	if !bytes.Equal(body, src.body) {
		t.Error("Extract has changed the body")
	}
	if src.bodyRead != set.NeedsBody() && err == nil {
		t.Errorf("NeedsBody is %t, body was read: %t", set.NeedsBody(), src.bodyRead)
	}
	got := ""
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("%T is no *Error", err)
		}
		got = "error: " + err.Error()
		if e.Body {
			got = "body " + got
		}
	}
	if got != c.problem {
		t.Fatalf("line %d:\n got %s\nwant %s", c.line, got, c.problem)
	}
	if err == nil && len(c.want) == 0 && values.Len() > 0 {
		t.Fatal("the case says nothing of the values")
	}
	for _, want := range c.want {
		checkLine(t, c.line, values, want)
	}
}

// checkLine checks one line that begins with the name of a parameter.
func checkLine(t *testing.T, line int, values Values, want string) {
	t.Helper()
	name, statement, _ := strings.Cut(want, " ")
	v, present := values.Get(name)
	if _, known := values.set.Index(name); !known {
		t.Fatalf("line %d: no parameter is called %s", line, name)
	}
	got := name + " is absent"
	wanted := want
	switch {
	case !present:
	case strings.HasPrefix(statement, "= "):
		got, wanted = v.Text(), unquoted(t, statement[2:])
	case strings.HasPrefix(statement, "is the list: "):
		texts, ok := v.List()
		if !ok {
			t.Fatalf("line %d: %s is no list", line, name)
		}
		got = name + " is the list: " + strings.Join(texts, " | ")
	case strings.HasPrefix(statement, "is the JSON: "):
		value, ok := v.JSON()
		if !ok {
			t.Fatalf("line %d: %s is no JSON", line, name)
		}
		got = name + " is the JSON: " + string(value)
	case strings.HasPrefix(statement, "was received as: "):
		if !v.FromPath() {
			t.Fatalf("line %d: %s is not from the path", line, name)
		}
		got = name + " was received as: " + v.Raw()
	case statement == "is no JSON":
		if _, ok := v.JSON(); !ok {
			got = want
		}
	default:
		got = name + " = " + v.Text()
	}
	if got != wanted {
		t.Errorf("line %d:\n got %q\nwant %q", line, got, wanted)
	}
}

func errorText(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}
