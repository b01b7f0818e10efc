package hosttest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/filters/host"
)

func routeCases() []conformance {
	var (
		first  = Metadata{"n": {"at": "first"}}
		second = Metadata{"n": {"at": "second"}}
		again  = func(s host.Stream) host.Action {
			showAt(s, "before")
			s.Request().Headers().Set("x-go", "there")
			showAt(s, "meanwhile")
			s.ChooseRouteAgain()
			showAt(s, "after")
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
		// later changes the request once the route is chosen.
		later = Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
			s.Request().Headers().Set("x-go", "there")
			s.ChooseRouteAgain()
			s.Request().Headers().Set("x-go", "elsewhere")
			showAt(s, "after")
			return host.Continue
		}}
	)
	return []conformance{
		{name: "on headers", exchange: Exchange{Cluster: first, Route: first, Others: there}, script: onHeaders, want: seen("second,second")},
		{name: "on the body", exchange: Exchange{Cluster: first, Route: first, Others: there, Request: body}, script: onBody, want: seen("second,second")},
		{name: "the same", exchange: Exchange{Cluster: first, Route: first, Others: elsewhere}, script: onHeaders, want: seen("first,first")},
		{name: "one without metadata", exchange: Exchange{Cluster: first, Route: first, Others: nowhere}, script: onHeaders, want: seen(",")},
		{name: "by the headers as they are then", exchange: Exchange{Cluster: first, Route: first, Others: there}, script: later, want: sent("after", "second,second")},
	}
}

// forgottenCases ask whose metadata a filter sees when another has had the host forget its choice of a route, and nobody has
// asked for the route since.
func forgottenCases() []conformance {
	var (
		first   = Metadata{"n": {"at": "first"}}
		second  = Metadata{"n": {"at": "second"}}
		there   = []Destination{{Header: [2]string{"x-go", "there"}, Cluster: second, Route: second}}
		nowhere = []Destination{{Header: [2]string{"x-go", "there"}}}
		// changed is a request that a filter before ours has changed.
		changed    = Message{Headers: append(slices.Clone(get), [2]string{"x-go", "there"})}
		routeFirst = func(s host.Stream, _ bool) host.Action {
			text, _ := host.FirstText(s.AppendExcerpt(nil, routeAt, "at"))
			s.Request().Headers().Set("route", string(text))
			return host.Continue
		}
		keysFirst = func(s host.Stream, _ bool) host.Action {
			s.Request().Headers().Set("keys", fmt.Sprint(!host.Empty(s.AppendExcerpt(nil, routeKeys, ""), 1)))
			return host.Continue
		}
		excerptFirst = func(s host.Stream, _ bool) host.Action {
			excerpt := s.AppendExcerpt(nil, routeKeys, "")
			showAt(s, "at")
			again := s.AppendExcerpt(nil, routeKeys, "")
			s.Request().Headers().Set("same", fmt.Sprint(slices.Equal(excerpt, again)))
			return host.Continue
		}
		configFirst = func(s host.Stream, _ bool) host.Action {
			loaded, _ := s.RouteConfig()
			config, _ := loaded.(string)
			s.Request().Headers().Set("config", strings.ReplaceAll(config, " ", ""))
			return host.Continue
		}
		forgotten = func(name string, x Exchange, s Script, want want) conformance {
			x.Cluster, x.Route, x.RouteForgotten, x.Request = first, first, true, changed
			return conformance{name: name, exchange: x, script: s, want: want}
		}
		onlyIn = []host.Concern{{Namespace: "n"}}
	)
	return []conformance{
		forgotten("the route", Exchange{Others: there}, Script{RequestHeaders: routeFirst}, sent("route", "second")),
		forgotten("its keys", Exchange{Others: nowhere}, Script{RequestHeaders: keysFirst}, sent("keys", "false")),
		forgotten("an excerpt", Exchange{Others: there}, Script{RequestHeaders: excerptFirst}, sent("same", "true")),
		forgotten("cluster and route", Exchange{Others: there}, Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
			showAt(s, "at")
			return host.Continue
		}}, sent("at", "second,second")),
		forgotten("its configuration", Exchange{
			RouteConfig: `{"a":1}`, Others: []Destination{{Header: [2]string{"x-go", "there"}, RouteConfig: `{"a":2}`}},
		}, Script{RequestHeaders: configFirst}, sent("config", `{"a":2}`)),
		forgotten("the gate", Exchange{Others: there}, Script{Concerns: onlyIn, RequestHeaders: routeFirst}, sent("route", "second")),
		forgotten("a closed gate", Exchange{Others: nowhere}, Script{Concerns: onlyIn, Stream: func(host.Stream) {
			panic("the route that is taken is no concern, and yet there is a stream")
		}}, want{status: "200"}),
	}
}

func sent(name, value string) want { return want{sentHeaders: [][2]string{{name, value}}} }

// Excerpts of the namespace in which these cases say where a request goes.
var (
	clusterAt = host.NewExcerpt(host.Part{Source: host.Cluster, Namespace: "n", Other: host.Text, Given: true})
	routeAt   = host.NewExcerpt(host.Part{Source: host.Route, Namespace: "n", Other: host.Text, Given: true})
	routeKeys = host.NewExcerpt(host.Part{Source: host.Route, Namespace: "n", Other: host.Text})
)

// showAt shows where cluster and route are.
func showAt(s host.Stream, as string) {
	cluster, _ := host.FirstText(s.AppendExcerpt(nil, clusterAt, "at"))
	route, _ := host.FirstText(s.AppendExcerpt(nil, routeAt, "at"))
	s.Request().Headers().Set(as, string(cluster)+","+string(route))
}
