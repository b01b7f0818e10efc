package hosttest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/filters/host"
)

func configurationCases() []conformance {
	metadata := Metadata{"n.s": {"text": "t", "number": 1.5, "bool": true, "list": []string{"a", "b"}, "empty": ""}, "other": {"x": "y"}}
	read := func(source host.Source) Script {
		return Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
			h := s.RequestHeaders()
			keys := slices.Clone(s.MetadataKeys(source, "n.s"))
			again := s.MetadataKeys(source, "n.s")
			h.Set("stable", fmt.Sprint(slices.Equal(keys, again)))
			slices.Sort(keys)
			h.Set("keys", fmt.Sprint(keys, len(s.MetadataKeys(source, "none"))))
			show := func(name string, value any, ok bool) { h.Set(name, fmt.Sprintf("%v|%v", value, ok)) }
			t, ok := s.MetadataText(source, "n.s", "text")
			show("text", t, ok)
			n, ok := s.MetadataNumber(source, "n.s", "number")
			show("number", n, ok)
			b, ok := s.MetadataBool(source, "n.s", "bool")
			show("bool", b, ok)
			l, ok := s.MetadataList(source, "n.s", "list")
			show("list", l, ok)
			t, ok = s.MetadataText(source, "n.s", "empty")
			show("empty", t, ok)
			t, ok = s.MetadataText(source, "none", "text")
			show("none", t, ok)
			n, ok = s.MetadataNumber(source, "n.s", "text")
			show("text-as-number", n, ok)
			l, ok = s.MetadataList(source, "n.s", "text")
			show("text-as-list", l, ok)
			return host.Continue
		}}
	}
	seen := want{sentHeaders: [][2]string{
		{"stable", "true"},
		{"keys", "[bool empty list number text] 0"},
		{"text", "t|true"},
		{"number", "1.5|true"},
		{"bool", "true|true"},
		{"list", "[a b]|true"},
		{"empty", "|false"},
		{"none", "|false"},
		{"text-as-number", "0|false"},
		{"text-as-list", "[]|false"},
	}}
	return []conformance{
		{name: "cluster metadata of every kind", exchange: Exchange{Cluster: metadata}, script: read(host.Cluster), want: seen},
		{name: "route metadata of every kind", exchange: Exchange{Route: metadata}, script: read(host.Route), want: seen},
		{
			name: "the filter's configuration arrives", exchange: Exchange{FilterConfig: `{"a":{"b":[1,"x"]}}`},
			script: Script{Config: func(_ host.ConfigHandle, raw []byte) error {
				if got := strings.ReplaceAll(string(raw), " ", ""); got != `{"a":{"b":[1,"x"]}}` {
					return fmt.Errorf("configuration = %s", raw)
				}
				return nil
			}},
		},
		{
			name: "no configuration is empty",
			script: Script{
				Config: func(_ host.ConfigHandle, raw []byte) error {
					if len(raw) != 0 {
						return fmt.Errorf("configuration = %s", raw)
					}
					return nil
				},
				RequestHeaders: func(s host.Stream, _ bool) host.Action {
					s.RequestHeaders().Set("route", fmt.Sprint(s.RouteConfig(), s.RouteError()))
					return host.Continue
				},
			},
			want: want{sentHeaders: [][2]string{{"route", "<nil> <nil>"}}},
		},
		{
			name: "the filter refuses its configuration", exchange: Exchange{FilterConfig: `{"a":1}`},
			script: Script{Config: func(host.ConfigHandle, []byte) error { return errors.New("not like this") }},
			want:   want{refused: "not like this"},
		},
		{
			name: "the route's configuration arrives", exchange: Exchange{RouteConfig: `{"a":1}`},
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
				if err := s.RouteError(); err != nil {
					panic(err)
				}
				route, _ := s.RouteConfig().(string)
				s.RequestHeaders().Set("route", strings.ReplaceAll(route, " ", ""))
				return host.Continue
			}},
			want: want{sentHeaders: [][2]string{{"route", `{"a":1}`}}},
		},
		{
			name: "the filter refuses the route's configuration", exchange: Exchange{RouteConfig: `{"a":1}`},
			script: routeRefused(func([]byte) (any, error) { return nil, errors.New("not like this") }),
			want:   want{refused: "not like this"},
		},
	}
}

