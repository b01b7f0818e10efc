package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
	"github.com/funcroute/funcroute/e2e/harness/scenarios"
	"github.com/funcroute/funcroute/golden"
)

// Bodies of every size arrive whole and signed, however they come: with a length, in chunks, over HTTP/2, with trailers.
func TestBodies(t *testing.T) {
	oracle := counterparts.StartOracle(t)
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t, harness.Message(t, "200\ncontent-type: application/json", `{"ok":true}`))
		stage := &scenarios.Stage{Host: host, Envoy: harness.StartEnvoy(t, host, harness.HelloConfig(upstream.Address)), Listener: "http", Upstream: upstream, Oracle: oracle, Signer: counterparts.DefaultSigner()}
		heads := map[string]string{
			"HTTP/1.1 with a length":       "POST / HTTP/1.1\ncontent-type: application/json",
			"HTTP/1.1 in chunks":           "POST / HTTP/1.1\ncontent-type: application/json\ntransfer-encoding: chunked",
			"HTTP/1.1 in chunks, trailers": "POST / HTTP/1.1\ncontent-type: application/json\ntrailer: x-checksum\nx-checksum: 7",
			"HTTP/2":                       "POST / HTTP/2\ncontent-type: application/json",
			"HTTP/2 with trailers":         "POST / HTTP/2\ncontent-type: application/json\ntrailer: x-checksum\nx-checksum: 7",
		}
		for how, head := range heads {
			for _, size := range []int{0, 2, 20_000, 900_000} {
				t.Run(fmt.Sprintf("%s, %d bytes", how, size), func(t *testing.T) {
					request := harness.Message(t, head, jsonOf(size))
					arrives := harness.Message(t, "POST /2015-03-31/functions/hello/invocations", jsonOf(size))
					stage.Perform(t, &scenarios.Step{
						Request: request, Times: 1, Signed: true, Receives: &[]*golden.Message{arrives},
						Response: harness.Message(t, "200", `{"ok":true}`),
					})
				})
			}
		}
	})
}

// A body above Envoy's buffer limit is a 413, and nothing of it reaches the function.
func TestBodyAboveBufferLimit(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		config := harness.HelloConfig(upstream.Address)
		config.Listeners()[0]["per_connection_buffer_limit_bytes"] = 10_000
		// A stream of HTTP/2 is limited by its window.
		config.ConnectionManagers()[0]["http2_protocol_options"] = harness.Object{"initial_stream_window_size": 65_536}
		envoy := harness.StartEnvoy(t, host, config)
		for _, head := range []string{
			"POST / HTTP/1.1\ncontent-type: application/json",
			"POST / HTTP/1.1\ncontent-type: application/json\ntransfer-encoding: chunked",
			"POST / HTTP/2\ncontent-type: application/json",
		} {
			answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, head, jsonOf(200_000)))
			if err != nil || answer.Status() != 413 {
				t.Errorf("%q: got %v, %v, want 413", head, answer.Status(), err)
			}
		}
		if n := len(upstream.Received()); n != 0 {
			t.Errorf("the upstream: got %d requests, want none", n)
		}
	})
}

// Answers of every size reach the client whole, also those with trailers.
func TestAnswers(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		config := harness.HelloConfig(upstream.Address)
		config.Clusters()[0]["typed_extension_protocol_options"] = harness.Object{harness.ProtocolOptions: harness.Object{
			"@type":                "type.googleapis.com/" + harness.ProtocolOptions,
			"explicit_http_config": harness.Object{"http2_protocol_options": harness.Object{}},
		}}
		envoy := harness.StartEnvoy(t, host, config)
		for _, size := range []int{0, 2, 20_000, 900_000} {
			for how, head := range map[string]string{
				"as they are":   "200\ncontent-type: application/json",
				"in pieces":     "200\ncontent-type: application/json\ntransfer-encoding: chunked",
				"with trailers": "200\ncontent-type: application/json\ntrailer: x-checksum\nx-checksum: 7",
			} {
				for _, protocol := range []string{"HTTP/1.1", "HTTP/2"} {
					t.Run(fmt.Sprintf("%d bytes, %s, to %s", size, how, protocol), func(t *testing.T) {
						upstream.Script(harness.Message(t, head, jsonOf(size)))
						answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "POST / "+protocol, ""))
						if err != nil || answer.Status() != 200 || !bytes.Equal(answer.Body, []byte(jsonOf(size))) {
							t.Errorf("got status %d and %d bytes, %v, want 200 and %d bytes", answer.Status(), len(answer.Body), err, size)
						}
					})
				}
			}
		}
	})
}

