package e2e

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// natsCall is a route /NAME to a function of its own, with the query's parameters.
type natsCall struct {
	target     string
	settings   harness.Object // the route's
	parameters harness.Object
}

// natsConfig has a cluster with these settings, and a route for each call. For a cluster's filter there has to be an endpoint, to which
// Envoy connects while the filter is at work.
func natsConfig(t *testing.T, settings harness.Object, calls map[string]natsCall) harness.Config {
	t.Helper()
	config := harness.NewConfig()
	own, functions := harness.Object{"type": "nats"}, harness.Object{}
	maps.Copy(own, settings)
	var routes []any
	for name, call := range calls {
		functions[name] = call.target
		chosen := harness.Object{"function": name}
		maps.Copy(chosen, call.settings)
		routes = append(routes, harness.Object{
			"match": harness.Object{"path": "/" + name}, "route": harness.Object{"cluster": "queue"},
			"metadata": harness.Object{"filter_metadata": harness.Object{"funcroute": chosen, "funcroute.parameters": call.parameters}},
		})
	}
	config.AddCluster(harness.StartUpstream(t).Address, harness.Object{"name": "queue", "metadata": harness.Object{"filter_metadata": harness.Object{
		"funcroute": own, "funcroute.functions": functions,
	}}})
	config.AddListener("http", routes, nil, nil)
	return config
}

// natsSettings are those of a cluster whose broker is the server.
func natsSettings(server *counterparts.NATS, further harness.Object) harness.Object {
	settings := harness.Object{"servers": []any{server.URL()}}
	maps.Copy(settings, further)
	return settings
}

var (
	jetStream = harness.Object{"mode": "jetstream"}
	asking    = harness.Object{"mode": "request"}
)

// wantAnswer sends a request and compares the answer.
func wantAnswer(t *testing.T, envoy *harness.Envoy, head, body string, status int, want string) harness.Answer {
	t.Helper()
	answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, head, body))
	if err != nil || answer.Status() != status || !strings.Contains(string(answer.Body), want) {
		t.Errorf("%s: got %s, %v, want status %d and %q", head, answer, err, status, want)
	}
	return answer
}

// Each mode says what the server has said, and whoever listens gets what the client has sent.
func TestNATS(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		server := counterparts.StartNATS(t, "")
		consumer := server.Connect(t)
		server.AddStream(t, consumer, &nats.StreamConfig{Name: "ORDERS", Subjects: []string{"orders.>"}, AllowMsgTTL: true})
		envoy := harness.StartEnvoy(t, host, natsConfig(t, natsSettings(server, nil), map[string]natsCall{
			"core":   {target: "news.{about}", parameters: harness.Object{"query.about": "{about}"}},
			"stored": {target: "orders.a\nX-Tenant: {{ tenant }}", settings: jetStream, parameters: harness.Object{"query.tenant": "{tenant}"}},
			"once": {
				target: "orders.b", settings: harness.Object{"mode": "jetstream", "message_id": "order-{key}", "stream": "ORDERS"},
				parameters: harness.Object{"header.idempotency-key": "{key}"},
			},
			"made":    {target: "orders.c\nNats-TTL: 1h\n\n{ \"id\": {{ int(body.id) }} }", settings: jetStream},
			"asked":   {target: "service", settings: asking},
			"forward": {target: "orders.d", settings: harness.Object{"mode": "jetstream", "forward_headers": []any{"X-Shop"}}},
		}))
		t.Run("core", func(t *testing.T) {
			subscription, err := consumer.SubscribeSync("news.*")
			if err != nil || consumer.Flush() != nil {
				t.Fatal(err)
			}
			head := "POST /core?about=sports HTTP/1.1\ncontent-type: text/plain\ntraceparent: 00-1-2-01\ncookie: s3cr3t"
			wantAnswer(t, envoy, head, "hello", http.StatusAccepted, `{"subject":"news.sports"}`)
			got, err := subscription.NextMsg(harness.Patience)
			if err != nil || got.Subject != "news.sports" || string(got.Data) != "hello" || got.Header.Get("Content-Type") != "text/plain" ||
				got.Header.Get("traceparent") != "00-1-2-01" || got.Header.Get("cookie") != "" {
				t.Errorf("got %+v, %v", got, err)
			}
		})
		t.Run("jetstream", func(t *testing.T) {
			answer := wantAnswer(t, envoy, "POST /stored?tenant=acme HTTP/2", "1", http.StatusAccepted, `{"stream":"ORDERS","sequence":1}`)
			if got := answer.Headers.Get("content-type"); got != "application/json" {
				t.Errorf("content-type: got %s, want JSON", got)
			}
			wantAnswer(t, envoy, "POST /once HTTP/1.1\nidempotency-key: 7", "2", http.StatusAccepted, `{"stream":"ORDERS","sequence":2}`)
			wantAnswer(t, envoy, "POST /once HTTP/1.1\nidempotency-key: 7", "2", http.StatusAccepted, `{"stream":"ORDERS","sequence":2,"duplicate":true}`)
			wantAnswer(t, envoy, "POST /made HTTP/1.1", `{"id": "17"}`, http.StatusAccepted, `"sequence":3}`)
			wantAnswer(t, envoy, "POST /forward HTTP/1.1\nx-shop: 9\nx-other: 1", strings.Repeat("a", 100_000), http.StatusAccepted, `"sequence":4}`)
			messages := server.Messages(t, consumer, "ORDERS")
			if len(messages) != 4 || string(messages[0].Data) != "1" || messages[0].Header.Get("X-Tenant") != "acme" ||
				messages[1].Header.Get(nats.MsgIdHdr) != "order-7" || string(messages[2].Data) != `{ "id": 17 }` ||
				messages[2].Header.Get("Content-Type") != "application/json" || len(messages[3].Data) != 100_000 ||
				messages[3].Header.Get("X-Shop") != "9" || messages[3].Header.Get("x-other") != "" {
				t.Errorf("got %+v", messages)
			}
		})
		t.Run("request", func(t *testing.T) { natsRequests(t, envoy, consumer) })
	})
}

