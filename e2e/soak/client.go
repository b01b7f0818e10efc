package soak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// exchange is one request and what befell it.
type exchange struct {
	kind  *kind
	nonce string
	// body is what the client sends, text what the function answers.
	body, text string

	mutex  sync.Mutex
	faults []*fault
}

func (x *exchange) befall(f *fault) {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	x.faults = append(x.faults, f)
}

// befallen are the faults of all attempts.
func (x *exchange) befallen() []*fault {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	return x.faults
}

// right reports whether a client sees what the function has answered.
func (x *exchange) right(o *outcome) bool {
	status, text := x.kind.status, x.text
	if status == 0 {
		status = http.StatusOK
	}
	if x.kind.sees != nil {
		text = x.kind.sees(text)
	}
	return o.failed == nil && o.status == status && o.body == text
}

// clients send requests to one Envoy.
type clients struct {
	address  string
	upstream *upstream
	clients  []*http.Client
	samples  *samples
	// think is how long a client rests between two requests, in the mean.
	think time.Duration

	sent, right, aborted, lost, noCredentials atomic.Int64
	// befell counts the requests that ended in an error, by the fault that explains it.
	befell     [32]atomic.Int64
	complaints complaints
}

func newClients(address string, u *upstream, think time.Duration) *clients {
	return &clients{
		address: address, upstream: u, samples: newSamples(), think: think,
		clients: []*http.Client{newClient((*http.Protocols).SetHTTP1), newClient((*http.Protocols).SetUnencryptedHTTP2)},
	}
}

func newClient(protocol func(*http.Protocols, bool)) *http.Client {
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64, Protocols: new(http.Protocols)}
	protocol(transport.Protocols, true)
	return &http.Client{Transport: transport}
}

// run sends requests, one after the other, until the context ends. Each is seen to its end.
func (c *clients) run(ctx context.Context, id int) {
	for n := 0; ctx.Err() == nil; n++ {
		k := &kinds[rand.IntN(len(kinds))]
		x := &exchange{kind: k, nonce: fmt.Sprintf("n%d-%d", id, n)}
		x.text = x.nonce + ":" + padding()
		x.body = fmt.Sprintf(`{"nonce":%q,"more":%q}`, x.nonce, padding())
		c.upstream.exchanges.Store(x.nonce, x)
		c.exchange(x)
		c.upstream.exchanges.Delete(x.nonce)
		pause(ctx, rand.N(2*c.think))
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// padding is mostly short, sometimes long.
func padding() string {
	const most = 64 << 10
	return strings.Repeat("x", int(most*rand.ExpFloat64()/20)%most)
}

// maxWait is how long a client waits for an answer: longer than anything should take.
const maxWait = 15 * time.Second

func (c *clients) exchange(x *exchange) {
	ctx, cancel := context.WithTimeout(context.Background(), maxWait)
	defer cancel()
	aborts := rand.IntN(100) < 3
	if aborts {
		time.AfterFunc(rand.N(60*time.Millisecond), cancel)
	}
	c.sent.Add(1)
	begin := time.Now()
	o := c.send(ctx, x)
	switch faults := x.befallen(); {
	case x.right(o):
		c.right.Add(1)
		if len(faults) == 0 {
			c.samples.latency(time.Since(begin))
		}
	case aborts && errors.Is(o.failed, context.Canceled):
		c.aborted.Add(1)
	case o.problem && o.status == http.StatusServiceUnavailable:
		c.noCredentials.Add(1)
	default:
		c.judge(x, o, faults)
	}
}

// judge looks for the fault that explains an outcome.
func (c *clients) judge(x *exchange, o *outcome, befallen []*fault) {
	var names []string
	for _, f := range befallen {
		if f.allows(x.kind, o) {
			c.befell[indexOf(f)].Add(1)
			return
		}
		names = append(names, f.name)
	}
	c.lost.Add(1)
	c.complaints.add("lost: %s %s, though nothing but %q befell it: %v", x.kind.name, x.nonce, names, o)
}

func indexOf(f *fault) int {
	for i := range faults {
		if &faults[i] == f {
			return i
		}
	}
	panic("a fault that is none of the list's")
}

func (c *clients) send(ctx context.Context, x *exchange) *outcome {
	request, err := x.request(ctx, c.address)
	if err != nil {
		return &outcome{failed: err}
	}
	response, err := c.clients[rand.IntN(len(c.clients))].Do(request)
	if err != nil {
		return &outcome{failed: err}
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return &outcome{
		status: response.StatusCode, body: string(body), problem: isProblem(response.Header, body, response.StatusCode), failed: err,
	}
}

// request is the kind's, with a body of some length, sometimes in chunks and with trailers.
func (x *exchange) request(ctx context.Context, address string) (*http.Request, error) {
	url := fmt.Sprintf("http://%s/%s/%s?nonce=%s", address, x.kind.name, x.nonce, x.nonce)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(x.body))
	if err != nil {
		return nil, err
	}
	if rand.IntN(10) == 0 {
		request.ContentLength = -1
		request.Trailer = http.Header{"X-Checksum": {"7"}}
	}
	request.Header.Set("x-nonce", x.nonce)
	request.Header.Set("authorization", "Bearer mine")
	request.Header.Set("x-amz-date", "20200101T000000Z")
	if x.kind.prepare != nil {
		x.kind.prepare(request)
	}
	return request, nil
}
