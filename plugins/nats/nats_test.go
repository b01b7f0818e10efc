package nats

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	client "github.com/nats-io/nats.go"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/queue"
)

func TestViolation(t *testing.T) {
	cases := []struct {
		text, subject string
		is            bool
	}{
		{`Permissions Violation for Publish to "a.b"`, "a.b", true},
		{`Permissions Violation for Publish to "größe \"q\""`, `größe "q"`, true},
		{`Permissions Violation for Publish to "gr\u00f6\u00dfe"`, "größe", true},
		{`Permissions Violation for Publish to a.b`, "", false},
		{`Permissions Violation for Subscription to "_INBOX.>"`, "", false},
	}
	for _, c := range cases {
		subject, is := violation(fmt.Errorf("%w: %s", client.ErrPermissionViolation, c.text))
		if subject != c.subject || is != c.is {
			t.Errorf("%s: got %q, %v, want %q, %v", c.text, subject, is, c.subject, c.is)
		}
	}
	if _, is := violation(errors.New(`Publish to "a"`)); is {
		t.Error("any other error is no violation")
	}
}

func TestServersLetters(t *testing.T) {
	for given, want := range map[string]string{
		"nats-msg-id": "Nats-Msg-Id", "NATS-TTL": "Nats-TTL", "Nats-Expected-Last-Subject-Sequence": "Nats-Expected-Last-Subject-Sequence",
		"X-tenant": "X-tenant", "nats-": "Nats-",
	} {
		if got := serversLetters(given); got != want {
			t.Errorf("%s: got %s, want %s", given, got, want)
		}
	}
}

func TestReplied(t *testing.T) {
	cases := []struct {
		name   string
		header client.Header
		body   string
		status int
		want   [][2]string
		reason plugins.Reason
	}{
		{"plain", nil, "a", 200, nil, ""},
		{"headers", client.Header{"X-A": {"1", "2"}}, "a", 200, [][2]string{{"x-a", "1"}, {"x-a", "2"}}, ""},
		{
			"headers that cannot be a client's", client.Header{
				":status": {"500"}, "Connection": {"x"}, "Content-Length": {"9"}, "Nats-Stream": {"S"}, "a b": {"1"}, "X-B": {"1\r\n2"}, "X-Envoy-Y": {"1"},
			}, "a", 200, nil, "",
		},
		{"an error with a body", client.Header{serviceErrorCode: {"404"}}, "no", 404, nil, ""},
		{"an error without", client.Header{serviceErrorCode: {"404"}, serviceError: {"no"}}, "", 404, nil, plugins.FunctionError},
		{"an error without a code", client.Header{serviceError: {"no"}}, "", 502, nil, plugins.FunctionError},
		{"a code that is no error's", client.Header{serviceErrorCode: {"302"}}, "a", 502, nil, ""},
		{"a code that is none", client.Header{serviceErrorCode: {"x"}}, "a", 502, nil, ""},
		{"a code too high", client.Header{serviceErrorCode: {"600"}}, "a", 502, nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			reply, err := replied(&client.Msg{Header: c.header, Data: []byte(c.body)})
			var failure *plugins.Error
			if errors.As(err, &failure) {
				if failure.Reason != c.reason || failure.HTTPStatus() != c.status {
					t.Errorf("got %v (%d), want %s (%d)", failure, failure.HTTPStatus(), c.reason, c.status)
				}
				return
			}
			if reply.Status != c.status || string(reply.Body) != c.body || !slices.Equal(reply.Headers, c.want) || c.reason != "" {
				t.Errorf("got %+v, want %d with %v", reply, c.status, c.want)
			}
		})
	}
}

// FuzzAcknowledged hands over what nobody would say: a 202 is only given for a stream that has the message.
func FuzzAcknowledged(f *testing.F) {
	for _, seed := range []string{`{"stream":"S","seq":1}`, `{"error":{"code":503,"err_code":10077}}`, `{"stream":""}`, `{"stream":"S","error":{}}`, `[]`, ``, `{"seq":-1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		reply, err := acknowledged(data)
		switch {
		case err != nil:
			var failure *plugins.Error
			if !errors.As(err, &failure) || failure.HTTPStatus() < 400 {
				t.Errorf("%q: got the error %v", data, err)
			}
		case reply.Status != http.StatusAccepted || !strings.Contains(strings.ToLower(string(data)), "stream"):
			t.Errorf("%q: got %+v", data, reply)
		}
	})
}

// FuzzSubject looks for subjects that the server would read as others.
func FuzzSubject(f *testing.F) {
	for _, seed := range []string{"a", "a.b", "a..b", ".", "*", "a.*", ">", "a b", "$SYS", "_INBOX", "a\t", "\u2028", "\u00a0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, subject string) {
		text, err := queue.CompileText(strings.NewReplacer("{", "", "}", "").Replace(subject), subjectRule, nil)
		if err != nil {
			return
		}
		got, err := text.Expand(nil)
		if err != nil {
			t.Fatal(err)
		}
		for token := range strings.SplitSeq(got, ".") {
			if token == "" || strings.ContainsAny(token, "*> \t\r\n\f\v\x00") {
				t.Errorf("%q is taken, with the token %q", got, token)
			}
		}
	})
}
