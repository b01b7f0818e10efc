package parameters

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/funcroute/funcroute/httptext"
)

// FuzzCompile looks for templates that crash, and for sets and errors that break what is promised of them.
func FuzzCompile(f *testing.F) {
	for _, seed := range [][3]string{
		{"path", "/images/{id}", "/images/7?x=1"},
		{"path", "/{+a}/x/{b=7}", "/a/b/x/"},
		{"path", "/{+a}/x/{+b?}", "/a%2F/x"},
		{"query.size", "{w}x{h?}", "/?size=1x2"},
		{"query.tag", "{tags*?}", "/?tag=a&tag"},
		{"header.x-a", "{{{a}}}", "{x}"},
		{"cookie.a", "{a}", "a=1; b"},
		{"form.a", "{a}", "a=1&a=%zz"},
		{"body.a/0", "{a*}", `{"a":[[1,null]]}`},
		{"body.a", "{a=[]}", `{"a":1}`},
		{"authority", "{a}.b", "x.B:80"},
		{"method", "{{ a }}", "GET"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, key, template, request string) {
		s, err := Compile(map[string]string{key: template})
		if err != nil {
			if !strings.HasPrefix(err.Error(), "funcroute.parameters "+strconv.Quote(key)+": ") {
				t.Fatalf("%v does not name its key", err)
			}
			return
		}
		for _, name := range s.Names() {
			if nameLength(name) != len(name) || name == "" || slices.Contains(builtIn[:], name) {
				t.Fatalf("%q is no legal name", name)
			}
		}
		value := []string{request, request}
		for _, contentType := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=b"} {
			v, err := s.Extract(&testRequest{
				method: request, path: request, authority: request, body: []byte(request),
				headers: map[string][]string{"x-a": value, "cookie": value, "content-type": {contentType}},
			})
			checkResult(t, s, v, err)
		}
		if text, err := CompileTextWithGaps(template, s); err == nil {
			_, _ = text.Expand(Values{})
		}
		if text, err := CompileText(template, s); err == nil {
			_, _ = text.Expand(Values{})
		}
	})
}

// checkResult checks what is promised of all results.
func checkResult(t *testing.T, s *Set, v Values, err error) {
	t.Helper()
	if err != nil {
		var e *Error
		if !errors.As(err, &e) || e.Source == "" || e.Problem == "" {
			t.Fatalf("%#v is no complete error", err)
		}
		return
	}
	for name, value := range v.All() {
		if !utf8.ValidString(value.Text()) {
			t.Fatalf("%s is not valid UTF-8", name)
		}
		if s.body == nil && strings.Contains(value.Text(), "\x00") {
			t.Fatalf("%s holds a NUL", name)
		}
		if s.path == nil && len(s.queries) == 0 && !s.NeedsBody() && strings.ContainsAny(value.Text(), "\r\n") {
			t.Fatalf("%s holds a line break", name)
		}
		if raw, err := url.PathUnescape(value.Raw()); value.FromPath() && (err != nil || raw != value.Text()) {
			t.Fatalf("%s: %q was not received as %q", name, value.Text(), value.Raw())
		}
		if value, ok := value.JSON(); ok && !json.Valid(value) {
			t.Fatalf("%s is not valid JSON", name)
		}
	}
}

