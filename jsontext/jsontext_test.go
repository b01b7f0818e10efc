package jsontext

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzAppendString(f *testing.F) {
	f.Add("a\"b\\c\x00\x7f\u2028é\xff\xc3")
	f.Fuzz(func(t *testing.T, text string) {
		written := AppendString(nil, text)
		var got, want string
		if err := json.Unmarshal(written, &got); err != nil {
			t.Fatalf("%q: %v", written, err)
		}
		standard, _ := json.Marshal(text)
		_ = json.Unmarshal(standard, &want)
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if bytes := AppendString(nil, []byte(text)); string(bytes) != string(written) {
			t.Errorf("of bytes: got %q, want %q", bytes, written)
		}
	})
}

func FuzzUnquote(f *testing.F) {
	for _, seed := range []string{
		`""`, `"a"`, `"\"\\\/\b\f\n\r\t"`, `"\u00e9\u0000"`, `"\ud834\udd1e"`, `"\ud834"`, `"\ud834\ud834\udd1e"`, `"\udd1e"`,
		`"\ud834\u0041"`, `"\ud834\n"`, "\"\xff\"", "\"\xff\\n\xc3\"", `"\uD834\uDD1Ex"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, quoted []byte) {
		var want string
		if len(quoted) == 0 || quoted[0] != '"' || quoted[len(quoted)-1] != '"' || json.Unmarshal(quoted, &want) != nil {
			return
		}
		var again string // A run of bad bytes is one sign for us, and one for each byte for encoding/json.
		standard, _ := json.Marshal(string(Unquote(quoted)))
		_ = json.Unmarshal(standard, &again)
		if got := string(Unquote(quoted)); got != want && squeeze(got) != squeeze(want) {
			t.Errorf("%q: got %q, want %q", quoted, got, want)
		}
		if again != string(Unquote(quoted)) {
			t.Errorf("%q: got %q, which is not UTF-8", quoted, Unquote(quoted))
		}
	})
}

// squeeze makes one U+FFFD of several.
func squeeze(text string) string {
	var squeezed []rune
	for _, r := range text {
		if r != '\ufffd' || len(squeezed) == 0 || squeezed[len(squeezed)-1] != '\ufffd' {
			squeezed = append(squeezed, r)
		}
	}
	return string(squeezed)
}

func FuzzIsJSON(f *testing.F) {
	for _, seed := range []string{
		``, ` `, `1`, `-`, `-0`, `01`, `1.`, `1.5e+3`, `.5`, `1e`, `"`, `"\"`, `"a\u12"`, `"a\u123g"`, `"\x"`, "\"\x00\"", `tru`, `nulll`,
		`[`, `[]`, `[1,]`, `[,]`, `[1 2]`, `{}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, ` { "a" : [ { } , "b" ] } `, `{}{}`, `[}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, want := Valid(text), json.Valid(text); got != want && strings.Count(string(text), "[")+strings.Count(string(text), "{") <= MaxDepth {
			t.Errorf("%q: got %t, want %t", text, got, want)
		}
	})
}

func TestDeepNestingIsNoJSON(t *testing.T) {
	for depth, want := range map[int]bool{MaxDepth: true, MaxDepth + 1: false, 1e6: false} {
		if got := Valid([]byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))); got != want {
			t.Errorf("%d: got %t, want %t", depth, got, want)
		}
	}
}

func TestMembersAndElements(t *testing.T) {
	cases := map[string][]string{
		`{}`:                                     nil,
		`{ }`:                                    nil,
		`{"a":1}`:                                {"a=1"},
		` {"a" : 1 , "b":[1,{"c":"]}"}] } `[1:]:  {"a=1", `b=[1,{"c":"]}"}]`},
		`{"a":"\"}","b":{},"c":-1.5e3,"d":null}`: {`a="\"}"`, "b={}", "c=-1.5e3", "d=null"},
		`{"\u0061":true}`:                        {"a=true"},
		`[]`:                                     nil,
		`[ 1 , "]" ,[[2]]]`:                      {"1", `"]"`, "[[2]]"},
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			var got []string
			if text[0] == '{' {
				_ = Members([]byte(text), func(name, value []byte) error {
					got = append(got, string(name)+"="+string(value))
					return nil
				})
			} else {
				_ = Elements([]byte(text), func(value []byte) error {
					got = append(got, string(value))
					return nil
				})
			}
			if len(got) != len(want) {
				t.Fatalf("got %q, want %q", got, want)
			}
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("got %q, want %q", got[i], want[i])
				}
			}
		})
	}
}

// A place in eight bytes or in 32 must not matter, nor what stands before and behind.
func TestEveryByteAtEveryPlace(t *testing.T) {
	for _, around := range []string{"abc", "a\xffb"} {
		for c := range 256 {
			for at := range 76 {
				text := []byte(strings.Repeat(around, 26))[:76]
				text[at] = byte(c)
				for _, asciiOnly := range []bool{false, true} {
					want := slices.IndexFunc(text, func(c byte) bool {
						return c < ' ' || c == '"' || c == '\\' || asciiOnly && c >= utf8.RuneSelf
					})
					if want < 0 {
						want = len(text)
					}
					if got := plain(text, 0, asciiOnly); got != want {
						t.Errorf("%q, ASCII only %t: got %d, want %d", text, asciiOnly, got, want)
					}
				}
			}
		}
	}
}
