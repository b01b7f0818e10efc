package queue

import (
	"strings"
	"testing"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// dotted is a rule like that of NATS, with everything in it.
var dotted = Rule{
	What: "the address", Separator: ".", Forbidden: "*> ", Longest: 40,
	Reserved: func(text string) bool { return strings.HasPrefix(text, "$") },
}

func TestCompileText(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"a constant", "a.b", ""},
		{"parameters", "a.{x}.{+y}-{body.id}", ""},
		{"the reserved part, by the operator", "$JS.{x}", ""},
		{"nothing", "", "the address is empty"},
		{"a wildcard", "a.*", "the address holds '*', which cannot stand there"},
		{"an empty part", "a..b", `the address has an empty part before, between or after its "."`},
		{"an empty part at the end", "a.", `the address has an empty part before, between or after its "."`},
		{"too long", strings.Repeat("a", 41), "the address is longer than 40 bytes"},
		{"a control character", "a\x01", "the address holds a control character"},
		{"an unknown parameter", "{z}", `the address: {z}: there is no parameter "z"; there are path, method, body, header(…), query(…), xml(…) and the parameters x, y`},
		{"an expression", "{{ x }}", `the address: {{ x }: a parameter is {name} or {+name}`},
		{"an open brace", "a{x", `the address: the brace that begins "{x" belongs to none; a parameter is {name} or {+name}`},
		{"a closing brace", "a}", `the address: the brace that begins "}" belongs to none; a parameter is {name} or {+name}`},
		{"another operator", "{/x}", "the address: {/x}: a parameter is {name} or {+name}"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := CompileText(c.text, dotted, expression.ForRequest(set(t, map[string]string{"query.x": "{x?}", "query.y": "{y?}"})))
			if got := textOf(err); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestExpand(t *testing.T) {
	cases := []struct{ name, text, x, want, problem string }{
		{"a value", "a.{x}.b", "v", "a.v.b", ""},
		{"a value within a part", "a-{x}", "v", "a-v", ""},
		{"several parts", "a.{+x}", "v.w", "a.v.w", ""},
		{"several parts where one is wanted", "a.{x}", "v.w", "", "would make several parts of one"},
		{"no value", "a.{x}", "", "", "has no value"},
		{"a wildcard", "a.{x}", "*", "", "cannot stand there"},
		{"a wildcard among several", "a.{+x}", "v.>", "", "cannot stand there"},
		{"white space", "a.{x}", "v w", "", "cannot stand there"},
		{"a line", "a.{x}", "v\r\nPUB b 0", "", "cannot stand there"},
		{"a control character", "a.{x}", "v\x00", "", "control character"},
		{"an empty part", "a.{+x}", "v..w", "", "empty part"},
		{"an empty part at the end", "a.{+x}", "v.", "", "empty part"},
		{"an empty part at the beginning", "{+x}.a", ".v", "", "empty part"},
		{"too long", "a.{x}", strings.Repeat("v", 40), "", "longer than 40 bytes"},
		{"a reserved beginning", "{x}.a", "$SYS", "", "is reserved"},
		{"a reserved beginning in parts", "${x}.a", "SYS", "", "is reserved"},
		{"a reserved beginning of the operator's", "$SYS.{x}", "a", "$SYS.a", ""},
		{"beyond ASCII", "a.{x}", "größe", "a.größe", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := expand(t, c.text, c.x)
			if got != c.want || !strings.Contains(textOf(err), c.problem) || (err != nil) != (c.problem != "") {
				t.Errorf("got %q, %v, want %q and an error with %q", got, err, c.want, c.problem)
			}
		})
	}
}

// FuzzExpand looks for values by which an address becomes one of other parts than its target has.
func FuzzExpand(f *testing.F) {
	for _, seed := range []string{"v", "v.w", "", "*", ">", "a b", "a\r\nb", "..", ".", "$SYS", "\x00", "\xff", strings.Repeat("v", 50)} {
		f.Add(seed)
	}
	environment := expression.ForRequest(set(f, map[string]string{"query.x": "{x?}"}))
	one, err := CompileText("a.{x}.b", dotted, environment)
	if err != nil {
		f.Fatal(err)
	}
	several, err := CompileText("{+x}.b", dotted, environment)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, x string) {
		scope := environment.Begin(expression.Message{Parameters: valuesOf(t, map[string]string{"query.x": "{x?}"}, x)})
		defer scope.End()
		for _, text := range []*Text{one, several} {
			got, err := text.Expand(scope)
			if err != nil {
				continue
			}
			parts := strings.Split(got, ".")
			if strings.ContainsAny(got, "*> \r\n\t\x00") || strings.HasPrefix(got, "$") || len(got) > 40 || parts[len(parts)-1] != "b" {
				t.Errorf("%q has become %q", x, got)
			}
			for _, part := range parts {
				if part == "" {
					t.Errorf("%q has become %q, which has an empty part", x, got)
				}
			}
			if text == one && (len(parts) != 3 || parts[1] != x) {
				t.Errorf("%q has become %q", x, got)
			}
		}
	})
}

func expand(t *testing.T, text, x string) (string, error) {
	t.Helper()
	environment := expression.ForRequest(set(t, map[string]string{"query.x": "{x?}"}))
	compiled, err := CompileText(text, dotted, environment)
	if err != nil {
		t.Fatal(err)
	}
	scope := environment.Begin(expression.Message{Parameters: valuesOf(t, map[string]string{"query.x": "{x?}"}, x)})
	defer scope.End()
	return compiled.Expand(scope)
}

func set(t testing.TB, templates map[string]string) *parameters.Set {
	t.Helper()
	s, err := parameters.Compile(templates)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valuesOf are those of a request whose query has x.
func valuesOf(t testing.TB, templates map[string]string, x string) parameters.Values {
	t.Helper()
	found, err := set(t, templates).Extract(query(x))
	if err != nil {
		t.Skip("no client can send it")
	}
	return found
}

// query is a request whose query has x.
type query string

var _ parameters.Source = query("")

func (q query) Path() string {
	var escaped strings.Builder
	for i := range len(q) {
		escaped.WriteString("%" + string("0123456789ABCDEF"[q[i]>>4]) + string("0123456789ABCDEF"[q[i]&15]))
	}
	return "/?x=" + escaped.String()
}
func (query) Method() string         { return "POST" }
func (query) Authority() string      { return "" }
func (query) Header(string) []string { return nil }
func (query) Body() []byte           { return nil }

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// request is one with these headers, a name and a value in turn, and this body.
func request(body string, headers ...string) *plugins.Request {
	var list [][2]string
	for i := 0; i < len(headers); i += 2 {
		list = append(list, [2]string{headers[i], headers[i+1]})
	}
	return plugins.NewRequest(plugintest.NewHeaders(list...), plugintest.Connection{}, []byte(body))
}
