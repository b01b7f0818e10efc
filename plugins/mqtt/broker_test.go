package mqtt

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/queue"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// scriptedBroker says of messages what no broker can be made to say. Of each it gets, it answers what a test wants.
type scriptedBroker struct {
	address string
	hello   *packets.Connack
	says    func(conn net.Conn, m *packets.Publish)
	got     chan *packets.Publish
}

func startBroker(t *testing.T, hello *packets.Connack, says func(net.Conn, *packets.Publish)) *scriptedBroker {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &scriptedBroker{address: listener.Addr().String(), hello: hello, says: says, got: make(chan *packets.Publish, 64)}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go b.serve(conn)
		}
	}()
	return b
}

func (b *scriptedBroker) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	for {
		packet, err := packets.ReadPacket(conn)
		if err != nil {
			return
		}
		switch content := packet.Content.(type) {
		case *packets.Connect:
			_, err = b.hello.WriteTo(conn)
		case *packets.Publish:
			b.got <- content
			b.says(conn, content)
		case *packets.Pingreq:
			_, err = packets.NewControlPacket(packets.PINGRESP).WriteTo(conn)
		}
		if err != nil {
			return
		}
	}
}

// answers has a broker acknowledge messages for a reason.
func answers(code byte) func(net.Conn, *packets.Publish) {
	return func(conn net.Conn, m *packets.Publish) {
		puback := &packets.Puback{PacketID: m.PacketID, ReasonCode: code, Properties: &packets.Properties{}}
		_, _ = puback.WriteTo(conn)
	}
}

func welcome(properties *packets.Properties) *packets.Connack {
	return &packets.Connack{Properties: properties}
}

// broker opens a client of the broker's.
func (b *scriptedBroker) broker(t *testing.T, maxInFlight int) *queue.Broker[*connection] {
	t.Helper()
	connecting := &queue.Connecting{Servers: []string{"mqtt://" + b.address}, MaxInFlight: maxInFlight}
	environment := &plugintest.Environment{}
	secrets, err := queue.OpenSecrets(environment, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &dialer{settings: connecting, secrets: secrets}
	client := queue.NewPool[*connection]().Open(environment, connecting.Key(secrets), queue.Options[*connection]{
		Dial: d.dial, MaxInFlight: maxInFlight, Connected: connected, Lost: lost, Failed: failed,
	})
	t.Cleanup(client.CloseIdle)
	return client
}

// send publishes a message of a size.
func send(t *testing.T, client *queue.Broker[*connection], f *function, size int, timeout time.Duration) (*plugins.Reply, error) {
	t.Helper()
	m, err := f.outgoing(&queue.Message{Address: []string{"orders"}, Body: []byte(strings.Repeat("a", size))})
	if err != nil {
		t.Fatal(err)
	}
	return client.Do(t.Context(), timeout, func(ctx context.Context, c *connection) (*plugins.Reply, error) {
		return c.publish(ctx, &plugintest.Environment{}, m)
	})
}

// wantReason compares the reason of an error, "" for none.
func wantReason(t *testing.T, err error, want plugins.Reason) {
	t.Helper()
	var known *plugins.Error
	errors.As(err, &known)
	switch {
	case want == "" && err != nil, want != "" && (known == nil || known.Reason != want):
		t.Errorf("got %v, want reason %q", err, want)
	}
}

const patience = 10 * time.Second

// What a broker says of a message is what the client gets.
func TestReasonsOfBrokers(t *testing.T) {
	mandatory := &function{qos: 1, mandatory: true}
	for name, c := range map[string]struct {
		code byte
		of   *function
		want plugins.Reason
	}{
		"acknowledged":                        {packets.PubackSuccess, mandatory, ""},
		"nobody subscribes":                   {packets.PubackNoMatchingSubscribers, mandatory, plugins.UpstreamRejected},
		"nobody subscribes, and nobody minds": {packets.PubackNoMatchingSubscribers, &function{qos: 1}, ""},
		"no room":                             {packets.PubackQuotaExceeded, mandatory, plugins.Overloaded},
		"not allowed":                         {packets.PubackNotAuthorized, mandatory, plugins.UpstreamRejected},
		"too large":                           {packets.DisconnectPacketTooLarge, mandatory, plugins.BodyTooLarge},
		"a topic that it does not like":       {packets.PubackTopicNameInvalid, mandatory, plugins.UpstreamRejected},
		"no reason":                           {packets.PubackUnspecifiedError, mandatory, plugins.UpstreamRejected},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t, welcome(&packets.Properties{}), answers(c.code))
			_, err := send(t, b.broker(t, 8), c.of, 1, patience)
			wantReason(t, err, c.want)
		})
	}
}

