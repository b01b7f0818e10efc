package e2e

import (
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/golden"
)

// edgesConfig is an Envoy with the filter `edges` before an upstream that speaks HTTP/2.
func edgesConfig(upstream string) harness.Config {
	config := harness.NewConfig()
	config.AddCluster(upstream, harness.Object{"name": "upstream", "typed_extension_protocol_options": harness.Object{harness.ProtocolOptions: harness.Object{
		"@type":                "type.googleapis.com/" + harness.ProtocolOptions,
		"explicit_http_config": harness.Object{"http2_protocol_options": harness.Object{}},
	}}})
	filter := harness.Clone(harness.FunctionsFilter()).(harness.Object)
	filter["name"] = "edges"
	filter["typed_config"].(harness.Object)["filter_name"] = "edges"
	config.AddListener("http", []any{harness.Object{"match": harness.Object{"prefix": "/"}, "route": harness.Object{"cluster": "upstream"}}}, nil,
		harness.Object{"http_filters": []any{filter, harness.RouterFilter()}})
	return config
}

// A filter may do more than those for users do.
func TestEdges(t *testing.T) {
	trailers := "200\ncontent-type: text/plain\ntrailer: x-checksum\nx-checksum: 7"
	notGRPC := harness.Message(t, "403", "no")
	notGRPC.Absent = []string{"grpc-status"}
	cases := []struct {
		name, request string
		needs         []harness.Capability // StrictRoutes is every host but contrib's, whose test host lacks a way to do it
		answer, want  *golden.Message
	}{
		{
			name: "an answer that ends with trailers gets a last piece", request: "POST / HTTP/2\nx-edge: a last piece", needs: []harness.Capability{harness.StrictRoutes},
			answer: harness.Message(t, trailers, "answer"), want: harness.Message(t, "200\nx-checksum: 7", "answer!"),
		},
		{
			name: "a body becomes too large for the buffer after a wait", request: "POST / HTTP/1.1\nx-edge: outgrow the buffer", needs: []harness.Capability{harness.StrictRoutes},
			want: harness.Message(t, "413", "Payload Too Large"),
		},
		{
			name: "a reply to gRPC tells of the error", request: "POST / HTTP/2\nx-edge: reply\ncontent-type: application/grpc",
			want: harness.Message(t, "200\ngrpc-status: 7\ngrpc-message: no", ""),
		},
		{
			name: "a reply to gRPC after a wait tells of the error", request: "POST / HTTP/2\nx-edge: reply later\ncontent-type: application/grpc",
			want: harness.Message(t, "200\ngrpc-status: 7\ngrpc-message: no", ""),
		},
		{
			name: "a reply to others has no status of gRPC's", request: "POST / HTTP/2\nx-edge: reply\ncontent-type: application/json",
			want: notGRPC,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			harness.OnEveryHost(t, c.needs, func(t *testing.T, host harness.Host) {
				upstream := harness.StartUpstream(t)
				if c.answer != nil {
					upstream.Script(c.answer)
				}
				envoy := harness.StartEnvoy(t, host.Faulty(t), edgesConfig(upstream.Address))
				for range 3 {
					answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, c.request, "body"))
					if err != nil {
						t.Fatal(err)
					}
					harness.Report(t, golden.MatchAnswer(c.want, answer.Headers, answer.Body))
				}
			})
		})
	}
}

// What a filter counts when its reply has ended the stream counts too.
func TestCountsAfterReplies(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		envoy := harness.StartEnvoy(t, host.Faulty(t), edgesConfig(harness.StartUpstream(t).Address))
		for _, when := range []string{"reply", "reply later"} {
			if err := harness.WantStatus(envoy.Listener(t, "http"), "POST / HTTP/1.1\nx-edge: "+when, 403); err != nil {
				t.Error(err)
			}
		}
		untilCounter(t, envoy, "edges.replied", 2)
	})
}
