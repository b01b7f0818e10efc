package e2e

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/eclipse/paho.golang/paho"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// mqttSettings are those of a cluster whose broker this is.
func mqttSettings(broker *counterparts.Mosquitto, further harness.Object) harness.Object {
	settings := harness.Object{"type": "mqtt", "servers": []any{broker.URL()}}
	maps.Copy(settings, further)
	return settings
}

// What a client sends reaches who subscribes to the topic.
func TestMQTT(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		broker := counterparts.StartMosquitto(t, "")
		subscriber := broker.Subscribe(t, "", "", "orders/#")
		envoy := harness.StartEnvoy(t, host, natsConfig(t, mqttSettings(broker, nil), map[string]natsCall{
			"plain": {
				target: "orders/{tenant}/created\nX-Tenant: {{ tenant }}", settings: harness.Object{"message_id": "order-{key}", "forward_headers": []any{"X-Shop"}},
				parameters: harness.Object{"query.tenant": "{tenant}", "header.idempotency-key": "{key}"},
			},
			"made":     {target: "orders/made\n\n{ \"id\": {{ int(body.id) }} }"},
			"once":     {target: "orders/once", settings: harness.Object{"qos": 0}},
			"retained": {target: "state/lamp", settings: harness.Object{"retain": true}},
			"nobody":   {target: "news", settings: harness.Object{"mandatory": false}},
		}))
		head := "POST /plain?tenant=acme HTTP/1.1\nidempotency-key: 7\ncontent-type: text/plain\nx-shop: 9\nx-other: 1\ntraceparent: 00-1-2-01\ncookie: s3cr3t"
		answer := wantAnswer(t, envoy, head, "hello", http.StatusAccepted, `{"topic":"orders/acme/created"}`)
		if got := answer.Headers.Get("content-type"); got != "application/json" {
			t.Errorf("content-type: got %s, want JSON", got)
		}
		wantAnswer(t, envoy, "POST /made HTTP/2", `{"id": "17"}`, http.StatusAccepted, `{"topic":"orders/made"}`)
		wantAnswer(t, envoy, "POST /once HTTP/1.1", strings.Repeat("a", 100_000), http.StatusAccepted, `{"topic":"orders/once"}`)
		wantAnswer(t, envoy, "POST /retained HTTP/1.1", "on", http.StatusAccepted, `{"topic":"state/lamp"}`)
		wantAnswer(t, envoy, "POST /nobody HTTP/1.1", "", http.StatusAccepted, `{"topic":"news"}`)
		messages := subscriber.Wait(t, 3)
		wantMessage(t, messages[0], "orders/acme/created", "text/plain", "hello", map[string]string{
			"X-Tenant": "acme", "message_id": "order-7", "X-Shop": "9", "x-other": "", "traceparent": "00-1-2-01", "cookie": "",
		})
		wantMessage(t, messages[1], "orders/made", "application/json", `{ "id": 17 }`, nil)
		if len(messages[2].Payload) != 100_000 || messages[2].QoS != 0 || messages[1].QoS != 1 {
			t.Errorf("got %d bytes with QoS %d", len(messages[2].Payload), messages[2].QoS)
		}
	})
}

// What is retained is there for who comes later.
func TestMQTTRetains(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		broker := counterparts.StartMosquitto(t, "")
		envoy := harness.StartEnvoy(t, host, natsConfig(t, mqttSettings(broker, nil), map[string]natsCall{
			"keep": {target: "state/lamp", settings: harness.Object{"retain": true}},
		}))
		wantAnswer(t, envoy, "POST /keep HTTP/1.1", "on", http.StatusAccepted, `{"topic":"state/lamp"}`)
		got := broker.Subscribe(t, "", "", "state/+").Wait(t, 1)
		wantMessage(t, got[0], "state/lamp", "", "on", nil)
	})
}

func wantMessage(t *testing.T, got *paho.Publish, topic, contentType, body string, user map[string]string) {
	t.Helper()
	if got.Topic != topic || got.Properties.ContentType != contentType || string(got.Payload) != body {
		t.Errorf("got %s", got)
	}
	for name, value := range user {
		if got := got.Properties.User.Get(name); got != value {
			t.Errorf("user property %s: got %q, want %q", name, got, value)
		}
	}
}

