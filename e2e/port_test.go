package e2e

import (
	"encoding/hex"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/filters/host/hosttest"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// What filters may do with messages is done to them by real Envoys, with trailers over HTTP/2 and chunked over HTTP/1.1.
func TestMessages(t *testing.T) {
	const (
		trailers = "trailer: x-checksum, x-added\nx-checksum: 7\nx-added: 0"
		none     = "x-turned: none"
		turned   = "x-turned: 7\nx-added: 1"
	)
	cases := []struct {
		name, edge, request, answer string
		// What arrives at either end: headers, trailers among them, and the body.
		sent, received         string
		sentBody, receivedBody string
	}{
		{"trailers", "trailers", "POST / HTTP/2\n" + trailers, "200\n" + trailers, turned, turned, "body", "answer"},
		{"no trailers", "trailers", "POST / HTTP/2", "200", none, none, "body", "answer"},
		{"chunked, trailers of the answer", "trailers", "POST / HTTP/1.1\ntransfer-encoding: chunked", "200\n" + trailers, none, "x-turned: 7", "body", "answer"},
		{"trailers while pieces are held back", "held pieces", "POST / HTTP/2\n" + trailers, "200\n" + trailers, turned, turned, "BODY", "ANSWER"},
		{"no trailers, pieces are held back", "held pieces", "POST / HTTP/2", "200", none, none, "BODY", "ANSWER"},
		{"chunked, pieces are held back", "held pieces", "POST / HTTP/1.1\ntransfer-encoding: chunked", "200", none, none, "BODY", "ANSWER"},
		{"pieces", "pieces", "POST / HTTP/2\n" + trailers, "200\n" + trailers, "x-checksum: 7\nx-added: 0", "x-checksum: 7\nx-added: 0", "BODY", "ANSWER"},
		{"chunked pieces", "pieces", "POST / HTTP/1.1\ntransfer-encoding: chunked", "200", "", "", "BODY", "ANSWER"},
		{"three waits", "waits", "POST / HTTP/2\n" + trailers, "200\n" + trailers, "x-checksum: 7\nx-added: 0", "x-checksum: 7\nx-added: 0", "body", "answer"},
		{"three waits, chunked", "waits", "POST / HTTP/1.1\ntransfer-encoding: chunked", "200", "", "", "body", "answer"},
		{"three waits without a body", "waits", "GET / HTTP/1.1", "200", "", "", "", "answer"},
		{"three waits for the body", "waits for the body", "POST / HTTP/2", "200", none, none, "new body", "new answer"},
		{"three waits for the body, with trailers", "waits for the body", "POST / HTTP/2\n" + trailers, "200\n" + trailers, turned, turned, "new body", "new answer"},
	}
	harness.OnEveryEnvoy(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		envoy := harness.StartEnvoy(t, host.Faulty(t), edgesConfig(upstream.Address))
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				upstream.Script(harness.Message(t, c.answer, "answer"))
				request := harness.Message(t, c.request+"\nx-edge: "+c.edge, c.sentBody)
				if c.sentBody != "" {
					request = harness.Message(t, c.request+"\nx-edge: "+c.edge, "body")
				}
				answer, err := harness.Send(envoy.Listener(t, "http"), request)
				if err != nil {
					t.Fatal(err)
				}
				harness.Report(t, plugintest.MatchAnswer(harness.Message(t, "200\n"+c.received, c.receivedBody), answer.Headers, answer.Body))
				all := upstream.Received()
				sent := all[len(all)-1]
				want := harness.Message(t, "POST / HTTP/2\n"+c.sent, c.sentBody)
				if c.sentBody == "" {
					want = harness.Message(t, "GET / HTTP/2\n"+c.sent, "")
				}
				harness.Report(t, plugintest.MatchRequest(want, sent.Headers, sent.Body))
				for _, headers := range []*plugintest.Headers{sent.Headers, answer.Headers} {
					if headers.Get("x-turned") == "7" && headers.Get("x-checksum") != "" {
						t.Errorf("headers = %v, want no trailer that was removed", headers.List())
					}
				}
			})
		}
		t.Run("a reply after three waits", func(t *testing.T) {
			if err := harness.WantStatus(envoy.Listener(t, "http"), "POST / HTTP/1.1\nx-edge: reply after waits", 403); err != nil {
				t.Error(err)
			}
		})
	})
}

// An excerpt's content is the same on every host, byte for byte.
func TestExcerpt(t *testing.T) {
	harness.OnEveryEnvoy(t, nil, func(t *testing.T, host harness.Host) {
		metadata := harness.Object{"filter_metadata": hosttest.Awkward}
		config := edgesConfig(harness.StartUpstream(t).Address)
		config.AddCluster(harness.StartUpstream(t).Address, harness.Object{"name": "awkward", "metadata": metadata})
		filter := harness.Clone(harness.FunctionsFilter()).(harness.Object)
		filter["name"] = "edges"
		filter["typed_config"].(harness.Object)["filter_name"] = "edges"
		config.AddListener("awkward", []any{harness.Object{"match": harness.Object{"prefix": "/"}, "route": harness.Object{"cluster": "awkward"}, "metadata": metadata}}, nil,
			harness.Object{"http_filters": []any{filter, harness.RouterFilter()}})
		envoy := harness.StartEnvoy(t, host.Faulty(t), config)
		envoy.Expect("key wrong.* is not a|in key mixed is not a string") // Envoy's own complaints.
		answer, err := harness.Send(envoy.Listener(t, "awkward"), harness.Message(t, "GET / HTTP/1.1\nx-edge: excerpt", ""))
		if err != nil {
			t.Fatal(err)
		}
		golden := hex.EncodeToString([]byte(hosttest.Golden))
		if got, want := string(answer.Body), golden+" "+golden; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}
