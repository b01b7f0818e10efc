package httptext

import (
	"fmt"
	"mime"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"
)

func TestNames(t *testing.T) {
	cases := []struct {
		text                        string
		token, fieldName, authority bool
	}{
		{"", false, false, false},
		{"x-user", true, true, true},
		{"X-User", true, false, true},
		{"a_b.c~d", true, true, true},
		{"!#$%&'*+-.^_`|~", true, true, false},
		{"a b", false, false, false},
		{"a\tb", false, false, false},
		{"a:b", false, false, true},
		{"[::1]:8080", false, false, true},
		{"user@host", false, false, false},
		{"host/path", false, false, false},
		{"host?query", false, false, false},
		{"host#x", true, true, false},
		{`host\path`, false, false, false},
		{"host%00", true, true, false},
		{"ü", false, false, false},
		{"a\x00", false, false, false},
		{"a\x7f", false, false, false},
		{"\xff", false, false, false},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			if got := IsToken(c.text); got != c.token {
				t.Errorf("token: got %t, want %t", got, c.token)
			}
			if got := IsFieldName(c.text); got != c.fieldName {
				t.Errorf("field name: got %t, want %t", got, c.fieldName)
			}
			if got := IsAuthority(c.text); got != c.authority {
				t.Errorf("authority: got %t, want %t", got, c.authority)
			}
		})
	}
}

func TestControlByte(t *testing.T) {
	for text, want := range map[string]int{
		"": -1, "a b\tc": -1, "ü\x80\xff": -1, "a\nb": 1, "\r": 0, "ab\x00": 2, "a\x7f": 1, "\x1f": 0,
	} {
		if got := ControlByte(text); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
		if got := ControlByte([]byte(text)); got != want {
			t.Errorf("bytes of %q: got %d, want %d", text, got, want)
		}
	}
}

func TestMediaType(t *testing.T) {
	cases := []struct {
		contentType, kind, subtype string
		ok                         bool
	}{
		{"text/html", "text", "html", true},
		{" Text/HTML \t; charset=utf-8", "Text", "HTML", true},
		{"application/problem+json;x=\"a/b\"", "application", "problem+json", true},
		{"text", "text", "", false},
		{"", "", "", false},
		{";a/b", "", "", false},
		{"/", "", "", true},
		{"a/b/c", "a", "b/c", true},
	}
	for _, c := range cases {
		if kind, subtype, ok := MediaType(c.contentType); kind != c.kind || subtype != c.subtype || ok != c.ok {
			t.Errorf("%q: got %q, %q, %t, want %q, %q, %t", c.contentType, kind, subtype, ok, c.kind, c.subtype, c.ok)
		}
	}
}