// Events are carried as the binding for MQTT has it, whatever mode they come in.
func TestMQTTEvents(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		broker := counterparts.StartMosquitto(t, "")
		subscriber := broker.Subscribe(t, "", "", "events")
		settings := mqttSettings(broker, harness.Object{"payload": "cloudevent", "forward_headers": []any{"type"}})
		envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, map[string]natsCall{
			"binary": {target: "events"}, "structured": {target: "events", settings: harness.Object{"event_mode": "structured"}},
		}))
		binary := "\nce-specversion: 1.0\nce-id: 1\nce-source: /shop\nce-type: order\nce-note: a%20b%E2%82%AC\ncontent-type: application/json\ntype: mine"
		structured := `{"specversion":"1.0","id":"1","source":"/shop","type":"order","note":"a b€","datacontenttype":"application/json","data":{"n":1.50}}`
		asStructured := "\ncontent-type: application/cloudevents+json"
		wantAnswer(t, envoy, "POST /binary HTTP/1.1"+binary, `{"n":1.50}`, http.StatusAccepted, "events")
		wantAnswer(t, envoy, "POST /binary HTTP/1.1"+asStructured, structured, http.StatusAccepted, "events")
		wantAnswer(t, envoy, "POST /structured HTTP/1.1"+asStructured, structured, http.StatusAccepted, "events")
		wantAnswer(t, envoy, "POST /structured HTTP/1.1"+binary, `{"n":1.50}`, http.StatusAccepted, "events")
		wantAnswer(t, envoy, "POST /binary HTTP/1.1", "{}", http.StatusBadRequest, "must be a CloudEvent")
		for i, message := range subscriber.Wait(t, 4) {
			if i < 2 {
				wantMessage(t, message, "events", "application/json", `{"n":1.50}`, map[string]string{
					"specversion": "1.0", "id": "1", "source": "/shop", "type": "order", "note": "a b€", "datacontenttype": "",
				})
				if got := message.Properties.User.GetAll("type"); len(got) != 1 {
					t.Errorf("message %d: type: got %q, want the attribute alone", i+1, got)
				}
				continue
			}
			got := members(t, message.Payload)
			if message.Properties.ContentType != "application/cloudevents+json" || message.Properties.User.Get("id") != "" || got["note"] != `"a b€"` || got["data.n"] == "" {
				t.Errorf("message %d: got %s", i+1, message)
			}
		}
	})
}

