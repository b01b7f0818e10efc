package e2e

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/rabbitmq/amqp091-go"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// amqpSettings are those of a cluster whose broker is the server.
func amqpSettings(t *testing.T, server *counterparts.RabbitMQ, further harness.Object) harness.Object {
	t.Helper()
	settings := harness.Object{
		"type": "amqp", "servers": []any{server.URL()}, "username": "proxy", "password": passwordFile(t, counterparts.RabbitMQPassword),
	}
	maps.Copy(settings, further)
	return settings
}

// Whoever consumes gets what the client has sent, and the client learns that the broker has it.
func TestAMQP(t *testing.T) {
	server := counterparts.StartRabbitMQ(t, "")
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		consumer := server.Connect(t)
		if err := consumer.ExchangeDeclare("orders", "topic", true, false, false, false, nil); err != nil {
			t.Fatal(err)
		}
		server.AddQueue(t, consumer, "created", nil, "orders", "*.created", "amq.fanout", "")
		server.AddQueue(t, consumer, "copies", nil)
		server.AddQueue(t, consumer, "service", nil)
		tenant := harness.Object{"query.tenant": "{tenant}"}
		envoy := harness.StartEnvoy(t, host, natsConfig(t, amqpSettings(t, server, nil), map[string]natsCall{
			"topic": {target: "orders {tenant}.created\nX-Tenant: {{ tenant }}", parameters: tenant, settings: harness.Object{"message_id": "order-{tenant}"}},
			"queue": {target: `"" created`, settings: harness.Object{"persistent": false, "forward_headers": []any{"X-Shop"}}},
			"all":   {target: `amq.fanout ""`},
			"made": {target: "orders a.created\ntype: order\nApp-Id: shop\nexpiration: 60000\npriority: 3\ncorrelation-id: 7\nreply-to: copies\nuser-id: proxy\n" +
				"CC: copies\nX-A: 1\nX-A: 2\n\n{ \"id\": {{ int(body.id) }} }"},
			"ask": {target: `"" service`, settings: asking},
		}))
		t.Run("publish", func(t *testing.T) {
			head := "POST /topic?tenant=acme HTTP/1.1\ncontent-type: text/plain\ntraceparent: 00-1-2-01\ncookie: s3cr3t"
			answer := wantAnswer(t, envoy, head, "hello", http.StatusAccepted, `{"exchange":"orders","routing_key":"acme.created"}`)
			if got := answer.Headers.Get("content-type"); got != "application/json" {
				t.Errorf("content-type: got %s, want JSON", got)
			}
			wantAnswer(t, envoy, "POST /queue HTTP/2\nx-shop: 9\nx-other: 1", strings.Repeat("a", 400_000), http.StatusAccepted, `{"exchange":"","routing_key":"created"}`)
			wantAnswer(t, envoy, "POST /all HTTP/1.1", "", http.StatusAccepted, `{"exchange":"amq.fanout","routing_key":""}`)
			wantAnswer(t, envoy, "POST /made HTTP/1.1", `{"id": "17"}`, http.StatusAccepted, `"a.created"`)
			got := server.Messages(t, consumer, "created")
			if len(got) != 4 {
				t.Fatalf("got %d messages, want 4", len(got))
			}
			if m := got[0]; string(m.Body) != "hello" || m.RoutingKey != "acme.created" || m.DeliveryMode != amqp091.Persistent || m.ContentType != "text/plain" ||
				m.MessageId != "order-acme" || m.Headers["X-Tenant"] != "acme" || m.Headers["traceparent"] != "00-1-2-01" || m.Headers["cookie"] != nil {
				t.Errorf("got %+v", m)
			}
			if m := got[1]; len(m.Body) != 400_000 || m.DeliveryMode != amqp091.Transient || m.Headers["X-Shop"] != "9" || m.Headers["x-other"] != nil {
				t.Errorf("got %v with %d bytes", m.Headers, len(m.Body))
			}
			if m := got[2]; len(m.Body) != 0 || m.Exchange != "amq.fanout" || m.RoutingKey != "" {
				t.Errorf("got %+v", m)
			}
			m := got[3]
			if string(m.Body) != `{ "id": 17 }` || m.ContentType != "application/json" || m.Type != "order" || m.AppId != "shop" || m.Expiration != "60000" || m.Priority != 3 ||
				m.CorrelationId != "7" || m.ReplyTo != "copies" || m.UserId != "proxy" || m.Headers["X-A"] != "1, 2" {
				t.Errorf("got %+v", m)
			}
		})
		t.Run("request", func(t *testing.T) { amqpRequests(t, envoy, consumer) })
		if got := envoy.Counter(t, "funcroute.amqp.connected"); got != 1 {
			t.Errorf("there were %d connections, want one", got)
		}
		server.Messages(t, consumer, "copies")
	})
}

