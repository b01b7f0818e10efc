package events

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEncode(t *testing.T) {
	for value, want := range map[string]string{
		"":                     "",
		"plain-Text_1.~!#/?:@": "plain-Text_1.~!#/?:@",
		"Euro € 😀":             "Euro%20%E2%82%AC%20%F0%9F%98%80", // The specification's own example.
		`a "b" 100%`:           "a%20%22b%22%20100%25",
		"%20":                  "%2520",
		"\x7f":                 "%7F",
		`back\slash`:           `back\slash`,
	} {
		if got := Encode(value); got != want {
			t.Errorf("Encode(%q) = %q, want %q", value, got, want)
		}
	}
}

func TestDecode(t *testing.T) {
	for header, want := range map[string]string{
		"":                                "",
		"plain":                           "plain",
		"Euro%20%E2%82%AC%20%F0%9F%98%80": "Euro € 😀",
		"Euro%20%e2%82%ac":                "Euro €",
		"%41%62c":                         "Abc",
		"Euro €":                          "Euro €",
		`"a \"b\" \\ c"`:                  `a "b" \ c`,
		`"a%20b"`:                         "a b",
		`"`:                               `"`,
		`""`:                              "",
		`"\"`:                             `\`,
		`a"b"`:                            `a"b"`,
		"%2520":                           "%20",
		"100%":                            "100%",
		"%zz%4":                           "%zz%4",
		"%%41":                            "%A",
	} {
		if got, ok := Decode(header); got != want || !ok {
			t.Errorf("Decode(%q) = %q, %v, want %q", header, got, ok, want)
		}
	}
	for _, header := range []string{"%C0%A0", "%ff", "\xff", "%ED%A0%80", `"%E2%82"`} {
		if got, ok := Decode(header); ok {
			t.Errorf("Decode(%q) = %q, want it refused", header, got)
		}
	}
}

func FuzzCodec(f *testing.F) {
	for _, seed := range []string{"", "Euro € 😀", `a "b" 100%`, "%2520", "\xff", `"`, `""`, "\x00\x1f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		encoded := Encode(text)
		for i := range len(encoded) {
			if c := encoded[i]; c <= ' ' || c > '~' || c == '"' {
				t.Fatalf("Encode(%q) = %q, which no header may hold", text, encoded)
			}
		}
		decoded, ok := Decode(encoded)
		if decoded != text || ok != utf8.ValidString(text) {
			t.Errorf("Decode(Encode(%q)) = %q, %v", text, decoded, ok)
		}
		if got, _ := Decode(strings.ReplaceAll(encoded, "%", "%25")); got != encoded {
			t.Errorf("%q is decoded in more than one round", encoded)
		}
		Decode(text)
	})
}
