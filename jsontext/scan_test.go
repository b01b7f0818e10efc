package jsontext

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"
)

// TestDocuments compares what counts as JSON with encoding/json.
func TestDocuments(t *testing.T) {
	for _, document := range []string{
		`{}`, `[]`, ` { } `, `[ [ ] , { } ]`, `null`, `true`, `false`, `""`, `"a"`, `0`, `-0`, `1.5`, `1e5`, `-1E+5`, `2.5e-10`,
		`"\"\\\/\b\f\n\r\t\u00fF"`, `{"a":1,"b":{"a":[1,2,{"c":null}]}}`, "\t\r\n 1 \n", `"ü"`, `"` + "\x7f" + `"`,

		` `, `{`, `}`, `[`, `]`, `{]`, `[}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{a:1}`, `{1:1}`, `{'a':1}`, `{"a":1 "b":2}`,
		`{"a" 1}`, `{"a":1`, `{"a":`, `{"a`, `{"a"`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `[1,,2]`, `nul`, `nulll`, `True`, `tru`,
		`fals`, `"`, `"a`, `"\`, `"\"`, `"\x"`, `"\u"`, `"\u12"`, `"\u12g4"`, `"\u123`, "\"\n\"", "\"\x00\"", `-`, `+1`, `01`, `00`,
		`1.`, `.5`, `1.e5`, `1e`, `1e+`, `1E-`, `1e5.5`, `0x10`, `NaN`, `Infinity`, `--1`, `1 2`, `{} {}`, `[]]`, `//`, "\ufeff{}", `\`,
	} {
		if got, want := Valid([]byte(document)), json.Valid([]byte(document)); got != want {
			t.Errorf("%q: got %t, want %t", document, got, want)
		}
	}
}

// FuzzFind compares with encoding/json: what counts as JSON, and what is found in it under a name, in an array, or of a name within a
// name.
func FuzzFind(f *testing.F) {
	for _, seed := range []string{
		`{"a":1}`, `{"a":1,"a":{"a":[2]}}`, `{"\u0061":{"a":"\ud834\udd1e"},"b":{}}`, `[{"a":1},[2,{"a":3}],"]"]`, ` [ 1 , 2.50e+1 ] `,
		`{"a":[{"a":null}],"":-0}`, `{"a":{"a":1},"a":2}`, "\"\xff\"", `{"a`, `[1,]`, `{"a":1}}`, `[[[[`,
	} {
		f.Add([]byte(seed))
	}
	ways := [][]string{{}, {"a"}, {"a", "a"}, {"1"}, {"a", "0", "a"}, {""}}
	var places Places
	for number, names := range ways {
		places.Add(names, number)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		found := make([]Span, len(ways))
		fault := places.Find(text, found)
		if Valid(text) != (fault == nil) {
			t.Fatalf("%q: Valid: %t, Find: %v", text, Valid(text), fault)
		}
		if (fault == nil) != json.Valid(text) {
			if fault == nil || !fault.TooDeep {
				t.Fatalf("%q: got %v, want valid: %t", text, fault, json.Valid(text))
			}
			return
		}
		if fault != nil || !utf8.Valid(text) {
			return
		}
		for number, names := range ways {
			got := found[number]
			want, there := follow(t, text, names)
			if there != (got.End > got.Start) {
				t.Fatalf("%q, %q: found: %v, want found: %t", text, names, got, there)
			}
			if there && string(text[got.Start:got.End]) != string(want) {
				t.Errorf("%q, %q: got %q, want %q", text, names, text[got.Start:got.End], want)
			}
		}
		compact := new(bytes.Buffer)
		_ = json.Compact(compact, text)
		if got := AppendCompact(nil, text); string(got) != compact.String() {
			t.Errorf("%q: compact: got %q, want %q", text, got, compact)
		}
		if got, want := decoded(text), standard(t, text); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: a cursor reads %#v, want %#v", text, got, want)
		}
	})
}

// follow has encoding/json find what names lead to.
func follow(t *testing.T, text []byte, names []string) (value []byte, there bool) {
	t.Helper()
	text = bytes.Trim(text, Space)
	if len(names) == 0 {
		return text, true
	}
	var next json.RawMessage
	switch text[0] {
	case '{':
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal(text, &members); err != nil {
			t.Fatal(err)
		}
		next = members[names[0]]
	case '[':
		var elements []json.RawMessage
		if err := json.Unmarshal(text, &elements); err != nil {
			t.Fatal(err)
		}
		if i := elementIndex(names[0]); i >= 0 && i < len(elements) {
			next = elements[i]
		}
	}
	if next == nil {
		return nil, false
	}
	return follow(t, next, names[1:])
}

// standard is what encoding/json makes of a text, with numbers as they are written.
func standard(t *testing.T, text []byte) (value any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// decoded is the same, read with a cursor.
func decoded(text []byte) any {
	c := NewCursor(text)
	return read(&c)
}

func read(c *Cursor) any {
	switch c.First() {
	case '{':
		object := map[string]any{}
		_ = c.Members(func(name []byte) error {
			object[string(name)] = read(c)
			return nil
		})
		return object
	case '[':
		array := []any{}
		_ = c.Elements(func() error {
			array = append(array, read(c))
			return nil
		})
		return array
	case '"':
		return string(Unquote(c.Value()))
	case 't', 'f':
		return string(c.Value()) == "true"
	case 'n':
		c.Value()
		return nil
	}
	return json.Number(c.Value())
}