// mosquittoFile writes a file that the broker reads, and returns its path.
func mosquittoFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What the broker refuses is never a 202, and the client learns whether it may try again. Other messages are none the worse for it.
func TestMQTTRefusals(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		harness.Secret("s3cr3t-mqtt")
		passwords := counterparts.MosquittoPassword(t, "proxy", "s3cr3t-mqtt") + counterparts.MosquittoPassword(t, "test", "test")
		broker := counterparts.StartMosquitto(t, "allow_anonymous false\nmessage_size_limit 4096\nmax_packet_size 10000\npassword_file "+mosquittoFile(t, passwords)+
			"\nacl_file "+mosquittoFile(t, "user proxy\ntopic write orders/#\ntopic write nobody\nuser test\ntopic read #\n"))
		subscriber := broker.Subscribe(t, "test", "test", "orders/#", "secret")
		settings := mqttSettings(broker, harness.Object{"username": "proxy", "password": passwordFile(t, "s3cr3t-mqtt")})
		value := harness.Object{"query.x": "{x}"}
		envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, map[string]natsCall{
			"order": {target: "orders/a"}, "nobody": {target: "nobody"}, "denied": {target: "secret"},
			"level": {target: "orders/{x}", parameters: value}, "levels": {target: "orders/{+x}", parameters: value},
			"header": {target: "orders/a\nX-A: {{ x }}", parameters: value}, "written": {target: "orders/written", settings: harness.Object{"qos": 0}},
		}))
		// Mosquitto 2.0 ends a connection after it has said that it does not take a message: twice here, and for nothing else.
		envoy.Expect("mqtt: mqtt://.*the connection (has ended|is lost)")
		const ended = 2
		for _, c := range []struct {
			name, path, body string
			status           int
			want             string
		}{
			{"nobody subscribes", "nobody", "1", 502, "Nobody subscribes to the topic"},
			{"not permitted", "denied", "1", 502, "does not let the proxy publish"},
			{"too large a message", "order", strings.Repeat("a", 5000), 413, "larger than the broker takes"},
			{"too large a packet", "order", strings.Repeat("a", 10_000), 413, "larger than the broker takes"},
			{"too large a packet without an acknowledgement", "written", strings.Repeat("a", 10_000), 413, "larger than the broker takes"},
			{"a wildcard", "level?x=%2B", "1", 400, "cannot stand there"},
			{"the other wildcard", "level?x=%23", "1", 400, "cannot stand there"},
			{"a slash", "level?x=a/b", "1", 400, "several parts of one"},
			{"a wildcard among levels", "levels?x=a/%23", "1", 400, "cannot stand there"},
			{"too many levels", "levels?x=" + strings.Repeat("a/", 250), "1", 400, "levels"},
			{"a control character", "level?x=%C2%85", "1", 400, "control character"},
			{"no character", "level?x=%EF%BF%BF", "1", 400, "no character"},
			{"a header that is none", "header?x=%C2%85", "1", 400, "control character"},
		} {
			t.Run(c.name, func(t *testing.T) {
				answer := wantAnswer(t, envoy, "POST /"+c.path+" HTTP/1.1", c.body, c.status, c.want)
				if got := answer.Headers.Get("retry-after"); got != "" {
					t.Errorf("retry-after: got %q, want none", got)
				}
			})
		}
		wantAnswer(t, envoy, "POST /order HTTP/1.1", "2", http.StatusAccepted, `{"topic":"orders/a"}`)
		if got := subscriber.Wait(t, 1); len(got) != 1 || string(got[0].Payload) != "2" {
			t.Errorf("got %d messages, want the one that was answered 202", len(got))
		}
		if got := envoy.Counter(t, "funcroute.mqtt.connected"); got != 1+ended {
			t.Errorf("there were %d connections, want %d", got, 1+ended)
		}
	})
}

// A broker that is not there, that dies with a message under way or stops reading: a 503 where nothing was sent, a 504 where nobody
// knows. When it is there again, so is the function.
func TestMQTTBrokerDies(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		broker := counterparts.StartMosquitto(t, "")
		broker.Kill()
		settings := mqttSettings(broker, harness.Object{"mandatory": false, "timeout": "10s", "max_in_flight": 2})
		envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, map[string]natsCall{
			"order": {target: "orders"}, "brief": {target: "orders", settings: harness.Object{"timeout": "200ms"}},
		}))
		envoy.Expect("mqtt: mqtt://") // It says that it cannot connect, and that the connection is lost.
		answer := wantAnswer(t, envoy, "POST /order HTTP/1.1", "{}", http.StatusServiceUnavailable, "The broker cannot be reached. The message was not sent")
		if got := answer.Headers.Get("retry-after"); got != "1" {
			t.Errorf("retry-after: got %q, want 1", got)
		}
		broker.Start(t)
		harness.Eventually(t, "the function works", func() error {
			return harness.WantStatus(envoy.Listener(t, "http"), "POST /order HTTP/1.1", http.StatusAccepted)
		})
		broker.Signal(syscall.SIGSTOP)
		answers := make(chan string, 2)
		for range cap(answers) {
			go func() {
				answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "POST /order HTTP/1.1", "{}"))
				answers <- fmt.Sprint(answer, err)
			}()
		}
		untilActive(t, envoy, cap(answers))
		answer = wantAnswer(t, envoy, "POST /order HTTP/1.1", "{}", http.StatusServiceUnavailable, "Too many messages are under way")
		if got := answer.Headers.Get("retry-after"); got != "1" {
			t.Errorf("retry-after: got %q, want 1", got)
		}
		broker.Kill()
		for range cap(answers) {
			if got := <-answers; !strings.Contains(got, "504") || !strings.Contains(got, "the outcome is unknown") {
				t.Errorf("under way when the broker dies: got %s, want 504", got)
			}
		}
		wantAnswer(t, envoy, "POST /order HTTP/1.1", "{}", http.StatusServiceUnavailable, "The message was not sent")
		broker.Start(t)
		harness.Eventually(t, "the function works", func() error {
			return harness.WantStatus(envoy.Listener(t, "http"), "POST /order HTTP/1.1", http.StatusAccepted)
		})
		broker.Signal(syscall.SIGSTOP)
		wantAnswer(t, envoy, "POST /brief HTTP/1.1", "{}", http.StatusGatewayTimeout, "the outcome is unknown")
		broker.Signal(syscall.SIGCONT)
		wantAnswer(t, envoy, "POST /order HTTP/1.1", "{}", http.StatusAccepted, "orders")
	})
}