func routeCases() []conformance {
	var (
		first  = Metadata{"n": {"at": "first"}}
		second = Metadata{"n": {"at": "second"}}
		show   = func(s host.Stream, as string) {
			cluster, _ := s.MetadataText(host.Cluster, "n", "at")
			route, _ := s.MetadataText(host.Route, "n", "at")
			s.RequestHeaders().Set(as, cluster+","+route)
		}
		again = func(s host.Stream) host.Action {
			show(s, "before")
			s.RequestHeaders().Set("x-go", "there")
			show(s, "meanwhile")
			s.ChooseRouteAgain()
			show(s, "after")
			return host.Continue
		}
		onHeaders = Script{RequestHeaders: func(s host.Stream, _ bool) host.Action { return again(s) }}
		onBody    = Script{RequestHeaders: func(host.Stream, bool) host.Action { return host.Buffer }, RequestBody: again}
		seen      = func(after string) want {
			return want{sentHeaders: [][2]string{{"before", "first,first"}, {"meanwhile", "first,first"}, {"after", after}}}
		}
		there     = []Destination{{Header: [2]string{"x-go", "there"}, Cluster: second, Route: second}}
		elsewhere = []Destination{{Header: [2]string{"x-go", "elsewhere"}, Cluster: second, Route: second}}
		nowhere   = []Destination{{Header: [2]string{"x-go", "there"}}}
		body      = Message{Headers: post(), Chunks: chunks("a", "b")}
		// changed is a request that a filter before ours has changed.
		changed = Message{Headers: append(slices.Clone(get), [2]string{"x-go", "there"})}
		// later changes the request once the route is chosen.
		later = Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
			s.RequestHeaders().Set("x-go", "there")
			s.ChooseRouteAgain()
			s.RequestHeaders().Set("x-go", "elsewhere")
			show(s, "after")
			return host.Continue
		}}
		routeFirst = func(s host.Stream, _ bool) host.Action {
			route, _ := s.MetadataText(host.Route, "n", "at")
			s.RequestHeaders().Set("route", route)
			return host.Continue
		}
		keysFirst = func(s host.Stream, _ bool) host.Action {
			s.RequestHeaders().Set("keys", fmt.Sprint(len(s.MetadataKeys(host.Route, "n"))))
			return host.Continue
		}
		excerptFirst = func(s host.Stream, _ bool) host.Action {
			part := host.Part{Source: host.Route, Namespace: "n", Other: host.Text}
			excerpt := s.AppendExcerpt(nil, &host.Excerpt{Parts: []host.Part{part}})
			show(s, "at")
			again := s.AppendExcerpt(nil, &host.Excerpt{Parts: []host.Part{part}})
			s.RequestHeaders().Set("same", fmt.Sprint(slices.Equal(excerpt, again)))
			return host.Continue
		}
		configFirst = func(s host.Stream, _ bool) host.Action {
			config, _ := s.RouteConfig().(string)
			s.RequestHeaders().Set("config", strings.ReplaceAll(config, " ", ""))
			return host.Continue
		}
		forgotten = func(name string, x Exchange, s Script, want want) conformance {
			x.Cluster, x.Route, x.RouteForgotten, x.Request = first, first, true, changed
			return conformance{name: name + ", after another filter", exchange: x, script: s, want: want}
		}
		onlyIn = []host.Concern{{Namespace: "n"}}
		sent   = func(name, value string) want { return want{sentHeaders: [][2]string{{name, value}}} }
	)
	return []conformance{
		forgotten("the route", Exchange{Others: there}, Script{RequestHeaders: routeFirst}, sent("route", "second")),
		forgotten("its keys", Exchange{Others: nowhere}, Script{RequestHeaders: keysFirst}, sent("keys", "0")),
		forgotten("an excerpt", Exchange{Others: there}, Script{RequestHeaders: excerptFirst}, sent("same", "true")),
		forgotten("cluster and route", Exchange{Others: there}, Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
			show(s, "at")
			return host.Continue
		}}, sent("at", "second,second")),
		forgotten("its configuration", Exchange{
			RouteConfig: `{"a":1}`, Others: []Destination{{Header: [2]string{"x-go", "there"}, RouteConfig: `{"a":2}`}},
		}, Script{RequestHeaders: configFirst}, sent("config", `{"a":2}`)),
		forgotten("the gate", Exchange{Others: there}, Script{Concerns: onlyIn, RequestHeaders: routeFirst}, sent("route", "second")),
		forgotten("a closed gate", Exchange{Others: nowhere}, Script{Concerns: onlyIn, Stream: func(host.Stream) {
			panic("the route that is taken is no concern, and yet there is a stream")
		}}, want{status: "200"}),
		{name: "and headers changed afterwards", exchange: Exchange{Cluster: first, Route: first, Others: there}, script: later, want: sent("after", "second,second")},
		{name: "on headers", exchange: Exchange{Cluster: first, Route: first, Others: there}, script: onHeaders, want: seen("second,second")},
		{name: "on the body", exchange: Exchange{Cluster: first, Route: first, Others: there, Request: body}, script: onBody, want: seen("second,second")},
		{name: "the same", exchange: Exchange{Cluster: first, Route: first, Others: elsewhere}, script: onHeaders, want: seen("first,first")},
		{name: "one without metadata", exchange: Exchange{Cluster: first, Route: first, Others: nowhere}, script: onHeaders, want: seen(",")},
	}
}

