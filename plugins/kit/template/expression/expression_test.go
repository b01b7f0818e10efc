package expression

import (
	"errors"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

type request struct{ *plugintest.Headers }

func (r request) Path() string                { return r.Get(":path") }
func (r request) Method() string              { return r.Get(":method") }
func (r request) Authority() string           { return r.Get(":authority") }
func (r request) Header(name string) []string { return r.Values(name) }
func (r request) Body() []byte                { return []byte(r.Get("body")) }

// evaluate returns the value as JSON, or as text in quotes.
func evaluate(t *testing.T, text, body string) (string, error) {
	t.Helper()
	set, err := parameters.Compile(map[string]string{
		"path": "/{id}", "query.tag": "{tags*?}", "query.n": "{n?}", "body.order": "{order?}",
	})
	if err != nil {
		t.Fatal(err)
	}
	headers := plugintest.NewHeaders(
		[2]string{":method", "POST"}, [2]string{":path", "/42?tag=a&tag=b&q=1+2&bad=%zz&latin=%E9&e=&%71=no"}, [2]string{"x-a", "1"},
		[2]string{"x-a", "2"}, [2]string{"x-empty", ""}, [2]string{"x-latin", "\xe9"}, [2]string{":status", "201"},
		[2]string{"body", `{"order":{"id":7}}`},
	)
	values, err := set.Extract(request{headers})
	if err != nil {
		t.Fatal(err)
	}
	environment := ForAnswer(set)
	expression, err := environment.Compile(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	scope := environment.Begin(Message{Headers: headers, Body: []byte(body), Parameters: values})
	defer scope.End()
	value, err := expression.Value(scope)
	if err != nil || !value.Present() {
		return "", err
	}
	if document, ok := value.JSON(); ok {
		return string(document), nil
	}
	if list, ok := value.List(); ok {
		return strings.Join(list, "|"), nil
	}
	return "'" + value.Text() + "'", nil
}

func TestValues(t *testing.T) {
	const body = `{"a":{"b":[10,{"c":"x"},1.50,12345678901234567890],"empty":"","null":null,"t":true},"a.b":"dotted","list":[1,2,3]}`
	cases := []struct{ name, text, want string }{
		{"a parameter", `id`, `'42'`},
		{"a parameter that is a list", `tags`, `a|b`},
		{"a parameter that is not there", `n`, ``},
		{"a parameter that is JSON", `order.id + 1`, `8`},
		{"a parameter as a number", `int(id) + 1`, `43`},
		{"the method", `method`, `'POST'`},
		{"the path without the query", `path`, `'/42'`},
		{"the status", `status`, `201`},
		{"the status is a number", `status + 1`, `202`},
		{"a header, the first of several", `header("X-A")`, `'1'`},
		{"a header that is not there", `header("x-b")`, ``},
		{"a header that is empty", `header("x-empty")`, `''`},
		{"a query parameter", `query("q")`, `'1 2'`},
		{"a query parameter that is not there", `query("z")`, ``},
		{"a query parameter that is empty", `query("e")`, `''`},
		{"a value in the body as it stands", `body.a.b[2]`, `1.50`},
		{"a number that Go cannot hold", `body.a.b[3]`, `12345678901234567890`},
		{"a deep value", `body.a.b[1].c`, `"x"`},
		{"an object", `body.a.b[1]`, `{"c":"x"}`},
		{"a name with a dot", `body["a.b"]`, `"dotted"`},
		{"nothing on the way", `body.x.y.z`, ``},
		{"nothing on the way, in a computation", `(body.x.y.z ?? 1) + 1`, `2`},
		{"null", `body.a.null`, ``},
		{"an empty text", `body.a.empty`, `""`},
		{"an optional chain", `body?.a?.b?.[0]`, `10`},
		{"the last element", `body.list[-1]`, `3`},
		{"a computed member", `body.a["b"][int("1")]`, `{"c":"x"}`},
		{"a choice", `n ?? header("x-b") ?? id`, `'42'`},
		{"a choice with a constant", `n ?? []`, `[]`},
		{"a choice of maps", `n ?? {}`, `{}`},
		{"a choice with a computation", `n ?? upper("a")`, `'A'`},
		{"a condition", `body.a.t ? "yes" : "no"`, `'yes'`},
		{"a sum", `sum(body.list)`, `6`},
		{"a filter", `filter(body.list, # > 1)`, `[2,3]`},
		{"a map", `{"a": id, "<": body.list}`, `{"<":[1,2,3],"a":"42"}`},
		{"a pipe", `body.list | map(# * 2) | sum()`, `12`},
		{"whole numbers stay whole", `body.list[0] % 2`, `1`},
		{"division", `body.list[0] / 2`, `0.5`},
		{"a variable", `let x = body.list[1]; x * x`, `4`},
		{"what is not chosen is not read", `true ? 1 : xml("//a")`, `1`},
		{"a constant", `"{{"`, `'{{'`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got, err := evaluate(t, c.text, body); err != nil || got != c.want {
				t.Errorf("%s: got %s, %v, want %s", c.text, got, err, c.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	deep := strings.Repeat("<a>", 1001) + strings.Repeat("</a>", 1001)
	cases := []struct {
		name, text, body string
		wantBody         bool
		want             string
	}{
		{"a body that is not JSON", `body.a`, `{"a":1`, true, "not valid JSON at byte"},
		{"a body that is not JSON, in a computation", `body.a + 1`, `{"a":1`, true, "not valid JSON at byte"},
		{"a body that is not JSON where it is not looked at", `body.a`, `{"a":1} x`, true, "not valid JSON at byte"},
		{"a body that is nested too deeply", `body.a`, strings.Repeat("[", 2000) + strings.Repeat("]", 2000), true, "nested too deeply"},
		{"a body that is not UTF-8", `body`, "\"\xff\"", true, "not UTF-8"},
		{"a body that is not XML", `xml("//a")`, `{}`, true, "to be XML"},
		{"an empty body is not XML", `xml("//a")`, ``, true, "to be XML"},
		{"XML with a document type", `xml("//a")`, `<!DOCTYPE a><a/>`, true, "to be XML"},
		{"XML that is nested too deeply", `xml("//a")`, deep, true, "to be XML"},
		{"XML with an unknown prefix", `xml("//a")`, `<s:a/>`, true, "to be XML"},
		{"XML that is no numbers", `xml("sum(//a)")`, `<a>x</a>`, false, "cannot be computed"},
		{"XML with a number that a float64 would round", `xml("number(//a)")`, `<a>9007199254740993</a>`, false, "cannot be computed"},
		{"XML in an encoding that nobody knows", `xml("//a")`, `<?xml version="1.0" encoding="x-unknown"?><a/>`, true, "to be XML"},
		{"XML without numbers", `xml("number(//b)")`, `<a>x</a>`, false, "cannot be computed"},
		{"a broken escape", `query("bad")`, ``, false, "broken percent-escape"},
		{"a query parameter that is not UTF-8", `query("latin")`, ``, false, "not valid UTF-8"},
		{"a header that is not UTF-8", `header("x-latin")`, ``, false, "the header x-latin, which is not valid UTF-8"},
		{"what is not a number", `int("a" + id)`, ``, false, "cannot be computed"},
		{"what cannot be divided", `1 % int(body.n)`, `{"n":0}`, false, "cannot be computed"},
		{"what is nothing", `body.a + 1`, `{}`, false, "cannot be computed"},
		{"an infinite number", `1 / body.n`, `{"n":0}`, false, "cannot be computed"},
		{"bytes that are no text", `fromBase64("/w==")`, ``, false, "cannot be computed"},
		{"a text without end", `repeat("x", 100000000)`, ``, false, "cannot be computed"},
		{"a list without end", `map(1..100000000, #)`, ``, false, "cannot be computed"},
		{"loops in loops", `map(1..5000, map(1..5000, #))`, ``, false, "cannot be computed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := evaluate(t, c.text, c.body)
			var failed *Error
			if !errors.As(err, &failed) || !strings.Contains(failed.Problem, c.want) || failed.Body != c.wantBody {
				t.Errorf("%s: got %s, %v, want %q, for the body %t", c.text, got, err, c.want, c.wantBody)
			}
		})
	}
}

// Names of functions can be names of parameters as well.
func TestParametersNamedLikeFunctions(t *testing.T) {
	for _, name := range []string{"filter", "count", "type", "now", "date", "len", "map", "int", "first", "xml_list", "scope"} {
		t.Run(name, func(t *testing.T) {
			set, err := parameters.Compile(map[string]string{"header.x": "{" + name + "}"})
			if err != nil {
				t.Fatal(err)
			}
			values, err := set.Extract(request{plugintest.NewHeaders([2]string{"x", "value"})})
			if err != nil {
				t.Fatal(err)
			}
			for text, want := range map[string]string{name: "value", "upper(" + name + ")": "VALUE", "len(" + name + ")": "5"} {
				e := ForRequest(set)
				x, err := e.Compile(text)
				if err != nil {
					t.Fatal(err)
				}
				scope := e.Begin(Message{Parameters: values})
				if got, err := x.Value(scope); err != nil || got.Text() != want {
					t.Errorf("%s: got %q, %v, want %q", text, got.Text(), err, want)
				}
				scope.End()
			}
		})
	}
}

// What is read decides what a function costs.
func TestReads(t *testing.T) {
	cases := []struct {
		name, text    string
		body, request bool
	}{
		{"a header", `header("a")`, false, false},
		{"a member of the body", `body.a.b`, true, false},
		{"XML", `upper(xml("//a"))`, true, false},
		{"the path", `path`, false, true},
		{"the query", `query("a") ?? "b"`, false, true},
		{"a constant", `"body.a"`, false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := ForAnswer(nil)
			if _, err := e.Compile(c.text); err != nil {
				t.Fatal(err)
			}
			if e.ReadsBody() != c.body || e.ReadsRequest() != c.request {
				t.Errorf("got %t, %t, want %t, %t", e.ReadsBody(), e.ReadsRequest(), c.body, c.request)
			}
		})
	}
}

// FuzzCompile looks for expressions that crash, when they are compiled or when they are computed.
func FuzzCompile(f *testing.F) {
	for _, text := range []string{
		`body.a[0]?.b ?? header("x")`, `raw(id)`, `map(body, #.a)`, `xml("//a[1]/@b")`, `xml_list("count(//*)")`, `let x = 1; x`,
		`status >= 400 ? body : nil`, `$env`, `query("a") | upper()`, `{"a": [1..3]}`, `body.a(1)`, `header.x`, `xml("a|b[")`,
	} {
		f.Add(text, `{"a":[{"b":1}]}`)
		f.Add(text, `<a><b c="d"/></a>`)
	}
	f.Fuzz(func(_ *testing.T, text, body string) {
		e := ForAnswer(nil)
		x, err := e.Compile(text)
		if err != nil {
			return
		}
		scope := e.Begin(Message{Headers: plugintest.NewHeaders(), Body: []byte(body), Path: "/?a=1", Method: "GET"})
		defer scope.End()
		_, _ = x.Value(scope)
	})
}

func BenchmarkValue(b *testing.B) {
	const body = `{"user":{"name":"Ada","age":36},"tags":["a","b"]}`
	headers := plugintest.NewHeaders([2]string{"x-a", "1"})
	for _, text := range []string{`header("x-a")`, `header("x-b") ?? "none"`, `upper(header("x-a"))`, `body.user.name`, `body.user.age + 1`, `map(body.tags, upper(#))`} {
		b.Run(text, func(b *testing.B) {
			e := ForRequest(nil)
			x, err := e.Compile(text)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				scope := e.Begin(Message{Headers: headers, Body: []byte(body)})
				_, _ = x.Value(scope)
				scope.End()
			}
		})
	}
}