// A message that is not allowed by what the broker has said of itself is not sent.
func TestLimitsOfBrokers(t *testing.T) {
	largest, none := uint32(100), byte(0)
	for name, c := range map[string]struct {
		properties packets.Properties
		of         function
		size       int
		want       plugins.Reason
	}{
		"just small enough":   {packets.Properties{MaximumPacketSize: &largest}, function{qos: 1}, 87, ""},
		"one byte too many":   {packets.Properties{MaximumPacketSize: &largest}, function{qos: 1}, 88, plugins.BodyTooLarge},
		"no such quality":     {packets.Properties{MaximumQOS: &none}, function{qos: 1}, 1, plugins.UpstreamRejected},
		"nothing is retained": {packets.Properties{RetainAvailable: &none}, function{qos: 1, retain: true}, 1, plugins.UpstreamRejected},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t, welcome(&c.properties), answers(0))
			_, err := send(t, b.broker(t, 8), &c.of, c.size, patience)
			wantReason(t, err, c.want)
			if sent := len(b.got) == 1; sent != (c.want == "") {
				t.Errorf("sent: got %t", sent)
			}
		})
	}
}

// Of a message that is sent and not acknowledged nothing is known. It keeps its place, so that those behind it are not sent in vain.
func TestNoAcknowledgement(t *testing.T) {
	one := uint16(1)
	b := startBroker(t, welcome(&packets.Properties{ReceiveMaximum: &one}), func(net.Conn, *packets.Publish) {})
	client := b.broker(t, 8)
	_, err := send(t, client, &function{qos: 1}, 1, patience/50)
	wantReason(t, err, plugins.FunctionTimeout)
	_, err = send(t, client, &function{qos: 1}, 1, patience/50)
	wantReason(t, err, plugins.Overloaded)
	if _, err = send(t, client, &function{}, 1, patience); err != nil {
		t.Errorf("a message that is not to be acknowledged: %v", err)
	}
	if <-b.got; (<-b.got).QoS != 0 {
		t.Error("the second message was sent although the first is not acknowledged")
	}
}

// A broker that does not say how many messages may wait for it, and acknowledges none, does not have them pile up here.
func TestMessagesWithoutAcknowledgementAreBounded(t *testing.T) {
	b := startBroker(t, welcome(&packets.Properties{}), func(net.Conn, *packets.Publish) {})
	client := b.broker(t, 2)
	for _, want := range []plugins.Reason{plugins.FunctionTimeout, plugins.FunctionTimeout, plugins.Overloaded} {
		_, err := send(t, client, &function{qos: 1}, 1, patience/50)
		wantReason(t, err, want)
	}
	if len(b.got) != 2 {
		t.Errorf("got %d messages, want 2", len(b.got))
	}
}

// A message under way when the connection ends may have arrived. It is not sent again on the next connection.
func TestConnectionEndsUnderWay(t *testing.T) {
	for name, end := range map[string]func(net.Conn, *packets.Publish){
		"at once": func(conn net.Conn, _ *packets.Publish) { _ = conn.Close() },
		"with a word": func(conn net.Conn, _ *packets.Publish) {
			bye := &packets.Disconnect{ReasonCode: packets.DisconnectServerShuttingDown, Properties: &packets.Properties{ReasonString: "maintenance"}}
			_, _ = bye.WriteTo(conn)
		},
		"by what is no packet": func(conn net.Conn, _ *packets.Publish) { _, _ = conn.Write([]byte{0, 0}) },
	} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t, welcome(&packets.Properties{}), func(conn net.Conn, m *packets.Publish) {
				if len(m.Payload) == 1 {
					end(conn, m)
					return
				}
				answers(0)(conn, m)
			})
			client := b.broker(t, 8)
			_, err := send(t, client, &function{qos: 1}, 1, patience)
			wantReason(t, err, plugins.FunctionTimeout)
			if _, err = send(t, client, &function{qos: 1}, 2, patience); err != nil {
				t.Errorf("the next message: %v", err)
			}
			if first, second := <-b.got, <-b.got; len(first.Payload) != 1 || len(second.Payload) != 2 || len(b.got) != 0 {
				t.Errorf("got %v and %v, and %d more", first, second, len(b.got))
			}
		})
	}
}

