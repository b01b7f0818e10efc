package hosttest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/memory"
)

func configurationCases() []conformance {
	return slices.Concat(excerptCases(), []conformance{
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
					s.Request().Headers().Set("route", fmt.Sprint(s.RouteConfig()))
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
				config, err := s.RouteConfig()
				if err != nil {
					panic(err)
				}
				route, _ := config.(string)
				s.Request().Headers().Set("route", strings.ReplaceAll(route, " ", ""))
				return host.Continue
			}},
			want: want{sentHeaders: [][2]string{{"route", `{"a":1}`}}},
		},
		{
			name: "the filter refuses the route's configuration", exchange: Exchange{RouteConfig: `{"a":1}`},
			script: routeRefused(func([]byte) (any, error) { return nil, errors.New("not like this") }),
			want:   want{refused: "not like this"},
		},
	})
}

func tellingCases() []conformance {
	var (
		counter host.Metric
		log     func(host.Level, string)
	)
	define := func(handle host.ConfigHandle, _ []byte) (err error) {
		log = handle.Log
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
				s.Record(counter, 3)
				s.SetDynamicMetadata("name.space", "key", "value")
				log(host.Info, "a line with 100%d")
				s.Request().Headers().Set("read-back", found(s, "name.space", "key")+" "+found(s, "name.space", "none"))
				return host.Continue
			}},
			want: want{
				counters:    map[string]uint64{"second": 3, "first": 0},
				dynamic:     [3]string{"name.space", "key", "value"},
				logs:        "a line with 100%d",
				sentHeaders: [][2]string{{"read-back", "value|true |false"}},
			},
		},
		{
			name: "dynamic metadata of others", exchange: Exchange{Marked: map[string]map[string]string{"theirs": {"key": "value"}}},
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
				s.Request().Headers().Set("theirs", found(s, "theirs", "key"))
				return host.Continue
			}},
			want: want{sentHeaders: [][2]string{{"theirs", "value|true"}}},
		},
		{
			name:     "what dynamic metadata there is",
			exchange: Exchange{Marked: map[string]map[string]string{"theirs": {"key": "value", "empty": ""}}},
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
				s.Request().Headers().Set("there", strings.Join([]string{
					found(s, "theirs", "key"), found(s, "theirs", "empty"),
					found(s, "theirs", "none"), found(s, "none", "key"),
				}, " "))
				return host.Continue
			}},
			want: want{sentHeaders: [][2]string{{"there", "value|true |true |false |false"}}},
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
			name: "a request that no route fits", exchange: Exchange{NoRoute: true},
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
				s.Request().Headers().Set("cluster", "["+s.Attribute(host.ClusterName)+"]")
				return host.Continue
			}},
			want: want{sentHeaders: [][2]string{{"cluster", "[]"}}},
		},
		{
			name: "where the request comes from and goes to",
			exchange: Exchange{Request: Message{
				Headers: append(slices.Clone(get), [2]string{"x-request-id", "id"}),
			}},
			script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
				s.Request().Headers().Set("seen", strings.Join([]string{s.Attribute(host.SourceAddress), s.Attribute(host.RequestProtocol), s.Attribute(host.RequestID), s.Attribute(host.ClusterName), s.Attribute(host.RouteName), fmt.Sprint(s.InCluster())}, " "))
				return host.Continue
			}},
			want: want{sentHeaders: [][2]string{{"seen", strings.Join([]string{memory.SourceAddress, memory.Protocol, "id", memory.ClusterName, memory.RouteName, "false"}, " ")}}},
		},
	}
}

// found shows what there is of dynamic metadata.
func found(s host.Stream, namespace, key string) string {
	return fmt.Sprintf("%s|%t", s.DynamicMetadata(namespace, key), s.HasDynamicMetadata(namespace, key))
}

func showDigest(s host.Stream, _ bool) host.Action {
	s.Request().Headers().Set("digest", "["+s.Attribute(host.PeerCertificateDigest)+"]")
	return host.Continue
}

// routeRefused is a script whose route configuration is refused: by the host, or, where that cannot be, by the filter
// with the error that it gets instead.
func routeRefused(parse func([]byte) (any, error)) Script {
	return Script{RouteConfig: parse, RequestHeaders: func(s host.Stream, _ bool) host.Action {
		if _, err := s.RouteConfig(); err != nil {
			s.SendReply(500, nil, []byte(err.Error()), refusedRoute)
			return host.Replied
		}
		return host.Continue
	}}
}

// refusedRoute are the details of the reply to a request of a route that should have been refused.
const refusedRoute = "refused_route"
