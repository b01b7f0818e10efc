package parameters

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
)

func lookup() *Lookup {
	l := &Lookup{}
	l.Add("a")
	l.Add("a", "b", "1")
	l.Add()
	l.Add("c.d")
	return l
}

func TestLookup(t *testing.T) {
	cases := []struct {
		name, document string
		want           []string // "" for what is not there
	}{
		{"nothing", ``, []string{"", "", "", ""}},
		{"members and elements", `{"a": {"b": [1, "x" ]}}`, []string{`{"b": [1, "x" ]}`, `"x"`, `{"a": {"b": [1, "x" ]}}`, ""}},
		{"a name with a dot", `{"c.d":null}`, []string{"", "", `{"c.d":null}`, "null"}},
		{"an escaped name", `{"\u0061":1}`, []string{"1", "", `{"\u0061":1}`, ""}},
		{"the last of the same name", `{"a":{"b":[0,1]},"a":2}`, []string{"2", "", `{"a":{"b":[0,1]},"a":2}`, ""}},
		{"no object", ` 7 `, []string{"", "", "7", ""}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found, err := lookup().Find([]byte(c.document), nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, value := range found {
				got = append(got, string(value))
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestLookupOfNothing(t *testing.T) {
	if found, err := new(Lookup).Find([]byte(`{}`), nil); err != nil || len(found) != 0 {
		t.Errorf("got %q, %v, want nothing", found, err)
	}
}

// FuzzLookup compares with encoding/json.
func FuzzLookup(f *testing.F) {
	for _, seed := range []string{`{"a":{"b":[1,{"x":"é\n"}]},"c.d":1.50}`, `[1]`, `{"a":1,"a":{"b":[]}}`, `{"\u0061":"\ud800"}`, "\"\xff\"", `{"a":1}x`, ` `, `{"a":1e999}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, document string) {
		found, err := lookup().Find([]byte(document), nil)
		if err != nil {
			var refused *Error
			if !errors.As(err, &refused) || !refused.Body {
				t.Fatalf("got %v, want an error of the body", err)
			}
			return
		}
		if document == "" {
			return
		}
		if !json.Valid([]byte(document)) {
			t.Fatalf("%q is no JSON", document)
		}
		var members map[string]json.RawMessage
		if json.Unmarshal([]byte(document), &members) != nil {
			return // It is no object.
		}
		if string(found[0]) != string(members["a"]) || string(found[3]) != string(members["c.d"]) {
			t.Errorf("got %q and %q, want %q and %q", found[0], found[3], members["a"], members["c.d"])
		}
	})
}