// FuzzExtractPath puts what was extracted back into the template, which must give the path that was received, and
// compares the matcher with package regexp.
func FuzzExtractPath(f *testing.F) {
	for _, seed := range [][2]string{
		{"/images/{id}", "/images/7"},
		{"/a b/{name}.{ext}", "/a%20b/x.tar.gz?y"},
		{"/{+project}/-/blob/{ref}/{+file}", "/a/b/-/blob/main/x%2Fy/z"},
		{"/{+x}/k{n}/y/{+b}", "/a/k1/x/k22/y/z"},
		{"/{a}/{b?}", "/x/"},
		{"/files/{+rest=a/b c}", "/files"},
		{"/{a}x/y{b}", "/abc-x/y-z"},
		{"/%7e{{{a}}}", "/~%7B%C3%BC}"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, template, target string) {
		s, err := Compile(map[string]string{"path": template})
		if err != nil {
			return
		}
		path, _, _ := strings.Cut(target, "?")
		decoded, problem := decodePath(path)
		tokens, _ := parse(template, form{})
		if err := checkPath(template, tokens); err != nil {
			t.Fatal(err)
		}
		if problem == "" {
			comparePattern(t, tokens, true, decoded)
		}
		v, err := s.Extract(&testRequest{path: target})
		checkResult(t, s, v, err)
		if err != nil {
			return
		}
		if problem != "" {
			t.Fatalf("%q was taken although it %s", path, problem)
		}
		var again strings.Builder
		absent := false
		for i := range tokens {
			token := &tokens[i]
			if token.name == "" {
				again.WriteString(strings.ReplaceAll(url.PathEscape(token.literal), "%2F", "/"))
				continue
			}
			value, present := v.Get(token.name)
			// Of a default one cannot tell whether it was received. Then the path does not hold it.
			absent = !present || token.hasDefault && !strings.HasSuffix(path, value.Raw())
			if !absent {
				again.WriteString(value.Raw())
			}
		}
		same := func(path string) bool {
			other, problem := decodePath(strings.ReplaceAll(path, "%00", "%2F"))
			return problem == "" && other == decoded
		}
		got := again.String()
		last := &tokens[len(tokens)-1]
		standard, _ := strings.CutSuffix(got, httptext.Encode(last.standard, httptext.Unreserved))
		switch {
		case same(got):
		case absent && same(strings.TrimSuffix(got, "/")):
		case last.hasDefault && (same(standard) || same(strings.TrimSuffix(standard, "/"))):
		default:
			t.Fatalf("%q against %q gives %q again", path, template, got)
		}
	})
}

// FuzzQuery compares with net/url. The rules differ where pairs are broken, and for semicolons, which net/url refuses.
func FuzzQuery(f *testing.F) {
	for _, seed := range [][2]string{
		{"a=1&b=2", "a"},
		{"a+b=%20x&a%2bb=y&=z&&a", "a b"},
		{"tag=a&tag=&tag=b%2Cc&tag", "tag"},
		{"ids[]=1&ids%5B%5D=2", "ids[]"},
		{"a==1&a=b=c", "a"},
		{"gr%C3%B6%C3%9Fe=7", "größe"},
		{"a=%ff&b=%0a", "a"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, query, name string) {
		if name == "" {
			return
		}
		pairs, err := url.ParseQuery(query)
		if err != nil || strings.Contains(query, ";") {
			pairs = nil
		}
		for _, template := range []string{"{x?}", "{x*?}"} {
			s := mustCompile(t, map[string]string{"query." + name: template})
			v, err := s.Extract(&testRequest{path: "/a?" + query})
			checkResult(t, s, v, err)
			if pairs == nil {
				continue
			}
			want := pairs[name]
			if template == "{x?}" {
				want = want[:min(len(want), 1)]
			}
			want = slices.DeleteFunc(slices.Clone(want), func(s string) bool { return s == "" })
			bad := slices.ContainsFunc(want, func(s string) bool {
				return !utf8.ValidString(s) || strings.Contains(s, "\x00")
			})
			if bad != (err != nil) {
				t.Fatalf("%s in %q: got error %v, want one: %t", name, query, err, bad)
			}
			if err != nil {
				continue
			}
			got, isList := v.At(0).List()
			if v.At(0).Present() && !isList {
				got = []string{v.At(0).Text()}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s in %q: got %q, want %q", name, query, got, want)
			}
		}
	})
}

