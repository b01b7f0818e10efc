package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// weather is what all calls of one Envoy depend on: the endpoint that gives credentials, as ECS and EKS have it beside a
// container. Its credentials do not last, and it is not always well.
type weather struct {
	*httptest.Server
	mood  atomic.Pointer[mood]
	given atomic.Int64
	// signers are all credentials that were given, by their access key.
	signers sync.Map
}

// life is how long credentials last. They are renewed when a third of it is over.
const life = 20 * time.Second

// mood is how the endpoint is, and for how long at most.
type mood struct {
	name   string
	lasts  time.Duration
	answer func(*weather, http.ResponseWriter, *http.Request)
}

var well = mood{"well", 15 * time.Second, (*weather).give}

// moods are those that it has in turn, well between each two of them.
var moods = []mood{
	{"refusing", 5 * time.Second, refuse},
	{"slow", 5 * time.Second, func(w *weather, out http.ResponseWriter, r *http.Request) {
		pause(r.Context(), 700*time.Millisecond)
		w.give(out, r)
	}},
	{"talking nonsense", 5 * time.Second, func(_ *weather, out http.ResponseWriter, _ *http.Request) {
		_, _ = out.Write([]byte(`{"AccessKeyId": "ASIA", "Secret`))
	}},
	{"refusing for longer than credentials last", life + 5*time.Second, refuse},
	{"closing connections", 5 * time.Second, func(*weather, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
}

func refuse(_ *weather, out http.ResponseWriter, _ *http.Request) {
	http.Error(out, `{"message": "no role for you"}`, http.StatusForbidden)
}

func startWeather(t testing.TB) *weather {
	t.Helper()
	w := &weather{}
	w.mood.Store(&well)
	w.Server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) { w.mood.Load().answer(w, out, r) }))
	t.Cleanup(w.Close)
	return w
}

// environment is that of an Envoy that asks here.
func (w *weather) environment() []string {
	return []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + w.URL + "/credentials"}
}

// give gives other credentials each time.
func (w *weather) give(out http.ResponseWriter, _ *http.Request) {
	n := w.given.Add(1)
	signer := counterparts.Signer{
		AccessKeyID: fmt.Sprintf("ASIASOAK%d", n), SecretAccessKey: fmt.Sprintf("secret-%d", n), SessionToken: fmt.Sprintf("token-%d", n),
		Region: "us-east-1", Service: "lambda",
	}
	w.signers.Store(signer.AccessKeyID, signer)
	_ = json.NewEncoder(out).Encode(map[string]string{
		"AccessKeyId": signer.AccessKeyID, "SecretAccessKey": signer.SecretAccessKey, "Token": signer.SessionToken,
		"Expiration": time.Now().Add(life).UTC().Format(time.RFC3339),
	})
}

var credential = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=(ASIASOAK\d+)/`)

// signerOf is whose credentials a call was signed with.
func (w *weather) signerOf(authorization string) (counterparts.Signer, bool) {
	key := credential.FindStringSubmatch(authorization)
	if key == nil {
		return counterparts.Signer{}, false
	}
	found, ok := w.signers.Load(key[1])
	if !ok {
		return counterparts.Signer{}, false
	}
	return found.(counterparts.Signer), true
}

// change changes the mood until the context ends, and leaves the endpoint well.
func (w *weather) change(ctx context.Context) {
	for i := rand.IntN(len(moods)); ctx.Err() == nil; i++ {
		pause(ctx, well.lasts/4+rand.N(well.lasts))
		m := &moods[i%len(moods)]
		w.mood.Store(m)
		pause(ctx, m.lasts/2+rand.N(m.lasts/2))
		w.mood.Store(&well)
	}
}
