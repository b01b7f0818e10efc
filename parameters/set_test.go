package parameters

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/funcroute/funcroute/jsontext"
)

func mustCompile(t testing.TB, templates map[string]string) *Set {
	t.Helper()
	s, err := Compile(templates)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustExtract(t testing.TB, s *Set, src Source) Values {
	t.Helper()
	v, err := s.Extract(src)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEmptySet(t *testing.T) {
	sets := map[string]*Set{
		"nil":                  nil,
		"compiled from nil":    mustCompile(t, nil),
		"compiled from no map": mustCompile(t, map[string]string{}),
	}
	for name, s := range sets {
		t.Run(name, func(t *testing.T) {
			v := mustExtract(t, s, &testRequest{path: "/%zz"})
			if v.Len() != 0 || s.NeedsBody() || len(s.Names()) != 0 || s.PathTemplate() != "" {
				t.Errorf("got %d values, needs body: %t, names %v, path %q", v.Len(), s.NeedsBody(), s.Names(), s.PathTemplate())
			}
			if _, ok := s.Index("id"); ok {
				t.Error("it knows a name")
			}
			if _, ok := v.Get("id"); ok {
				t.Error("it has a value")
			}
		})
	}
}

func TestZeroValues(t *testing.T) {
	var v Values
	if _, ok := v.Get("id"); ok || v.Len() != 0 || v.At(0).Present() || v.At(-1).Present() {
		t.Error("the zero Values has a value")
	}
	for range v.All() {
		t.Error("the zero Values ranges over something")
	}
	var absent Value
	_, isList := absent.List()
	_, isJSON := absent.JSON()
	if absent.Present() || absent.Text() != "" || absent.Raw() != "" || absent.FromPath() || isList || isJSON {
		t.Error("the zero Value is not absent")
	}
}

func TestNamesAreInAlphabeticalOrder(t *testing.T) {
	s := mustCompile(t, map[string]string{"path": "/{zone}/{area}", "query.q": "{mid?}", "method": "{_verb}"})
	want := []string{"_verb", "area", "mid", "zone"}
	if got := s.Names(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for i, name := range want {
		if got, ok := s.Index(name); !ok || got != i {
			t.Errorf("index of %s: got %d, %t, want %d", name, got, ok, i)
		}
	}
	if got := s.PathTemplate(); got != "/{zone}/{area}" {
		t.Errorf("path template: got %q", got)
	}

	v := mustExtract(t, s, &testRequest{method: "GET", path: "/eu/west"})
	var got []string
	for name, value := range v.All() {
		got = append(got, name+"="+value.Text())
	}
	if want := []string{"_verb=GET", "area=west", "mid=", "zone=eu"}; !slices.Equal(got, want) {
		t.Errorf("all: got %v, want %v", got, want)
	}
	if v.Len() != 4 || v.At(3).Text() != "eu" {
		t.Errorf("got %d values, the last one %q", v.Len(), v.At(3).Text())
	}
	if _, ok := v.Get("mid"); ok {
		t.Error("an absent value was reported as given")
	}
	for range v.All() {
		break
	}
}

func TestNeedsBody(t *testing.T) {
	for template, want := range map[string]bool{
		"path": false, "query.a": false, "header.a": false, "cookie.a": false, "method": false, "authority": false,
		"form.a": true, "body.a": true,
	} {
		text := "{a?}"
		if template == "path" {
			text = "/{a?}"
		}
		if got := mustCompile(t, map[string]string{template: text}).NeedsBody(); got != want {
			t.Errorf("%s: got %t, want %t", template, got, want)
		}
	}
}

func TestMethodsOfTheSource(t *testing.T) {
	t.Run("a condition on the body reads it", func(t *testing.T) {
		s := mustCompile(t, map[string]string{"body.kind": "order"})
		if !s.NeedsBody() {
			t.Error("the body is not asked for")
		}
	})
	t.Run("names of queries and fields may hold any character", func(t *testing.T) {
		s := mustCompile(t, map[string]string{"query.first name": "{a}", "form.a=b&c": "{b}"})
		v := mustExtract(t, s, &testRequest{
			path:    "/?first+name=1",
			headers: map[string][]string{"content-type": {"application/x-www-form-urlencoded"}},
			body:    []byte("a%3Db%26c=2"),
		})
		if got := v.At(0).Text() + v.At(1).Text(); got != "12" {
			t.Errorf("got %s", got)
		}
	})
}

// TestErrorsNeverEcho sends a marker from everywhere and makes everything fail.
func TestErrorsNeverEcho(t *testing.T) {
	const marker = "zqmarkerqz"
	src := func(suffix string) *testRequest {
		value := marker + suffix
		return &testRequest{
			method: value, path: "/" + value + "?a=" + value + "&b=" + value, authority: value,
			headers: map[string][]string{
				"x": {value, value}, "cookie": {"a=" + value},
				"content-type": {"application/x-www-form-urlencoded; x=" + value},
			},
			body: []byte("a=" + value),
		}
	}
	keys := []string{"path", "query.a", "header.x", "cookie.a", "form.a", "body.a", "authority", "method"}
	for _, key := range keys {
		for _, suffix := range []string{"", "\xff", "\x00", "%zz", "%ff"} {
			for _, template := range []string{"no", "no{id}", "/{id}/x/{more}", "{id*}", "/{id}", "{id}"} {
				s, err := Compile(map[string]string{key: template})
				if err != nil {
					continue
				}
				if _, err = s.Extract(src(suffix)); err != nil && strings.Contains(err.Error(), marker) {
					t.Errorf("%s %q: %v", key, template, err)
				}
			}
		}
	}
}

func TestTooDeeplyNested(t *testing.T) {
	s := mustCompile(t, map[string]string{"body.a": "{a?}"})
	nested := func(depth int) *testRequest {
		return &testRequest{body: []byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))}
	}
	mustExtract(t, s, nested(jsontext.MaxDepth))
	for _, depth := range []int{jsontext.MaxDepth + 1, 1 << 20} {
		_, err := s.Extract(nested(depth))
		var e *Error
		if !errors.As(err, &e) || !e.Body || e.Problem != problemTooDeep {
			t.Errorf("%d levels: got %v", depth, err)
		}
	}
}

// TestTimeIsLinear feeds what makes careless matchers slow. With quadratic time these would take longer than a test may,
// with exponential time none would end.
func TestTimeIsLinear(t *testing.T) {
	const n = 1 << 20
	as, slashes, dots := strings.Repeat("a", n), strings.Repeat("/", n), strings.Repeat(".", n)
	cases := map[string]struct {
		templates map[string]string
		src       *testRequest
	}{
		"many captures in a segment": {
			map[string]string{"path": "/{a}.{b}.{c}.{d}.{e}.{f}.{g}.{h}.{i}x"}, &testRequest{path: "/" + dots},
		},
		"literals that begin alike": {
			map[string]string{"path": "/{a}aab{b}aab{c}aab{d}"}, &testRequest{path: "/" + as},
		},
		"several segments several times": {
			map[string]string{"path": "/{+a}a{b}a{+c}a{d}a{+e}a{f}b"}, &testRequest{path: "/" + as},
		},
		"several segments, only slashes": {
			map[string]string{"path": "/{+a}/{+b}/{+c}/{+d}/x"}, &testRequest{path: slashes},
		},
		"false starts": {
			map[string]string{"path": "/{+a}a{b}/x{+c}"}, &testRequest{path: "/" + strings.Repeat("aaa/", n/4)},
		},
		"false starts in one segment": {
			map[string]string{"path": "/{+a}a{b}b{c}c{+d}"}, &testRequest{path: "/" + as},
		},
		"false starts over several segments": {
			map[string]string{"path": "/{+a}/{b}/{c}/{d}x/{+e}"}, &testRequest{path: strings.Repeat("/a", n/2)},
		},
		"escapes": {
			map[string]string{"path": "/{+a}/{b}"}, &testRequest{path: "/" + strings.Repeat("%2F%41", n/6) + "/x"},
		},
		"many query parameters": {
			map[string]string{"query.a": "{a?}", "query.b": "{b*?}", "query.c": "{c*}"},
			&testRequest{path: "/?" + strings.Repeat("c=1&", n/4)},
		},
		"many placeholders in a query": {
			map[string]string{"query.q": "{a}a{b}a{c}a{d}b"}, &testRequest{path: "/?q=" + as},
		},
		"many cookies": {
			map[string]string{"cookie.a": "{a?}", "cookie.b": "{b*}"},
			&testRequest{headers: map[string][]string{"cookie": {strings.Repeat("b=1; ", n/5)}}},
		},
		"a long array": {
			map[string]string{"body.a": "{a*}", "body.b/999": "{b?}"},
			&testRequest{body: []byte(`{"a":[` + strings.Repeat("1,", n/2) + `1]}`)},
		},
		"repeated members": {
			map[string]string{"body.a": "{a*}"},
			&testRequest{body: []byte(`{` + strings.Repeat(`"a":1,`, n/6) + `"a":1}`)},
		},
		"escaped names": {
			map[string]string{"body.a": "{a}"},
			&testRequest{body: []byte(`{` + strings.Repeat(`"\u0061":1,`, n/11) + `"a":1}`)},
		},
		"a deep array": {
			map[string]string{"body.a": "{a?}"}, &testRequest{body: []byte(strings.Repeat("[", n))},
		},
		"many fields": {
			map[string]string{"form.a": "{a*}"},
			&testRequest{
				headers: map[string][]string{"content-type": {"multipart/form-data; boundary=b"}},
				body: []byte(strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n", n/58) +
					"--b--\r\n"),
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, _ = mustCompile(t, c.templates).Extract(c.src)
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	s := mustCompile(t, map[string]string{"path": "/{a}/{b=x}", "body.c": "{c*}", "authority": "{d}.e"})
	text, err := CompileText("{a}{b}{c}{d}", s)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 100 {
				v, err := s.Extract(&testRequest{path: "/1", authority: "4.E", body: []byte(`{"c":[3,null]}`)})
				if err != nil {
					t.Error(err)
					return
				}
				if got, _ := text.Expand(v); got != "1x34" {
					t.Errorf("got %s", got)
				}
			}
		})
	}
	wait.Wait()
}