// A broker that asks for a password lets the proxy in that has it; one that refuses is a 503, and a password that is replaced on both
// sides is used soon. So it is with a client id of the user's, under which there is one connection at a time.
func TestMQTTPasswords(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		for name, further := range map[string]harness.Object{"an id each": nil, "one id": {"client_id": "gateway"}} {
			t.Run(name, func(t *testing.T) { mqttPasswords(t, host, further) })
		}
	})
}

func mqttPasswords(t *testing.T, host harness.Host, further harness.Object) {
	harness.Secret("s3cr3t-old", "s3cr3t-new", "s3cr3t-bad")
	passwords := mosquittoFile(t, counterparts.MosquittoPassword(t, "proxy", "s3cr3t-old"))
	broker := counterparts.StartMosquitto(t, "allow_anonymous false\npassword_file "+passwords)
	path := filepath.Join(t.TempDir(), "password")
	write := func(path, text string) {
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	write(path, "s3cr3t-bad")
	settings := mqttSettings(broker, harness.Object{"username": "proxy", "password": "file:" + path, "mandatory": false})
	maps.Copy(settings, further)
	envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, map[string]natsCall{"f": {target: "news"}}))
	envoy.Expect("mqtt: mqtt://")
	wantAnswer(t, envoy, "POST /f HTTP/1.1", "", http.StatusServiceUnavailable, "The broker does not let the proxy in. The message was not sent.")
	works := func() error {
		return harness.WantStatus(envoy.Listener(t, "http"), "POST /f HTTP/1.1", http.StatusAccepted)
	}
	write(path, "s3cr3t-old")
	harness.Eventually(t, "the password is used", works)
	write(path, "s3cr3t-new")
	write(passwords, counterparts.MosquittoPassword(t, "proxy", "s3cr3t-new"))
	broker.Signal(syscall.SIGHUP) // It reads the passwords anew.
	harness.Eventually(t, "the new password is used", func() error {
		if err := works(); err != nil {
			return err
		}
		if got := envoy.Counter(t, "funcroute.mqtt.connected"); got < 2 {
			return fmt.Errorf("got %d connections, want another one", got)
		}
		return nil
	})
}

// A broker with TLS that asks for a client's certificate lets the proxy in that has one, and must have the right name itself.
func TestMQTTCertificates(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		authority := harness.NewAuthority(t, certificateOf("authority", 1))
		own, clients := authority.Issue(t, certificateOf("mqtt.test", 2)), authority.Issue(t, certificateOf("mqtt.test", 3))
		harness.Secret(clients.Key)
		ca := mosquittoFile(t, authority.PEM())
		broker := counterparts.StartMosquitto(t, "cafile "+ca+"\ncertfile "+mosquittoFile(t, own.PEM)+"\nkeyfile "+mosquittoFile(t, own.Key)+
			"\nrequire_certificate true")
		name, port, _ := net.SplitHostPort(broker.Address)
		settings := harness.Object{
			"type": "mqtt", "servers": []any{"mqtts://" + net.JoinHostPort(name, port)}, "mandatory": false, "tls_ca_file": ca, "tls_server_name": "mqtt.test",
			"tls_certificate_file": mosquittoFile(t, clients.PEM), "tls_key_file": mosquittoFile(t, clients.Key),
		}
		calls := map[string]natsCall{"f": {target: "news"}}
		envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, calls))
		wantAnswer(t, envoy, "POST /f HTTP/1.1", strings.Repeat("a", 100_000), http.StatusAccepted, "news")
		wrong := harness.Clone(settings).(harness.Object)
		wrong["tls_server_name"] = "other.test"
		envoy = harness.StartEnvoy(t, host, natsConfig(t, wrong, calls))
		envoy.Expect("mqtt: mqtts://")
		wantAnswer(t, envoy, "POST /f HTTP/1.1", "", http.StatusServiceUnavailable, "The message was not sent")
	})
}
