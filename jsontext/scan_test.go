package jsontext

import (
	"encoding/json"
	"testing"
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