// natsRequests asks a service that answers as it is told.
func natsRequests(t *testing.T, envoy *harness.Envoy, service *nats.Conn) {
	replies := map[string]*nats.Msg{
		"fine":    {Header: nats.Header{"Content-Type": {"text/plain"}, "X-A": {"1", "2"}, "Connection": {"close"}}, Data: []byte("well")},
		"empty":   {},
		"404":     {Header: nats.Header{"Nats-Service-Error-Code": {"404"}, "Nats-Service-Error": {"s3cr3t"}}, Data: []byte("no such order")},
		"409":     {Header: nats.Header{"Nats-Service-Error-Code": {"409"}, "Nats-Service-Error": {"s3cr3t"}}},
		"200":     {Header: nats.Header{"Nats-Service-Error-Code": {"200"}}, Data: []byte("an error that says 200")},
		"no code": {Header: nats.Header{"Nats-Service-Error": {"s3cr3t"}}},
	}
	subscription, err := service.Subscribe("service", func(m *nats.Msg) {
		if reply := replies[string(m.Data)]; reply != nil {
			_ = m.RespondMsg(&nats.Msg{Header: reply.Header, Data: reply.Data})
		}
	})
	if err != nil || service.Flush() != nil {
		t.Fatal(err)
	}
	defer func() { _ = subscription.Unsubscribe() }()
	answer := wantAnswer(t, envoy, "POST /asked HTTP/1.1", "fine", http.StatusOK, "well")
	if got := answer.Headers.Values("x-a"); len(got) != 2 || answer.Headers.Get("content-type") != "text/plain" || answer.Headers.Get("connection") == "close" {
		t.Errorf("headers: got %v of %s", got, answer)
	}
	for body, want := range map[string]struct {
		status int
		body   string
	}{
		"empty": {200, ""}, "404": {404, "no such order"}, "409": {409, "The service has failed."}, "200": {502, "an error that says 200"}, "no code": {502, ""},
	} {
		answer := wantAnswer(t, envoy, "POST /asked HTTP/1.1", body, want.status, want.body)
		if strings.Contains(string(answer.Body), "s3cr3t") {
			t.Errorf("%s: the client sees %s", body, answer)
		}
	}
}

// Events are carried as the binding for NATS has it, whatever mode they come in.
func TestNATSEvents(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		server := counterparts.StartNATS(t, "")
		consumer := server.Connect(t)
		server.AddStream(t, consumer, &nats.StreamConfig{Name: "EVENTS", Subjects: []string{"events"}})
		event := harness.Object{"mode": "jetstream", "payload": "cloudevent"}
		envoy := harness.StartEnvoy(t, host, natsConfig(t, natsSettings(server, event), map[string]natsCall{
			"binary": {target: "events"}, "structured": {target: "events", settings: harness.Object{"event_mode": "structured"}},
		}))
		binary := "\nce-specversion: 1.0\nce-id: 1\nce-source: /shop\nce-type: order\nce-note: a%20b%E2%82%AC\ncontent-type: application/json"
		structured := `{"specversion":"1.0","id":"1","source":"/shop","type":"order","note":"a b€","data":{"n":1.50}}`
		asStructured := "\ncontent-type: application/cloudevents+json"
		wantAnswer(t, envoy, "POST /binary HTTP/1.1"+binary, `{"n":1.50}`, http.StatusAccepted, `"sequence":1`)
		wantAnswer(t, envoy, "POST /binary HTTP/1.1"+asStructured, structured, http.StatusAccepted, `"sequence":2`)
		wantAnswer(t, envoy, "POST /structured HTTP/1.1"+asStructured, structured, http.StatusAccepted, `"sequence":3`)
		wantAnswer(t, envoy, "POST /structured HTTP/1.1"+binary, `{"n":1.50}`, http.StatusAccepted, `"sequence":4`)
		wantAnswer(t, envoy, "POST /binary HTTP/1.1", "{}", http.StatusBadRequest, "must be a CloudEvent")
		for i, message := range server.Messages(t, consumer, "EVENTS") {
			if i < 2 {
				want := map[string]string{
					"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "order", "ce-note": "a%20b%E2%82%AC",
					"ce-datacontenttype": "application/json", "Content-Type": "",
				}
				for name, value := range want {
					if got := message.Header.Get(name); got != value {
						t.Errorf("message %d: %s: got %q, want %q", i+1, name, got, value)
					}
				}
				if string(message.Data) != `{"n":1.50}` {
					t.Errorf("message %d: got %s", i+1, message.Data)
				}
				continue
			}
			got := members(t, message.Data)
			if message.Header.Get("Content-Type") != "application/cloudevents+json" || message.Header.Get("ce-id") != "" || got["note"] != `"a b€"` || got["data.n"] == "" {
				t.Errorf("message %d: got %+v, %s", i+1, message.Header, message.Data)
			}
		}
	})
}
