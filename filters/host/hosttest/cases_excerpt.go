package hosttest

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/filters/host"
)

// Awkward is metadata of every kind, some of it of another kind than the excerpts below expect.
var Awkward = Metadata{
	"n.s": {
		"text": "t", "number": -15.0, "flag": true, "unset": false, "list": []string{"", "a"}, "nothing": []string{}, "mixed": []any{"a", 1.0}, "empty": "",
		"wrong": 7.0, "wrong-list": "a", "wrong-number": "1", "unread": "x", "": "no name", "\u00fc": "umlaut", "b": "1", "a": "2", "ab": "3", "which": "list",
	},
	"other": {"x": "y"},
}

// parts are an excerpt's of Awkward at that place.
func parts(source host.Source) []host.Part {
	return []host.Part{
		{Source: source, Namespace: "n.s", Kinds: map[string]host.Kind{
			"number": host.Number, "flag": host.Bool, "unset": host.Bool, "list": host.List, "nothing": host.List, "mixed": host.List,
			"wrong-list": host.List, "wrong-number": host.Number, "unread": host.Unreadable,
		}, Other: host.Text},
		{Source: source, Namespace: "none", Other: host.Text},
		{Source: source, Namespace: "n.s", Other: host.Text, Given: true},
		{Source: source, Namespace: "n.s", Other: host.List, Named: []host.Place{{Source: source, Namespace: "n.s", Key: "missing"}, {Source: source, Namespace: "n.s", Key: "empty"}, {Source: source, Namespace: "n.s", Key: "which"}}},
		{Source: source, Namespace: "n.s", Other: host.Text, Named: []host.Place{{Source: source, Namespace: "none", Key: "which"}}},
	}
}

// OfCluster and OfRoute are excerpts of Awkward, where the cluster or the route has it.
var (
	OfCluster = host.NewExcerpt(parts(host.Cluster)...)
	OfRoute   = host.NewExcerpt(parts(host.Route)...)
)

// Golden is the content of either, with "text" as the name.
const Golden = "" +
	"\x12\x00\x00\x00" + // so many keys
	"\x00\x00\x00\x00\x01\x07\x00\x00\x00no name" +
	"\x01\x00\x00\x00a\x01\x01\x00\x00\x002" +
	"\x02\x00\x00\x00ab\x01\x01\x00\x00\x003" +
	"\x01\x00\x00\x00b\x01\x01\x00\x00\x001" +
	"\x05\x00\x00\x00empty\x00" +
	"\x04\x00\x00\x00flag\x03\x01" +
	"\x04\x00\x00\x00list\x04\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00a" +
	"\x05\x00\x00\x00mixed\x00" +
	"\x07\x00\x00\x00nothing\x04\x00\x00\x00\x00" +
	"\x06\x00\x00\x00number\x02\x00\x00\x00\x00\x00\x00\x2e\xc0" +
	"\x04\x00\x00\x00text\x01\x01\x00\x00\x00t" +
	"\x06\x00\x00\x00unread\x00" +
	"\x05\x00\x00\x00unset\x03\x00" +
	"\x05\x00\x00\x00which\x01\x04\x00\x00\x00list" +
	"\x05\x00\x00\x00wrong\x00" +
	"\x0a\x00\x00\x00wrong-list\x00" +
	"\x0c\x00\x00\x00wrong-number\x00" +
	"\x02\x00\x00\x00\xc3\xbc\x01\x06\x00\x00\x00umlaut" +
	"\x00\x00\x00\x00" + // no key in a namespace that there is not
	"\x01\x01\x00\x00\x00t" + // the name that was given
	"\x04\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00a" + // the name that stands in the metadata
	"\x00" // a name that stands nowhere

// excerptCases compare what hosts read with the same bytes.
func excerptCases() []conformance {
	seen := func(excerpt *host.Excerpt) Script {
		return Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
			before := []byte("before")
			got := s.AppendExcerpt(before, excerpt, "text")
			s.Request().Headers().Set("content", hex.EncodeToString(got[len(before):]))
			s.Request().Headers().Set("before", string(got[:len(before)]))
			return host.Continue
		}}
	}
	want := want{sentHeaders: [][2]string{{"content", hex.EncodeToString([]byte(Golden))}, {"before", "before"}}}
	var many []conformance
	for _, keys := range []int{1, 24, 25, 65, 300} {
		many = append(many, manyKeys(keys))
	}
	return slices.Concat([]conformance{
		{name: "an excerpt of the cluster", exchange: Exchange{Cluster: Awkward}, script: seen(OfCluster), want: want},
		{name: "an excerpt of the route", exchange: Exchange{Route: Awkward}, script: seen(OfRoute), want: want},
	}, many)
}

// manyKeys is an excerpt of so many keys, which come in their order, whatever the host's is.
func manyKeys(count int) conformance {
	keys := map[string]any{}
	for i := range count {
		keys[fmt.Sprint("key-", i*7919%1009)] = "value"
	}
	return conformance{
		name: fmt.Sprintf("%d keys in their order", count), exchange: Exchange{Route: Metadata{"n": keys}},
		script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
			read, err := routeKeys.Read(s.AppendExcerpt(nil, routeKeys, ""))
			if err != nil {
				panic(err)
			}
			byKey := func(a, b host.Entry) int { return strings.Compare(a.Key, b.Key) }
			s.Request().Headers().Set("sorted", fmt.Sprint(len(read[0]), slices.IsSortedFunc(read[0], byKey)))
			return host.Continue
		}},
		want: sent("sorted", fmt.Sprint(count, " true")),
	}
}
