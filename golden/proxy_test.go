package golden

import (
	"testing"

	"github.com/funcroute/funcroute/headermap"
)

// hello is a call of the type echo, which sends the client's body to /target and takes the answer in capitals.
func hello(t *testing.T, method string) Exchange {
	t.Helper()
	request, err := ParseMessage(method+" / HTTP/2", "hello")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := ParseMessage("200", "hi")
	if err != nil {
		t.Fatal(err)
	}
	return Exchange{
		Cluster: Metadata{"funcroute": {"type": "echo", "times": 2}, "funcroute.functions": {"hello": "/target"}},
		Route:   Metadata{"funcroute": {"function": "hello"}},
		Request: request.Request(), Answer: answer.Answer(),
	}
}

func send(t *testing.T, x Exchange) *Outcome {
	t.Helper()
	proxy, err := Functions("")
	if err != nil {
		t.Fatal(err)
	}
	got, err := proxy.Send(x)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSend(t *testing.T) {
	got := send(t, hello(t, "POST"))
	if got.Call == nil || string(got.Call.Body) != "hello" || got.Call.Headers.Get(":path") != "/target" {
		t.Errorf("the call: got %+v, want hello to /target", got.Call)
	}
	if string(got.Reply.Body) != "HI" || got.Reason != "" {
		t.Errorf("the client: got %q (%s), want HI", got.Reply.Body, got.Reason)
	}
	if got, want := [3]string{got.Type, got.Function, got.Target}, [3]string{"echo", "hello", "/target"}; got != want {
		t.Errorf("what was called: got %q, want %q", got, want)
	}
	if got, want := got.Counters["funcroute.echo.requests"], uint64(1); got != want {
		t.Errorf("counter = %d, want %d", got, want)
	}
}

func TestSendWithoutAnswer(t *testing.T) {
	x := hello(t, "POST")
	x.Answer = Traffic{}
	if got := send(t, x).Reply.Headers.Get(":status"); got != "200" {
		t.Errorf("status = %s, want 200", got)
	}
}

// Envoy leaves out the body of any answer to HEAD.
func TestSendHead(t *testing.T) {
	x := hello(t, "HEAD")
	x.RouteConfig = `{"funcroute": {"function": "other"}}`
	got := send(t, x)
	if got.Call != nil || got.Reason != "unknown_function" || len(got.Reply.Body) > 0 {
		t.Errorf("got %+v, want an error without a body", got)
	}
}

// What one filter leaves is what the next finds, also where it is of no concern to ours.
func TestSendLeavesDynamicMetadata(t *testing.T) {
	x := hello(t, "POST")
	x.DynamicMetadata = Metadata{"theirs": {"text": "a", "empty": "", "number": 1.0}}
	got := send(t, x).DynamicMetadata
	for key, want := range x.DynamicMetadata["theirs"] {
		if got["theirs"][key] != want {
			t.Errorf("theirs %s: got %v, want %v", key, got["theirs"][key], want)
		}
	}
	if got, want := got["funcroute"]["function"], "hello"; got != want {
		t.Errorf("function: got %v, want %s", got, want)
	}
}

func TestSendTrailers(t *testing.T) {
	x := hello(t, "POST")
	x.Request.Trailers = headermap.New([2]string{"x-sum", "1"})
	got := send(t, x)
	if got.Call.Trailers == nil || got.Call.Trailers.Get("x-sum") != "1" {
		t.Errorf("the call's trailers: got %v, want x-sum: 1", got.Call.Trailers)
	}
}

func TestRefusals(t *testing.T) {
	if _, err := Functions(`{"other": 1}`); err == nil {
		t.Error("the filter functions: got no error")
	}
	if _, err := CloudEvents(`{"other": 1}`); err == nil {
		t.Error("the filter cloudevents: got no error")
	}
	proxy, err := Functions("")
	if err != nil {
		t.Fatal(err)
	}
	x := hello(t, "POST")
	x.RouteConfig = `{"other": 1}`
	if _, err := proxy.Send(x); err == nil {
		t.Error("a route: got no error")
	}
}
