package host

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"testing"
)

// fixed is metadata of one namespace of the cluster's. The route has none.
type fixed map[string]Value

func (f fixed) Keys(source Source, namespace string) []string {
	if source != Cluster || namespace != "n" {
		return nil
	}
	return slices.Sorted(maps.Keys(f))
}

func (f fixed) Value(source Source, namespace, key string) Value {
	if source != Cluster || namespace != "n" {
		return Value{}
	}
	return f[key]
}

// all are excerpts with parts of every form.
var all = NewExcerpt(
	Part{Source: Cluster, Namespace: "n", Kinds: map[string]Kind{"number": Number, "flag": Bool, "list": List, "unread": Unreadable}, Other: Text},
	Part{Source: Route, Namespace: "n", Other: Text},
	Part{Source: Cluster, Namespace: "n", Other: Text, Given: true},
	Part{Source: Cluster, Namespace: "n", Other: List, Named: []Place{{Route, "n", "which"}, {Cluster, "n", "which"}}},
)

func TestReadExcerpt(t *testing.T) {
	content := AppendExcerpt(nil, fixed{
		"text": {Kind: Text, Text: "t"}, "empty": {Kind: Text}, "number": {Kind: Number, Number: -1.5}, "flag": {Kind: Bool, Bool: true},
		"list": {Kind: List, List: []string{"", "a"}}, "unread": {Kind: Text, Text: "x"}, "wrong": {Kind: Number, Number: 1}, "which": {Kind: Text, Text: "list"},
	}, all, "text")
	got, err := all.Read(content)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]Entry{
		{
			{"empty", Value{}},
			{"flag", Value{Kind: Bool, Bool: true}},
			{"list", Value{Kind: List, List: []string{"", "a"}}},
			{"number", Value{Kind: Number, Number: -1.5}},
			{"text", Value{Kind: Text, Text: "t"}},
			{"unread", Value{}},
			{"which", Value{Kind: Text, Text: "list"}},
			{"wrong", Value{}},
		},
		nil,
		{{"", Value{Kind: Text, Text: "t"}}},
		{{"", Value{Kind: List, List: []string{"", "a"}}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	for i := range content {
		if got, err := all.Read(content[:i]); err == nil {
			t.Errorf("the first %d of %d bytes: got %v, want an error", i, len(content), got)
		}
	}
	if got, err := all.Read(append(content, 0)); err == nil {
		t.Errorf("a byte too many: got %v, want an error", got)
	}
}

func TestFirstText(t *testing.T) {
	one := NewExcerpt(Part{Source: Cluster, Namespace: "n", Other: Text, Given: true}, Part{Source: Cluster, Namespace: "n", Other: Text})
	metadata := fixed{"text": {Kind: Text, Text: "t"}, "number": {Kind: Number}}
	for name, want := range map[string]string{"text": "t|true", "number": "|false", "none": "|false"} {
		text, readable := FirstText(AppendExcerpt(nil, metadata, one, name))
		if got := fmt.Sprintf("%s|%t", text, readable); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	for _, content := range [][]byte{nil, {1}, {1, 2, 0, 0, 0, 'a'}, {1, 255, 255, 255, 255, 'a'}} {
		if text, readable := FirstText(content); readable {
			t.Errorf("%v: got %q, want nothing", content, text)
		}
	}
}

func TestEmpty(t *testing.T) {
	two := NewExcerpt(Part{Source: Route, Namespace: "n"}, Part{Source: Cluster, Namespace: "n"})
	content := AppendExcerpt(nil, fixed{"a": {}}, two, "")
	if !Empty(content, 1) || Empty(content, 2) || Empty(nil, 1) {
		t.Errorf("got empty %t, %t, %t; want true, false, false", Empty(content, 1), Empty(content, 2), Empty(nil, 1))
	}
}

// FuzzExcerpt has what was appended read, and reads bytes that nobody has appended.
func FuzzExcerpt(f *testing.F) {
	f.Add("text", "t", 1.5, true, "a", "b", []byte{1, 0, 0, 0, 1, 0, 0, 0, 'a', 1, 1, 0, 0, 0, 'b', 0, 0, 0, 0, 0, 0})
	f.Add("list", "", 0.0, false, "", "", []byte{255, 255, 255, 255, 0})
	f.Fuzz(func(t *testing.T, key, text string, number float64, flag bool, first, second string, content []byte) {
		if math.IsNaN(number) {
			return // It is not what it is, and no YAML has it.
		}
		metadata := fixed{
			key: {Kind: Text, Text: text}, "number": {Kind: Number, Number: number}, "flag": {Kind: Bool, Bool: flag},
			"list": {Kind: List, List: []string{first, second}}, "which": {Kind: Text, Text: "list"},
		}
		appended := AppendExcerpt(nil, metadata, all, key)
		parts, err := all.Read(appended)
		if err != nil {
			t.Fatalf("%v of %q", err, appended)
		}
		for _, entry := range parts[0] {
			want := metadata[entry.Key]
			if kind := all.parts[0].kind(entry.Key); want.Kind != kind || kind == Text && want.Text == "" || kind == Unreadable {
				want = Value{}
			}
			if !reflect.DeepEqual(entry.Value, want) {
				t.Errorf("%q: got %v, want %v", entry.Key, entry.Value, want)
			}
		}
		_, _ = all.Read(content)
		_, _ = FirstText(content)
		_ = Empty(content, 2)
	})
}
