package template

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// hostile are values that mean something in one place or another.
var hostile = []string{
	`"`, `\`, `\"`, `","admin":true,"x":"`, "}", "]", "null", "</a>", "<!--", "-->", "]]>", "<![CDATA[", "&amp;", "&", "&#0;",
	`" onload="x`, `' onload='x`, "?>", "a=1&admin=1", ";", "+", "%", "%00", "%26", "#", "\r\nx-admin: 1", "\n", "\x00", "\x1b",
	"\x7f", "\u2028", "\ufffe", "\ufffd", "é😀", " ", "", "{{ v }}", "}}", "`", "$(x)",
}

// render compiles a template about `body.v` and renders it with a text as that value.
func renderWith(t *testing.T, text string, format Format, value string) (string, error) {
	t.Helper()
	environment := expression.ForRequest(nil)
	compiled, err := Compile(text, format, "the body", environment)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]string{"v": value})
	if err != nil {
		t.Fatal(err)
	}
	scope := environment.Begin(expression.Message{Headers: plugintest.NewHeaders(), Body: body})
	defer scope.End()
	dst, err := compiled.Append(nil, scope)
	return string(dst), err
}

func formatOf(t *testing.T, contentType string) Format {
	t.Helper()
	format, err := FormatOf(contentType)
	if err != nil {
		t.Fatal(err)
	}
	return format
}

func seed(f *testing.F) {
	for _, value := range hostile {
		f.Add(value)
	}
}

// FuzzJSON has encoding/json read what was written.
func FuzzJSON(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, value string) {
		if !utf8.ValidString(value) {
			return // No JSON body holds such a text; see TestBytesThatAreNoText.
		}
		got, err := renderWith(t, `{"a": {{ body.v }}, "b": "<{{ body.v }}>", "k{{ body.v }}": [1, {{ [body.v] }}]}`, formatOf(t, "application/json"), value)
		if err != nil {
			t.Fatal(err)
		}
		var read any
		if err := json.Unmarshal([]byte(got), &read); err != nil {
			t.Fatalf("%v in %s", err, got)
		}
		want := map[string]any{"a": value, "b": "<" + value + ">", "k" + value: []any{1.0, []any{value}}}
		if !reflect.DeepEqual(read, any(want)) {
			t.Errorf("got %v, want %v", read, want)
		}
	})
}

// FuzzXML has encoding/xml read what was written.
func FuzzXML(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, value string) {
		if !utf8.ValidString(value) {
			return // No JSON body holds such a text; see TestBytesThatAreNoText.
		}
		got, err := renderWith(t, `<a b="{{ body.v }}" c='{{ body.v }}'>{{ body.v }}<d/></a>`, formatOf(t, "application/soap+xml"), value)
		if err != nil {
			var failed *Error
			if !errors.As(err, &failed) || !strings.ContainsFunc(value, func(r rune) bool { return !isXML(r) }) {
				t.Fatalf("%q is refused: %v", value, err)
			}
			return
		}
		var read struct {
			B    string `xml:"b,attr"`
			C    string `xml:"c,attr"`
			Text string `xml:",chardata"`
			D    []struct {
				Text string `xml:",chardata"`
			} `xml:",any"`
		}
		if err := xml.Unmarshal([]byte(got), &read); err != nil {
			t.Fatalf("%v in %s", err, got)
		}
		if read.B != value || read.C != value || read.Text != value || len(read.D) != 1 || read.D[0].Text != "" {
			t.Errorf("got %q, want %q thrice", read, value)
		}
	})
}

// isXML is the production Char of XML 1.0.
func isXML(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000
}

// FuzzForm has net/url read what was written.
func FuzzForm(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, value string) {
		if !utf8.ValidString(value) {
			return // No JSON body holds such a text; see TestBytesThatAreNoText.
		}
		got, err := renderWith(t, `a={{ body.v }}&b{{ body.v }}=x`, formatOf(t, "application/x-www-form-urlencoded"), value)
		if err != nil {
			t.Fatal(err)
		}
		read, err := url.ParseQuery(got)
		if want := (url.Values{"a": {value}, "b" + value: {"x"}}); err != nil || !reflect.DeepEqual(read, want) {
			t.Errorf("got %v, %v, want %v", read, err, want)
		}
	})
}

// FuzzHeader has net/http read what was written.
func FuzzHeader(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, value string) {
		if !utf8.ValidString(value) {
			return // No JSON body holds such a text; see TestBytesThatAreNoText.
		}
		got, err := renderWith(t, `a {{ body.v }}.`, Header, value)
		if err != nil {
			if httptext.ControlByte(value) < 0 {
				t.Fatalf("%q is refused: %v", value, err)
			}
			return
		}
		message := "GET / HTTP/1.1\r\nHost: x\r\nX-V: " + got + "\r\nX-W: 1\r\n\r\n"
		read, err := http.ReadRequest(bufio.NewReader(strings.NewReader(message)))
		if err != nil {
			t.Fatalf("%v in %q", err, message)
		}
		if want := (http.Header{"X-V": {"a " + value + "."}, "X-W": {"1"}}); !reflect.DeepEqual(read.Header, want) {
			t.Errorf("got %q, want %q", read.Header, want)
		}
	})
}

// FuzzCompile looks for templates that crash, and for such as become something else by the values in them.
func FuzzCompile(f *testing.F) {
	for _, text := range []string{
		`{"a": {{ body.v }}}`, `"{{ body.v }}"`, `<a b="{{ body.v }}"><!-- --><![CDATA[]]>{{ body.v }}</a>`, `a={{ body.v }}`,
		`<?xml version="1.0"?><a>{{ body["v"] }}</a>`, `[{{ body.v ?? {"a": {}} }}]`, `{{ raw(body.v) }}`, `{{ "}}" + body.v }}`,
		`{{ upper(body.v) }}`, `{{ xml("//a") }}`, `{{ header("a") ?? query("b") }}`, `{{ [1, 2] | map(# + 1) }}`,
	} {
		for _, value := range []string{`"}`, `]]></a>`} {
			f.Add(text, value)
		}
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		body, err := json.Marshal(map[string]string{"v": value})
		if err != nil {
			t.Fatal(err)
		}
		for _, contentType := range []string{"application/json", "text/xml", "application/x-www-form-urlencoded", "text/plain"} {
			environment := expression.ForRequest(nil)
			compiled, err := Compile(text, formatOf(t, contentType), "the body", environment)
			if err != nil || strings.Contains(text, "raw") {
				continue
			}
			scope := environment.Begin(expression.Message{Headers: plugintest.NewHeaders(), Body: body, Path: "/?" + value, Method: "GET"})
			dst, err := compiled.Append(nil, scope)
			scope.End()
			if err == nil {
				checkSound(t, contentType, text, dst)
			}
		}
	})
}

func checkSound(t *testing.T, contentType, text string, rendered []byte) {
	t.Helper()
	var err error
	switch contentType {
	case "application/json":
		if !json.Valid(rendered) {
			err = errors.New("it is no JSON")
		}
	case "text/xml":
		decoder := xml.NewDecoder(bytes.NewReader(rendered))
		for err == nil {
			_, err = decoder.Token()
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
	case "application/x-www-form-urlencoded":
		_, err = url.ParseQuery(string(rendered))
	}
	if err != nil {
		t.Fatalf("%s: %q becomes %q: %v", contentType, text, rendered, err)
	}
}