// amqpRequests asks a service that answers as it is told.
func amqpRequests(t *testing.T, envoy *harness.Envoy, service *amqp091.Channel) {
	replies := map[string]amqp091.Publishing{
		"fine": {
			ContentType: "text/plain", Body: []byte("well"),
			Headers: amqp091.Table{"X-A": "1", "X-N": int64(7), "Connection": "close", "x-list": []any{"a"}, "x line": "a", "x-end": "a\r\nb"},
		},
		"empty":   {},
		"created": {Headers: amqp091.Table{"status": int32(201)}, Body: []byte("made")},
		"404":     {Headers: amqp091.Table{"status": "404"}, Body: []byte("no such order")},
		"409":     {Headers: amqp091.Table{"status": int32(409)}},
		"99":      {Headers: amqp091.Table{"status": int32(99)}, Body: []byte("s3cr3t")},
		"twice":   {Body: []byte("s3cr3t")},
	}
	requests, err := service.Consume("service", "services", true, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = service.Cancel("services", false) }()
	go func() {
		for r := range requests {
			reply, known := replies[string(r.Body)]
			if !known || r.Expiration != "5000" {
				continue
			}
			publish := func() {
				_ = service.PublishWithContext(context.Background(), "", r.ReplyTo, false, false, reply)
			}
			if string(r.Body) == "twice" {
				reply.CorrelationId = "another"
				publish()
				reply.Body = []byte("right")
			}
			reply.CorrelationId = r.CorrelationId
			publish()
		}
	}()
	answer := wantAnswer(t, envoy, "POST /ask HTTP/1.1", "fine", http.StatusOK, "well")
	if h := answer.Headers; h.Get("x-a") != "1" || h.Get("x-n") != "7" || h.Get("content-type") != "text/plain" || h.Get("connection") == "close" || h.Get("x-end") != "" {
		t.Errorf("got %s", answer)
	}
	for body, want := range map[string]struct {
		status int
		body   string
	}{
		"empty": {200, ""}, "created": {201, "made"}, "404": {404, "no such order"}, "409": {409, "The service has failed."},
		"99": {502, "a status that there is not"}, "twice": {200, "right"},
	} {
		wantAnswer(t, envoy, "POST /ask HTTP/1.1", body, want.status, want.body)
	}
}

// Events are carried as the binding for AMQP has it, whatever mode they come in.
func TestAMQPEvents(t *testing.T) {
	server := counterparts.StartRabbitMQ(t, "")
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		consumer := server.Connect(t)
		server.AddQueue(t, consumer, "events", nil)
		envoy := harness.StartEnvoy(t, host, natsConfig(t, amqpSettings(t, server, harness.Object{"payload": "cloudevent"}), map[string]natsCall{
			"binary": {target: `"" events`}, "structured": {target: `"" events`, settings: harness.Object{"event_mode": "structured"}},
		}))
		binary := "\nce-specversion: 1.0\nce-id: 1\nce-source: /shop\nce-type: order\nce-note: a%20b%E2%82%AC\ncontent-type: application/json"
		structured := `{"specversion":"1.0","id":"1","source":"/shop","type":"order","note":"a b€","data":{"n":1.50}}`
		asStructured := "\ncontent-type: application/cloudevents+json"
		wantAnswer(t, envoy, "POST /binary HTTP/1.1"+binary, `{"n":1.50}`, http.StatusAccepted, "events")
		wantAnswer(t, envoy, "POST /binary HTTP/1.1"+asStructured, structured, http.StatusAccepted, "events")
		wantAnswer(t, envoy, "POST /structured HTTP/1.1"+asStructured, structured, http.StatusAccepted, "events")
		wantAnswer(t, envoy, "POST /structured HTTP/1.1"+binary, `{"n":1.50}`, http.StatusAccepted, "events")
		wantAnswer(t, envoy, "POST /binary HTTP/1.1", "{}", http.StatusBadRequest, "must be a CloudEvent")
		wantAnswer(t, envoy, "POST /binary HTTP/1.1\ncontent-type: application/cloudevents-batch+json", "[]", http.StatusBadRequest, "a batch")
		messages := server.Messages(t, consumer, "events")
		if len(messages) != 4 {
			t.Fatalf("got %d messages, want 4", len(messages))
		}
		for i, m := range messages[:2] {
			want := map[string]any{"specversion": "1.0", "id": "1", "source": "/shop", "type": "order", "note": "a b€", "datacontenttype": nil}
			for name, value := range want {
				if got := m.Headers["cloudEvents_"+name]; got != value {
					t.Errorf("message %d: %s: got %v, want %v", i+1, name, got, value)
				}
			}
			if string(m.Body) != `{"n":1.50}` || m.ContentType != "application/json" {
				t.Errorf("message %d: got %s as %s", i+1, m.Body, m.ContentType)
			}
		}
		for i, m := range messages[2:] {
			got := members(t, m.Body)
			if m.ContentType != "application/cloudevents+json" || m.Headers["cloudEvents_id"] != nil || got["note"] != `"a b€"` || got["data.n"] == "" {
				t.Errorf("message %d: got %+v, %s", i+3, m.Headers, m.Body)
			}
		}
	})
}
