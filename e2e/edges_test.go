package e2e

import (
	"testing"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

// edgesConfig is an Envoy with the filter `edges` before an upstream that speaks HTTP/2.
func edgesConfig(upstream string) Config {
	config := NewConfig()
	config.AddCluster(upstream, Object{"name": "upstream", "typed_extension_protocol_options": Object{protocolOptions: Object{
		"@type":                "type.googleapis.com/" + protocolOptions,
		"explicit_http_config": Object{"http2_protocol_options": Object{}},
	}}})
	filter := clone(functionsFilter()).(Object)
	filter["name"] = "edges"
	filter["typed_config"].(Object)["filter_name"] = "edges"
	config.AddListener("http", []any{Object{"match": Object{"prefix": "/"}, "route": Object{"cluster": "upstream"}}}, nil,
		Object{"http_filters": []any{filter, routerFilter()}})
	return config
}

// A filter may do more than those for users do.
func TestEdges(t *testing.T) {
	trailers := "200\ncontent-type: text/plain\ntrailer: x-checksum\nx-checksum: 7"
	notGRPC := message(t, "403", "no")
	notGRPC.Absent = []string{"grpc-status"}
	cases := []struct {
		name, request string
		needs         []Capability // StrictRoutes is every host but contrib's, whose test host lacks a way to do it
		answer, want  *plugintest.Message
	}{
		{
			name: "an answer that ends with trailers gets a last piece", request: "POST / HTTP/2\nx-edge: a last piece", needs: []Capability{StrictRoutes},
			answer: message(t, trailers, "answer"), want: message(t, "200\nx-checksum: 7", "answer!"),
		},
		{
			name: "a body becomes too large for the buffer after a wait", request: "POST / HTTP/1.1\nx-edge: outgrow the buffer", needs: []Capability{StrictRoutes},
			want: message(t, "413", "Payload Too Large"),
		},
		{
			name: "a reply to gRPC tells of the error", request: "POST / HTTP/2\nx-edge: reply\ncontent-type: application/grpc",
			want: message(t, "200\ngrpc-status: 7\ngrpc-message: no", ""),
		},
		{
			name: "a reply to gRPC after a wait tells of the error", request: "POST / HTTP/2\nx-edge: reply later\ncontent-type: application/grpc",
			want: message(t, "200\ngrpc-status: 7\ngrpc-message: no", ""),
		},
		{
			name: "a reply to others has no status of gRPC's", request: "POST / HTTP/2\nx-edge: reply\ncontent-type: application/json",
			want: notGRPC,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			OnEveryHost(t, c.needs, func(t *testing.T, host Host) {
				upstream := StartUpstream(t)
				if c.answer != nil {
					upstream.Script(c.answer)
				}
				envoy := StartEnvoy(t, host.Faulty(t), edgesConfig(upstream.Address))
				for range 3 {
					answer, err := Send(envoy.Listener(t, "http"), message(t, c.request, "body"))
					if err != nil {
						t.Fatal(err)
					}
					report(t, plugintest.MatchAnswer(c.want, answer.Headers, answer.Body))
				}
			})
		})
	}
}

// What a filter counts when its reply has ended the stream counts too.
func TestCountsAfterReplies(t *testing.T) {
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		envoy := StartEnvoy(t, host.Faulty(t), edgesConfig(StartUpstream(t).Address))
		for _, when := range []string{"reply", "reply later"} {
			if err := wantStatus(envoy.Listener(t, "http"), "POST / HTTP/1.1\nx-edge: "+when, 403); err != nil {
				t.Error(err)
			}
		}
		untilCounter(t, envoy, "edges.replied", 2)
	})
}
