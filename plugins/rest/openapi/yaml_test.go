package openapi

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/jsontext"
)

func TestFromYAML(t *testing.T) {
	for name, c := range map[string]struct{ yaml, want string }{
		"nothing":            {"", "null"},
		"lines":              {"# first\na: 1\n\nb:\n  - 2\n  - c: d\n", "\n{\"a\":1,\n\n\"b\":\n[2,\n{\"c\":\"d\"}]}"},
		"texts":              {`{ a: yes, b: "7", c: 2026-11-28, d: 'it''s', e: ~, f: "\u00e9\n", g: !!str 7 }`, `{"a":"yes","b":"7","c":"2026-11-28","d":"it's","e":null,"f":"é\n","g":"7"}`},
		"a text of lines":    {"a: |\n  x\n  y\nb: 1", "{\"a\":\"x\\ny\\n\",\n\n\n\"b\":1}"},
		"numbers":            {`[ 1, -1, 1.50, 1e3, 0x1F, 0o17, 1_000, .5, +1, 123456789012345678901, .inf, .nan ]`, `[1,-1,1.50,1e3,31,15,1000,0.5,1,123456789012345678901,".inf",".nan"]`},
		"names":              {`{ 200: a, true: b, null: c, 1.0: d, [ x ]: e }`, `{"200":"a","true":"b","null":"c","1.0":"d"}`},
		"aliases":            {"a: &a { x: 1 }\nb: *a\n&c c: *a\nd: { *c : 1 }", "{\"a\":{\"x\":1},\n\"b\":{\"x\":1},\n\"c\":{\"x\":1},\n\"d\":{\"c\":1}}"},
		"merged":             {"a: &a { x: 1, y: 1 }\nb: { y: 2, <<: *a }", "{\"a\":{\"x\":1,\"y\":1},\n\"b\":{\"x\":1,\"y\":1,\"y\":2}}"},
		"several merged":     {"a: &a { x: 1 }\nb: &b { x: 2 }\nc: { <<: [ *a, *b ] }", "{\"a\":{\"x\":1},\n\"b\":{\"x\":2},\n\"c\":{\"x\":2,\"x\":1}}"},
		"a tag without text": {"a: !!int \"\"", `{"a":""}`},
	} {
		got, err := fromYAML([]byte(c.yaml), 1<<10)
		if strings.TrimSpace(string(got)) != strings.TrimSpace(c.want) || err != nil {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, c.want)
		}
	}
}

// Whatever YAML holds, what comes out is JSON that says what another reader of YAML reads, and its lines are those of the YAML.
func FuzzFromYAML(f *testing.F) {
	for _, seed := range []string{
		"a: 1\nb: [ c, { d: ~ } ]\n", "- &a { x: 1 }\n- *a\n- { <<: *a, y: 2 }\n", "a: |\n  b\n c: d", "? [ a ]\n: b", "0x1F", "!!int a", "--- a\n--- b", "{ a: .inf }",
		"!!float \"\"", "a: !!binary aGk=", "\xff", "a: 1\na: 2", bomb(),
	} {
		f.Add(seed)
	}
	const limit = 1 << 16
	f.Fuzz(func(t *testing.T, text string) {
		got, err := fromYAML([]byte(text), limit)
		if err != nil {
			return
		}
		if !jsontext.Valid(got) || !json.Valid(got) {
			t.Fatalf("no JSON: %s", got)
		}
		if lines, most := strings.Count(string(got), "\n"), strings.Count(text, "\n")+strings.Count(text, "\r")+strings.Count(text, "\u0085")+strings.Count(text, "\u2028")+strings.Count(text, "\u2029"); lines > most+1 { // What is missing at the end stands behind it.
			t.Errorf("%d lines of %d: %q", lines, most, got)
		}
		var theirs, ours any
		if strings.Contains(text, "!!binary") || yaml.Unmarshal([]byte(text), &theirs) != nil || json.Unmarshal(got, &ours) != nil || !isComparable(theirs) {
			return
		}
		if !reflect.DeepEqual(plain(theirs), ours) {
			t.Errorf("got %s, want %v", got, theirs)
		}
	})
}

// comparable reports whether a value of YAML is one of JSON, and the two readers must agree on it.
func isComparable(value any) bool {
	switch value := value.(type) {
	case nil, string, bool, int:
		return true
	case []any:
		for _, element := range value {
			if !isComparable(element) {
				return false
			}
		}
		return true
	case map[string]any:
		for _, member := range value {
			if !isComparable(member) {
				return false
			}
		}
		return true
	}
	return false
}

// plain makes the numbers of a value those of JSON.
func plain(value any) any {
	switch value := value.(type) {
	case int:
		return float64(value)
	case []any:
		for i := range value {
			value[i] = plain(value[i])
		}
	case map[string]any:
		for name := range value {
			value[name] = plain(value[name])
		}
	}
	return value
}