// A broker that does not let the proxy in says so, and no message is sent.
func TestRefusedLogin(t *testing.T) {
	for name, code := range map[string]byte{
		"bad password": packets.ConnackBadUsernameOrPassword, "not allowed": packets.ConnackNotAuthorized, "busy": packets.ConnackServerBusy,
	} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t, &packets.Connack{ReasonCode: code, Properties: &packets.Properties{}}, nil)
			_, err := send(t, b.broker(t, 8), &function{qos: 1}, 1, patience)
			wantReason(t, err, queue.BrokerUnavailable)
		})
	}
}

// That no server is there is one line for the log, the same in whatever order they are tried.
func TestNoServer(t *testing.T) {
	secrets, err := queue.OpenSecrets(&plugintest.Environment{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &dialer{settings: &queue.Connecting{Servers: []string{"mqtt://127.0.0.1:1", "mqtt://127.0.0.1:2"}}, secrets: secrets}
	lines := map[string]bool{}
	for range 16 {
		_, err := d.dial(t.Context(), func(string) {})
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Fatalf("got %v, want one line", err)
		}
		lines[err.Error()] = true
	}
	if len(lines) != 1 {
		t.Errorf("got %v, want the same each time", lines)
	}
}

// Under a client id of the user's, nothing is under way on the old connection when the next one takes its place. If there is no next one, the
// old one goes on.
func TestOneConnectionForAnID(t *testing.T) {
	b := startBroker(t, welcome(&packets.Properties{}), answers(0))
	secrets, err := queue.OpenSecrets(&plugintest.Environment{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	there, gone := []string{"mqtt://" + b.address}, []string{"mqtt://127.0.0.1:1"}
	d := &dialer{settings: &queue.Connecting{Servers: there, MaxInFlight: 8}, clientID: "gateway", secrets: secrets}
	dial := func() (*connection, error) { return d.dial(t.Context(), func(string) {}) }
	first, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	d.settings.Servers = gone
	if _, err := dial(); err == nil || len(first.slots) != 0 {
		t.Errorf("without a next connection: got error %v, %d of the first one's places taken, want an error and none", err, len(first.slots))
	}
	d.settings.Servers = there
	second, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if len(first.slots) != cap(first.slots) || len(second.slots) != 0 {
		t.Errorf("got %d and %d places taken, want all of the first one's and none of the second's", len(first.slots), len(second.slots))
	}
}

// Whatever a topic and a value are, what leaves is a packet that the broker's side reads as what was meant, or nothing leaves.
func FuzzPackets(f *testing.F) {
	f.Add("orders/17", "text/plain", "value", []byte("body"))
	f.Add("a//b/", "", "a\u0085", []byte{})
	f.Add("\uffff", "\xff", strings.Repeat("a", longestText+1), []byte{0})
	f.Fuzz(func(t *testing.T, topic, contentType, value string, body []byte) {
		message := &queue.Message{Address: []string{topic}, ContentType: contentType, Headers: []queue.Header{{Name: "x-a", Value: value}}, Body: body}
		m, err := (&function{qos: 1}).outgoing(message)
		if err != nil || topic == "" || len(topic) > topicRule.Longest {
			return
		}
		var wire strings.Builder
		if _, err := m.Packet().WriteTo(&wire); err != nil || wire.Len() != m.size {
			t.Fatalf("got %d bytes, want %d: %v", wire.Len(), m.size, err)
		}
		packet, err := packets.ReadPacket(strings.NewReader(wire.String()))
		if err != nil {
			t.Fatal(err)
		}
		got, is := packet.Content.(*packets.Publish)
		if !is || got.Topic != topic || got.Properties.ContentType != contentType || string(got.Payload) != string(body) ||
			len(got.Properties.User) != 1 || got.Properties.User[0].Value != value {
			t.Errorf("got %+v", got)
		}
	})
}