// FuzzBodyPointer compares with encoding/json.
func FuzzBodyPointer(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"name":"Ann"}`, "name"},
		{`{"a":{"b":[1,{"c":"\u00fc\ud83d\ude00\ud800"}]}}`, "a/b/1/c"},
		{`{"a/b":1,"m~n":[null,"",0],"":{"":-1.5e+07}}`, "m~0n"},
		{`{"a":{"b":1},"a":{"c":2}}`, "a/b"},
		{` [true , false , null , "x" ] `, "3"},
		{`{"\u0061":{"x": [ ] , "y" : { } }}`, "a"},
		{`{"a":01}`, "a"},
		{`{"a":"` + "\xff" + `"}`, "a"},
	} {
		f.Add([]byte(seed[0]), seed[1])
	}
	f.Fuzz(func(t *testing.T, body []byte, pointer string) {
		s, err := Compile(map[string]string{"body." + pointer: "{x?}"})
		if err != nil {
			return
		}
		before := bytes.Clone(body)
		v, err := s.Extract(&testRequest{body: body})
		checkResult(t, s, v, err)
		if !bytes.Equal(before, body) {
			t.Fatal("the body was changed")
		}
		if len(body) == 0 {
			if err != nil || v.At(0).Present() {
				t.Fatalf("an empty body: got %v", err)
			}
			return
		}
		valid := json.Valid(body) && utf8.Valid(body)
		if valid != (err == nil) {
			if strings.Contains(errorText(err), problemTooDeep) {
				return
			}
			t.Fatalf("valid: %t, got %v", valid, err)
		}
		if err != nil {
			return
		}
		want := point(t, decode(t, body), strings.Split(pointer, "/"))
		if want == nil || want == "" {
			if v.At(0).Present() {
				t.Fatalf("got %q, want nothing", v.At(0).Text())
			}
			return
		}
		raw, ok := v.At(0).JSON()
		if got := decode(t, raw); !ok || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %#v, want %#v", got, want)
		}
		checkText(t, v.At(0), raw, want)

		values := mustExtract(t, mustCompile(t, map[string]string{"body." + pointer: "{x*?}"}), &testRequest{body: body})
		checkElements(t, values.At(0), want)
	})
}

// checkText compares the text of a JSON value with what encoding/json makes of it.
func checkText(t *testing.T, v Value, raw []byte, want any) {
	t.Helper()
	var text string
	switch want := want.(type) {
	case string:
		text = want
	case map[string]any, []any:
		var out bytes.Buffer
		if err := json.Compact(&out, raw); err != nil {
			t.Fatal(err)
		}
		text = out.String()
	default:
		text = string(raw)
	}
	if got := v.Text(); got != text {
		t.Fatalf("text: got %q, want %q", got, text)
	}
}

// checkElements compares a list with what encoding/json makes of it.
func checkElements(t *testing.T, v Value, want any) {
	t.Helper()
	elements, isArray := want.([]any)
	if !isArray {
		elements = []any{want}
	}
	elements = slices.DeleteFunc(slices.Clone(elements), func(e any) bool { return e == nil || e == "" })
	texts, ok := v.List()
	if ok != (len(elements) > 0) || len(texts) != len(elements) {
		t.Fatalf("list: got %q, want %v", texts, elements)
	}
	if !ok {
		return
	}
	raw, _ := v.JSON()
	if got := decode(t, raw); !reflect.DeepEqual(got, elements) {
		t.Fatalf("list: got %v, want %v", got, elements)
	}
}

func decode(t *testing.T, document []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%q: %v", document, err)
	}
	return value
}

// point is JSON Pointer, naively.
func point(t *testing.T, value any, names []string) any {
	t.Helper()
	for _, name := range names {
		name = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
		switch container := value.(type) {
		case map[string]any:
			value = container[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || strconv.Itoa(i) != name || i < 0 || i >= len(container) {
				return nil
			}
			value = container[i]
		default:
			return nil
		}
	}
	return value
}
