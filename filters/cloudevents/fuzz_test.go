package cloudevents

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/filters/host/hosttest"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// FuzzFilter sends what clients may think of, and has the SDK read what arrives upstream: it must be the event that the
// route was chosen by, in every mode of delivery.
func FuzzFilter(f *testing.F) {
	const minimal = `{"specversion":"1.0","type":"t","source":"s","id":"1"`
	f.Add("application/cloudevents+json", "", "", "ce-type", "u", []byte(minimal+`,"data":{"a":1}}`), byte(1))
	f.Add("Application/CloudEvents+JSON;x", "1.0", "b", "x-event-type", "u", []byte(minimal+`,"data_base64":"aGk=","n":7}`), byte(1))
	f.Add("application/cloudevents-batch+json", "", "", "ce-id", "1", []byte("["+minimal+"},"+minimal+"}]"), byte(2))
	f.Add("application/json", "1.0", "Euro%20%E2%82%AC", "ce-subject", "\"a\\\"b\"", []byte(`{"a":1}`), byte(2))
	f.Add("text/plain", "1.0", "t", "ce-Type", "u", []byte("\xff"), byte(2))
	f.Add("", "", "", "x-event-type", "spoofed", []byte(""), byte(0))
	run := hosttest.Memory{}.Session(&testing.T{}, New(), benchOptions)
	f.Fuzz(func(t *testing.T, contentType, version, eventType, name, value string, body []byte, deliver byte) {
		x := hosttest.Exchange{
			Request: hosttest.Message{Headers: [][2]string{{":method", "POST"}, {":path", "/"}, {":authority", "a"}}},
			Answer:  hosttest.Message{Headers: [][2]string{{":status", "200"}}},
		}
		for _, header := range [][2]string{
			{"content-type", contentType}, {"ce-specversion", version}, {"ce-type", eventType}, {"ce-source", "s"}, {"ce-id", "1"}, {strings.ToLower(name), value},
		} {
			if !isHeader(header) {
				return
			}
			if header[1] != "" {
				x.Request.Headers = append(x.Request.Headers, header)
			}
		}
		if len(body) > 0 {
			x.Request.Chunks = [][]byte{body}
		}
		if mode := [...]string{"", "binary", "structured"}[deliver%3]; mode != "" {
			x.Cluster = hosttest.Metadata{namespace: {"deliver": mode}}
		}
		got := run(x)
		if got.Details == "funcroute_internal_error" {
			t.Fatalf("a bug of ours: %v", got.Logs[len(got.Logs)-1])
		}
		if got.Sent == nil {
			return
		}
		first := func(name string) string { return plugintest.NewHeaders(x.Request.Headers...).Get(name) }
		if mode := events.ModeOf(first("content-type"), first("ce-specversion")); mode == events.Binary || mode == events.Structured {
			arrived(t, got.Sent)
		}
	})
}

// isHeader reports whether Envoy would take a header, and would not take it for another than it is.
func isHeader(header [2]string) bool {
	for i := range len(header[0]) {
		if strings.IndexByte("abcdefghijklmnopqrstuvwxyz0123456789-_", header[0][i]) < 0 {
			return false
		}
	}
	return header[0] != "" && header[0] != "ce-" && !strings.ContainsAny(header[1], "\x00\r\n") && header[1] == strings.TrimSpace(header[1])
}

func arrived(t *testing.T, sent *hosttest.Message) {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://localhost/", bytes.NewReader([]byte(sent.Body())))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range sent.Headers {
		if header[0][0] != ':' {
			request.Header.Add(header[0], header[1])
		}
	}
	event, err := binding.ToEvent(context.Background(), cehttp.NewMessageFromHttpRequest(request))
	if err != nil {
		return // What the SDK is stricter in is told in events/oracle_test.go.
	}
	binary := request.Header.Get("ce-specversion") != ""
	for name, value := range map[string]string{"x-event-type": event.Type(), "x-event-id": event.ID(), "x-event-subject": event.Subject()} {
		if binary {
			value, _ = events.Decode(value) // The SDK does not.
		}
		if shown, _ := events.Decode(sent.Header(name)); shown != value && utf8.ValidString(value) {
			t.Errorf("%s = %q, but the upstream reads %q", name, shown, value)
		}
	}
}

// FuzzMatches asks that a configuration is refused or evaluated, and nothing else.
func FuzzMatches(f *testing.F) {
	for _, seed := range []string{
		`"type = 'a' AND INT(amount) > 1"`, `{"any":[{"exact":{"type":"t"}},{"not":{"prefix":{"id":"1"}}}]}`, `["TRUE",{"cesql":"EXISTS a"}]`,
		`"type = 'a' #"`, `"'"`, `"1 = "`, `{"not":[]}`, `""`, `"LEFT(id, -1) = 'a'"`, `"1 / 0 = 1"`, `"-2147483648 / -1 = 1"`, `"ABS(-2147483648) = 1"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, raw []byte) {
		if len(raw) > 200 {
			return // The parser takes its time with longer ones, which only an operator can write.
		}
		options, err := parseOptions([]byte(`{"matches":{"a":` + string(raw) + `}}`))
		if err != nil {
			return
		}
		for _, m := range options.matches {
			_, _ = m.matcher.match(trial())
		}
	})
}
