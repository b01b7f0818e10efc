package soak

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// upstream is what all calls of one Envoy go to. It answers what the kind of a call wants, or with a fault.
type upstream struct {
	*httptest.Server
	t       testing.TB
	weather *weather
	oracle  *counterparts.Oracle
	// exchanges are those under way, by their nonce.
	exchanges sync.Map

	calls, unsigned, wrong, verified atomic.Int64
	complaints                       complaints
}

func startUpstream(t testing.TB, w *weather, oracle *counterparts.Oracle) *upstream {
	t.Helper()
	u := &upstream{t: t, weather: w, oracle: oracle}
	u.Server = httptest.NewUnstartedServer(u)
	u.Config.ErrorLog = nil
	u.Start()
	t.Cleanup(u.Close)
	return u
}

// address is where it listens.
func (u *upstream) address() string { return u.Listener.Addr().String() }

// ServeHTTP implements http.Handler.
func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // It did not arrive: its client has gone.
	}
	u.calls.Add(1)
	found, ok := u.exchanges.Load(r.Header.Get("x-nonce"))
	if !ok {
		return // Its client has gone.
	}
	x := found.(*exchange)
	u.inspect(r, body, x)
	fault := drawFault()
	if fault == nil {
		x.kind.answer(w, x.text)
		return
	}
	x.befall(fault)
	fault.answer(w, r, x.kind, x.text)
}

// inspect looks whether a call is the one it should be, and signed.
func (u *upstream) inspect(r *http.Request, body []byte, x *exchange) {
	arrives := x.kind.arrives
	if arrives == nil {
		arrives = isInvocation
	}
	if !arrives(r, body, x) {
		u.wrong.Add(1)
		u.complaints.add("arrived: %s %s for %s: %.300q", r.Method, r.URL, x.kind.name, body)
	}
	if !signed(x.kind.cluster) {
		return
	}
	signer, signed := u.weather.signerOf(r.Header.Get("authorization"))
	if !signed || r.Header.Get("x-amz-security-token") != signer.SessionToken {
		u.unsigned.Add(1)
		u.complaints.add("unsigned: %s %s: %q", r.Method, r.URL, r.Header.Get("authorization"))
		return
	}
	const each = 20 // botocore is slower than Envoy.
	if u.calls.Load()%each == 0 {
		u.verify(r, body, signer)
	}
}

// verify has botocore look at a signature.
func (u *upstream) verify(r *http.Request, body []byte, signer counterparts.Signer) {
	u.verified.Add(1)
	for _, problem := range u.oracle.Problems(u.t, harness.ReceivedFrom(r, body), signer) {
		u.unsigned.Add(1)
		u.complaints.add("signature: %s", problem)
	}
}

// streamed answers in frames: a prelude, the text in pieces, the end.
func streamed(w http.ResponseWriter, text string) {
	w.Header().Set("content-type", "application/vnd.amazon.eventstream")
	frames := []string{`{"statusCode": 200}` + strings.Repeat("\x00", 8), text[:len(text)/2], text[len(text)/2:]}
	var body bytes.Buffer
	for _, frame := range frames {
		writeFrame(&body, "PayloadChunk", frame)
	}
	writeFrame(&body, "InvokeComplete", "{}")
	_, _ = w.Write(body.Bytes())
}

func writeFrame(w io.Writer, event, payload string) {
	err := eventstream.NewEncoder().Encode(w, eventstream.Message{
		Headers: eventstream.Headers{
			{Name: ":message-type", Value: eventstream.StringValue("event")},
			{Name: ":event-type", Value: eventstream.StringValue(event)},
		},
		Payload: []byte(payload),
	})
	if err != nil {
		panic(err) // A buffer takes everything.
	}
}

// complaints keeps the first few of what must not be.
type complaints struct {
	mutex sync.Mutex
	list  []string
}

func (c *complaints) add(format string, arguments ...any) {
	const most = 20
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.list) < most {
		c.list = append(c.list, fmt.Sprintf(format, arguments...))
	}
}