func TestEncode(t *testing.T) {
	cases := []struct {
		set        Set
		text, want string
	}{
		{Unreserved, "", ""},
		{Unreserved, "aZ09-._~", "aZ09-._~"},
		{Unreserved, "a b/c%ü\x00", "a%20b%2Fc%25%C3%BC%00"},
		{Unreserved | Slash, "a b/c", "a%20b/c"},
		{Unreserved | Reserved, ":/?#[]@!$&'()*+,;=% ", ":/?#[]@!$&'()*+,;=%25%20"},
		{Path, "/a:b@c?#[]%", "/a:b@c%3F%23%5B%5D%25"},
		{Query, "/?#[]", "/?%23%5B%5D"},
		{Query | Percent, "/a%20b c", "/a%20b%20c"},
		{QueryValue, ":/?@!$'()*=&+,;#", ":/?@!$'()*=%26%2B%2C%3B%23"},
		{RegName, "a:b@c!", "a%3Ab%40c!"},
		{UserInfo, "a:b@c", "a:b%40c"},
		{EventAttribute, `Euro € "100%"\`, `Euro%20%E2%82%AC%20%22100%25%22\`},
	}
	for _, c := range cases {
		if got := Encode(c.text, c.set); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
	if got, want := string(AppendForm([]byte("a="), "a b+c~*-._ü")), "a=a+b%2Bc%7E*-._%C3%BC"; got != want {
		t.Errorf("form: got %q, want %q", got, want)
	}
}

func TestDecode(t *testing.T) {
	cases := []struct{ text, plain, spaces string }{
		{"", "", ""},
		{"abc", "abc", "abc"},
		{"a+b", "a+b", "a b"},
		{"a%20b+c", "a b+c", "a b c"},
		{"+%2B", "++", " +"},
		{"%2520", "%20", "%20"},
		{"100%", "100%", "100%"},
		{"%zz%4+%", "%zz%4+%", "%zz%4 %"},
		{"%%41%e2%82%AC", "%A€", "%A€"},
		{"%00%ff", "\x00\xff", "\x00\xff"},
	}
	for _, c := range cases {
		if got := Decode(c.text, false); got != c.plain {
			t.Errorf("%q: got %q, want %q", c.text, got, c.plain)
		}
		if got := Decode(c.text, true); got != c.spaces {
			t.Errorf("%q with spaces: got %q, want %q", c.text, got, c.spaces)
		}
	}
}

func TestDotSegment(t *testing.T) {
	for path, want := range map[string]string{
		"":                 "",
		"/":                "",
		"/a/b":             "",
		".":                ".",
		"..":               "..",
		"/.":               ".",
		"/..":              "..",
		"/a/./b":           ".",
		"/a/../b":          "..",
		"a/..":             "..",
		"/a/%2e":           "%2e",
		"/a/%2E/b":         "%2E",
		"/a/%2e%2e/b":      "%2e%2e",
		"/a/%2E%2E/b":      "%2E%2E",
		"/a/%2e%2E/b":      "%2e%2E",
		"/a/.%2e/b":        ".%2e",
		"/a/.%2E/b":        ".%2E",
		"/a/%2e./b":        "%2e.",
		"/a/%2E.":          "%2E.",
		"/a/..?x=1":        "..",
		"/a/%2e%2e?x=1":    "%2e%2e",
		"/a/..#x":          "..",
		"/a/..;a=b/c":      "..",
		"/a/%2e%2e;a=b/c":  "%2e%2e",
		"/a/.;/b":          ".",
		"/a?x=/../b":       "",
		"/a#/../b":         "",
		"/a/...":           "",
		"/a/.../b":         "",
		"/a/%2e%2e%2e/b":   "",
		"/a/..b/c":         "",
		"/a/b../c":         "",
		"/a/.b":            "",
		"/a/%2eb":          "",
		"/a/%2f/b":         "",
		"/a/%252e%252e/b":  "", // It stands for "%2e%2e".
		"/a/%2":            "",
		"/a/.%":            "",
		"/a/b;c/../d":      "..",
		"//..":             "..",
		"/a/%2e%2e%2f../b": "",
		"/\u2024\u2024/":   "",
		"/a/.../../b":      "..",
	} {
		if got := DotSegment(path); got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
		if got := DotSegment([]byte(path)); string(got) != want {
			t.Errorf("bytes of %q: got %q, want %q", path, got, want)
		}
	}
}

func TestQueryName(t *testing.T) {
	cases := []struct {
		pair, name string
		ok         bool
	}{
		{"", "", false},
		{"a", "a", true},
		{"a=b=c", "a", true},
		{"=b", "", true},
		{"a%20b+c=d", "a b c", true},
		{"a%zz=b", "a%zz", false},
		{"a=%zz", "a", true},
	}
	for _, c := range cases {
		if name, ok := QueryName(c.pair); name != c.name || ok != c.ok {
			t.Errorf("%q: got %q, %t, want %q, %t", c.pair, name, ok, c.name, c.ok)
		}
	}
}

var (
	dotSegment = regexp.MustCompile(`^(?:[^?#]*/)?((?:\.|%2[eE]){1,2})(?:[/?#;]|$)`)
	authority  = regexp.MustCompile(`^[-._~:\[\]A-Za-z0-9]+$`)
	fieldName  = regexp.MustCompile("^[-!#$%&'*+.^_`|~a-z0-9]+$")
)

// FuzzTexts compares with net/url, mime, httpguts and regular expressions.
func FuzzTexts(f *testing.F) {
	for _, seed := range []string{
		"", "token", "X-Y", "a b\tc", "host:80", "[::1]", "/a/%2e%2E;x/..", "/.%2e?/", "a%zz+%41=b", "ü\x00\x7f\xff", "text/html; charset=x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		same := func(what string, got, want any) {
			t.Helper()
			if got != want {
				t.Errorf("%s of %q: got %#v, want %#v", what, text, got, want)
			}
		}
		same("token", IsToken(text), httpguts.ValidHeaderFieldName(text))
		same("field value", ControlByte(text) < 0, httpguts.ValidHeaderFieldValue(text))
		same("field name", IsFieldName(text), fieldName.MatchString(text))
		same("authority", IsAuthority(text), authority.MatchString(text))
		same("dot segment", DotSegment(text) != "", dotSegment.MatchString(text))
		same("dot segment of bytes", string(DotSegment([]byte(text))), DotSegment(text))

		encoded := Encode(text, Unreserved)
		same("encoding", encoded, strings.ReplaceAll(url.QueryEscape(text), "+", "%20"))
		same("length", EncodedLength(text, Unreserved), len(encoded))
		same("decoding", Decode(encoded, true), text)
		for set := Unreserved; set <= Slash; set <<= 1 {
			if set != Token && set != FieldName { // They hold the percent sign.
				same(fmt.Sprintf("set %b", set), Decode(Encode(text, set), false), text)
			}
		}
		same("form", strings.NewReplacer("%7E", "~", "*", "%2A").Replace(string(AppendForm(nil, text))), url.QueryEscape(text))
		if want, err := url.QueryUnescape(text); err == nil {
			same("decoding with spaces", Decode(text, true), want)
		}
		if want, err := url.PathUnescape(text); err == nil {
			same("decoding", Decode(text, false), want)
		}
		name, ok := QueryName(text)
		written, _, _ := strings.Cut(text, "=")
		want, err := url.QueryUnescape(written)
		if err != nil {
			want = written
		}
		same("query name", name, want)
		same("readable", ok, err == nil && text != "")
		if essence, _, err := mime.ParseMediaType(text); err == nil && strings.Contains(essence, "/") {
			kind, subtype, _ := MediaType(text)
			same("media type", strings.ToLower(kind+"/"+subtype), essence)
		}
	})
}
