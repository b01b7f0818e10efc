package e2e

import (
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// The example runs as it is, with a server of its own, and answers as its README says. Where the filter stands in the cluster, that needs
// an endpoint.
func TestExampleQueues(t *testing.T) {
	exchanges := readmeExchanges(t, "examples/queues/README.md")
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		server := counterparts.StartNATS(t, "")
		client := server.Connect(t)
		server.AddStream(t, client, &nats.StreamConfig{Name: "ORDERS", Subjects: []string{"orders.>"}})
		server.AddStream(t, client, &nats.StreamConfig{Name: "EVENTS", Subjects: []string{"events.>"}})
		answerPrices := func(m *nats.Msg) { _ = m.Respond([]byte(`{"price": 1.20}`)) }
		if _, err := client.Subscribe("prices.*", answerPrices); err != nil || client.Flush() != nil {
			t.Fatal(err)
		}
		config := harness.LoadConfig(t, "examples/queues/envoy.yaml").OnFreePorts()
		if host.Can(harness.UpstreamFilter) {
			config = config.To("nats", harness.StartUpstream(t).Address)
		}
		settings := config.Clusters()[0]["metadata"].(harness.Object)["filter_metadata"].(harness.Object)["funcroute"].(harness.Object)
		settings["servers"] = []any{server.URL()}
		perform(t, harness.StartEnvoy(t, host, config).Listener(t, "http"), exchanges)
		orders := server.Messages(t, client, "ORDERS")
		if len(orders) != 1 || orders[0].Subject != "orders.acme.created" || orders[0].Header.Get(nats.MsgIdHdr) != "acme-7f3a" ||
			string(orders[0].Data) != `{ "tenant": "acme", "item": "ink & paper", "quantity": 2 }` {
			t.Errorf("orders: got %+v", orders)
		}
		events := server.Messages(t, client, "EVENTS")
		if len(events) != 1 || events[0].Subject != "events.com.example.order.paid" || events[0].Header.Get("ce-source") != "/shop" || string(events[0].Data) != `{"order": 1}` {
			t.Errorf("events: got %+v", events)
		}
	})
}
