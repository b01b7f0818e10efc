package amqp

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	client "github.com/rabbitmq/amqp091-go"

	"github.com/funcroute/funcroute/plugins/kit/queue"
)

func TestAddress(t *testing.T) {
	for _, c := range []struct{ first, exchange, key, err string }{
		{"orders a.b", "orders", "a.b", ""},
		{"orders   a b", "orders", "a b", ""},
		{`"" mail`, "", "mail", ""},
		{`news ""`, "news", "", ""},
		{"orders", "", "", "EXCHANGE ROUTING-KEY"},
		{`""`, "", "", "EXCHANGE ROUTING-KEY"},
	} {
		parts, err := address(c.first)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: got %v, want %q", c.first, err, c.err)
			}
			continue
		}
		if err != nil || len(parts) != 2 || parts[0].Text != c.exchange || parts[1].Text != c.key {
			t.Errorf("%s: got %+v, %v, want %q and %q", c.first, parts, err, c.exchange, c.key)
		}
	}
}

func TestOutgoing(t *testing.T) {
	f := &function{settings: settings{Persistent: true, Mode: request, Publishing: queue.Publishing{Timeout: 1500 * time.Millisecond}}}
	m, err := f.outgoing(&queue.Message{
		Address: []string{"e", "k"}, ContentType: "text/plain", ContentEncoding: "gzip", Body: []byte("b"), ID: "7",
		Headers: []queue.Header{{Name: "X-A", Value: "1"}, {Name: "X-A", Value: "2"}, {Name: "Cc", Value: "a"}, {Name: "cc", Value: "b"}, {Name: "Message-Id", Value: "8"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := client.Table{"X-A": "1, 2", "CC": []any{"a", "b"}}
	if got := fmt.Sprint(m.Headers); got != fmt.Sprint(want) || m.Headers.Validate() != nil {
		t.Errorf("headers: got %s, want %v", got, want)
	}
	if m.Expiration != "1500" || m.DeliveryMode != client.Persistent || m.MessageId != "7" || m.ContentEncoding != "gzip" {
		t.Errorf("got %+v", m.Publishing)
	}
	if _, err := f.outgoing(&queue.Message{Address: []string{"e", "k"}, Headers: []queue.Header{{Name: strings.Repeat("a", 256)}}}); err == nil {
		t.Error("a header's name of 256 bytes is taken")
	}
	if m, err := f.outgoing(&queue.Message{Address: []string{"e", "k"}, Headers: []queue.Header{{Name: "a", Value: strings.Repeat("a", 200_000)}}}); err != nil || m.size < 200_000 {
		t.Errorf("a large header: got %d bytes, %v", m.size, err)
	}
}

func TestReplied(t *testing.T) {
	for _, c := range []struct {
		name    string
		reply   client.Delivery
		status  int
		headers string
		err     string
	}{
		{"nothing", client.Delivery{}, 200, "", ""},
		{"content", client.Delivery{ContentType: "a/b", ContentEncoding: "gzip", Body: []byte("x")}, 200, "content-encoding=gzip content-type=a/b", ""},
		{"headers", client.Delivery{Headers: client.Table{
			"X-A": "1", "n": int64(2), "yes": true, "bytes": []byte("b"), "at": time.Unix(0, 0), "list": []any{"a"}, "table": client.Table{}, "x y": "1", "end": "a\nb",
			"Host": "a", "Transfer-Encoding": "chunked", "Content-Length": "9", "x-envoy-a": "b", "content-type": "no/thing",
		}}, 200, "at=1970-01-01T00:00:00Z bytes=b n=2 x-a=1 yes=true", ""},
		{"a status", client.Delivery{Headers: client.Table{"status": int32(201)}}, 201, "", ""},
		{"a status as text", client.Delivery{Headers: client.Table{"status": "404"}, Body: []byte("x")}, 404, "", ""},
		{"an error without a body", client.Delivery{Headers: client.Table{"status": int16(409)}}, 409, "", "function_error"},
		{"a status that there is not", client.Delivery{Headers: client.Table{"status": "600"}}, 0, "", "invalid_answer"},
		{"one that begins an answer", client.Delivery{Headers: client.Table{"status": 101}}, 0, "", "invalid_answer"},
		{"no number", client.Delivery{Headers: client.Table{"status": []any{200}}}, 0, "", "invalid_answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			reply, err := replied(&c.reply)
			if c.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), c.err) {
					t.Errorf("got %v, want %s", err, c.err)
				}
				return
			}
			if err != nil || reply.Status != c.status {
				t.Fatalf("got %+v, %v, want status %d", reply, err, c.status)
			}
			var headers []string
			for _, h := range reply.Headers {
				headers = append(headers, h[0]+"="+h[1])
			}
			slices.Sort(headers)
			if got := strings.Join(headers, " "); got != c.headers {
				t.Errorf("headers: got %s, want %s", got, c.headers)
			}
		})
	}
}

// Whatever a target's first line says, what is compiled of it is one exchange and one key that the library can write.
// A broker may end the replies of a channel and not the channel itself, of which nothing will be heard then.
func TestRepliesEndBeforeTheChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replies := make(chan client.Delivery)
		close(replies)
		ch := &channel{Channel: &client.Channel{}, connection: &client.Connection{}, closes: make(chan *client.Error), replies: replies}
		if reply, err := hear(t.Context(), ch, &client.DeferredConfirmation{}, "7"); err == nil {
			t.Errorf("got %v, want an error", reply)
		}
	})
}

func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"orders a.b", `"" mail`, `news ""`, "a", "{x} {+y}", "e k\nCC: a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		target, err := queue.CompileTarget(text, queue.Publishing{Payload: "body"}, nil, protocol)
		if err != nil {
			return
		}
		parts, err := address(strings.TrimSpace(strings.SplitN(text, "\n", 2)[0]))
		if err != nil || len(parts) != 2 || len(parts[0].Text) > longestShort || strings.ContainsAny(parts[1].Text, "*#") {
			t.Errorf("%q: compiled to %+v, but its address is %+v, %v", text, target, parts, err)
		}
	})
}

// Whatever headers a message has, it either fits into the protocol's places or is refused.
func FuzzOutgoing(f *testing.F) {
	f.Add("X-A", "1", "X-A", "2")
	f.Add("CC", "a", "cc", "b")
	f.Add("priority", "9", "expiration", "-1")
	f.Add("type", strings.Repeat("a", 256), "", "")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		function := &function{}
		m, err := function.outgoing(&queue.Message{Address: []string{"e", "k"}, Headers: []queue.Header{{Name: name1, Value: value1}, {Name: name2, Value: value2}}})
		if err != nil {
			return
		}
		size := len(m.Type) + len(m.AppId) + len(m.UserId) + len(m.CorrelationId) + len(m.ReplyTo) + len(m.MessageId)
		for name, value := range maps.All(m.Headers) {
			text, _ := value.(string)
			size += len(name) + len(text)
			if len(name) > longestShort {
				t.Errorf("a name of %d bytes", len(name))
			}
		}
		if err := m.Headers.Validate(); err != nil || size > m.size || len(m.Type) > longestShort || len(m.Expiration) > longestShort {
			t.Errorf("got %+v of %d bytes, said to be %d, %v", m.Publishing, size, m.size, err)
		}
	})
}