func tellingCases() []conformance {
	var counter host.Counter
	define := func(handle host.ConfigHandle, _ []byte) (err error) {
		if _, err = handle.Counter("first"); err != nil {
			return err
		}
		if counter, err = handle.Counter("second"); err != nil {
			return err
		}
		histogram, err := handle.Histogram("time", host.Microseconds)
		_ = histogram
		handle.Log(host.Info, "configured 100%s")
		return err
	}
	return []conformance{
		{
			name: "counters, dynamic metadata and log lines",
			script: Script{Config: define, RequestHeaders: func(s host.Stream, _ bool) host.Action {
				s.Add(counter, 3)
				s.SetDynamicMetadata("name.space", "key", "value")
				s.Log(host.Info, "a line with 100%d")
				s.RequestHeaders().Set("read-back", s.DynamicMetadata("name.space", "key")+s.DynamicMetadata("name.space", "none"))
				return host.Continue
			}},
			want: want{
				counters:    map[string]uint64{"second": 3, "first": 0},
				dynamic:     [3]string{"name.space", "key", "value"},
				logs:        "a line with 100%d",
				sentHeaders: [][2]string{{"read-back", "value"}},
			},
		},
		{
			name: "dynamic metadata of others", exchange: Exchange{Marked: map[string]map[string]string{"theirs": {"key": "value"}}},
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
				s.RequestHeaders().Set("theirs", s.DynamicMetadata("theirs", "key"))
				return host.Continue
			}},
			want: want{sentHeaders: [][2]string{{"theirs", "value"}}},
		},
		{
			name:     "what dynamic metadata there is",
			exchange: Exchange{Marked: map[string]map[string]string{"theirs": {"key": "value"}}},
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
				s.RequestHeaders().Set("there", fmt.Sprint(
					s.HasDynamicMetadata("theirs", "key"), s.HasDynamicMetadata("theirs", "none"), s.HasDynamicMetadata("none", "key"),
				))
				return host.Continue
			}},
			want: want{sentHeaders: [][2]string{{"there", "true false false"}}},
		},
		{
			name: "the client's certificate", exchange: Exchange{PeerCertificateDigest: "0badc0de"},
			script: Script{RequestHeaders: showDigest},
			want:   want{sentHeaders: [][2]string{{"digest", "[0badc0de]"}}},
		},
		{
			name: "no certificate", script: Script{RequestHeaders: showDigest},
			want: want{sentHeaders: [][2]string{{"digest", "[]"}}},
		},
		{
			name: "where the request comes from and goes to",
			exchange: Exchange{Request: Message{
				Headers: append(slices.Clone(get), [2]string{"x-request-id", "id"}),
			}},
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
				s.RequestHeaders().Set("seen", strings.Join([]string{s.SourceAddress(), s.Protocol(), s.RequestID(), s.ClusterName(), s.RouteName(), fmt.Sprint(s.Upstream())}, " "))
				return host.Continue
			}},
			want: want{sentHeaders: [][2]string{{"seen", strings.Join([]string{SourceAddress, Protocol, "id", ClusterName, RouteName, "false"}, " ")}}},
		},
	}
}

func showDigest(s host.Stream, _ bool) host.Action {
	s.RequestHeaders().Set("digest", "["+s.PeerCertificateDigest()+"]")
	return host.Continue
}

// routeRefused is a script whose route configuration is refused: by the host, or, where that cannot be, by the filter
// with the error that it gets instead.
func routeRefused(parse func([]byte) (any, error)) Script {
	return Script{RouteConfig: parse, RequestHeaders: func(s host.Stream, _ bool) host.Action {
		if err := s.RouteError(); err != nil {
			s.SendReply(500, nil, []byte(err.Error()), refusedRoute)
			return host.Replied
		}
		return host.Continue
	}}
}

// refusedRoute are the details of the reply to a request of a route that should have been refused.
const refusedRoute = "refused_route"