// An answer above Envoy's buffer limit streams past where nothing has to be unwrapped, and is an error where the whole of
// it is needed. Envoy lives on either way.
func TestAnswerAboveBufferLimit(t *testing.T) {
	const size = 3_000_000
	for payload, want := range map[string]int{"body": http.StatusOK, "apigateway-v2": http.StatusInternalServerError} {
		t.Run(payload, func(t *testing.T) {
			harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
				upstream := harness.StartUpstream(t, harness.Message(t, "200\ncontent-type: application/json", jsonOf(size)))
				config := harness.HelloConfig(upstream.Address)
				metadata := config.Clusters()[0]["metadata"].(harness.Object)["filter_metadata"].(harness.Object)
				metadata["funcroute"].(harness.Object)["payload"] = payload
				envoy := harness.StartEnvoy(t, host, config)
				for range 2 {
					answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "POST / HTTP/1.1", ""))
					if err != nil || answer.Status() != want || want == http.StatusOK && len(answer.Body) != size {
						t.Errorf("got status %d and %d bytes, %v, want status %d", answer.Status(), len(answer.Body), err, want)
					}
				}
			})
		})
	}
}

// An event and an answer of almost 6 MB, Lambda's limit, pass both ways with either of the lines that README tells of.
func TestBodiesOfLambdasLimit(t *testing.T) {
	const size = 6<<20 - 10_000
	lines := map[string]func(harness.Config){
		"of a listener": func(config harness.Config) { config.Listeners()[0]["per_connection_buffer_limit_bytes"] = 8 << 20 },
		"of a route": func(config harness.Config) {
			host := harness.Objects(config.ConnectionManagers()[0], "route_config", "virtual_hosts")[0]
			harness.Objects(host, "routes")[0]["request_body_buffer_limit"] = 8 << 20
		},
	}
	for name, add := range lines {
		t.Run(name, func(t *testing.T) {
			harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
				upstream := harness.StartUpstream(t, harness.Message(t, "200\ncontent-type: application/json", `{"statusCode":200,"body":`+jsonOf(size)+`}`))
				config := harness.NewConfig()
				config.AddCluster(upstream.Address, harness.Object{"name": "lambda", "metadata": lambdaMetadata(nil)})
				config.AddListener("http", payloadRoutes("apigateway-v2"), nil, nil)
				add(config)
				envoy := harness.StartEnvoy(t, host, config)
				for _, protocol := range []string{"HTTP/1.1", "HTTP/2"} {
					t.Run(protocol, func(t *testing.T) {
						before := len(upstream.Received())
						sent := strings.Repeat("x", size)
						answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "POST /apigateway-v2 "+protocol+"\ncontent-type: text/plain", sent))
						if err != nil || answer.Status() != 200 || len(answer.Body) != size-2 {
							t.Fatalf("got status %d and %d bytes, %v, want 200 and %d bytes", answer.Status(), len(answer.Body), err, size-2)
						}
						if got, _ := eventIn(t, upstream, before)["body"].(string); got != sent {
							t.Errorf("the event has a body of %d bytes, want %d", len(got), size)
						}
					})
				}
			})
		})
	}
}

// jsonOf is a JSON text of that many bytes.
func jsonOf(size int) string {
	if size < 2 {
		return ""
	}
	return `"` + string(bytes.Repeat([]byte("x"), size-2)) + `"`
}
