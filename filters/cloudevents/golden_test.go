package cloudevents_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/filters/cloudevents"
	"github.com/funcroute/funcroute/filters/host/hosttest"
	"github.com/funcroute/funcroute/filters/host/memory"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// TestGoldenFiles runs the golden files in the host in memory; e2e runs them through Envoy.
func TestGoldenFiles(t *testing.T) {
	files, err := plugintest.Load("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file.Path), ".yaml"), func(t *testing.T) {
			options, err := json.Marshal(file.Filter)
			if err != nil || file.Filter == nil {
				t.Fatalf("the file's filter is %s, want a configuration (%v)", options, err)
			}
			run := hosttest.Memory{}.Session(t, cloudevents.New(), string(options))
			for _, c := range file.Cases {
				t.Run(c.Name, func(t *testing.T) { check(t, c, run(exchange(c))) })
			}
		})
	}
}

func exchange(c *plugintest.Case) hosttest.Exchange {
	x := hosttest.Exchange{
		Cluster: memory.MetadataOf(c.Cluster),
		Route:   memory.MetadataOf(c.Route),
		Request: hosttest.Message{Headers: c.Request.RequestHeaders().List()},
		Answer:  hosttest.Message{Headers: [][2]string{{":status", "200"}}},
	}
	if len(c.Request.Body) > 0 {
		x.Request.Chunks = [][]byte{c.Request.Body}
	}
	if answer := c.Upstream.Answer; answer != nil {
		x.Answer.Headers = answer.AnswerHeaders().List()
		if len(answer.Body) > 0 {
			x.Answer.Chunks = [][]byte{answer.Body}
		}
	}
	return x
}

func check(t *testing.T, c *plugintest.Case, got hosttest.Outcome) {
	t.Helper()
	if got.Refused != nil {
		t.Fatal(got.Refused)
	}
	if (got.Sent == nil) != (c.Upstream.Receives == nil) {
		t.Fatalf("sent = %v, want %v; the client received %v", got.Sent, c.Upstream.Receives, got.Received)
	}
	var differences []string
	if got.Sent != nil {
		differences = plugintest.MatchRequest(c.Upstream.Receives, plugintest.NewHeaders(got.Sent.Headers...), []byte(got.Sent.Body()))
	}
	received := plugintest.NewHeaders(got.Received.Headers...)
	if c.Error == nil {
		differences = append(differences, plugintest.MatchAnswer(c.Response, received, []byte(got.Received.Body()))...)
	} else {
		checkError(t, c.Error, got)
	}
	for name, want := range c.Annotations {
		value, there := got.DynamicMetadata["funcroute.cloudevents"][name]
		if want == "<absent>" && there || want != "<absent>" && !plugintest.MatchText(want, value) {
			t.Errorf("dynamic metadata %s = %q, want %s", name, value, want)
		}
	}
	for _, difference := range differences {
		t.Error(difference)
	}
}

func checkError(t *testing.T, want *plugintest.Error, got hosttest.Outcome) {
	t.Helper()
	var problem struct {
		Status int
		Detail string
	}
	if err := json.Unmarshal([]byte(got.Received.Body()), &problem); err != nil {
		t.Fatalf("received %q: %v", got.Received.Body(), err)
	}
	if problem.Status != want.Status || !strings.Contains(problem.Detail, want.Detail) {
		t.Errorf("got %d %q, want %d %q", problem.Status, problem.Detail, want.Status, want.Detail)
	}
	if details := "funcroute_" + string(want.Reason); got.Details != details {
		t.Errorf("details = %q, want %q", got.Details, details)
	}
	if n := got.Counters["funcroute.errors."+string(want.Reason)]; n == 0 {
		t.Errorf("counter of %s = 0", want.Reason)
	}
	if want.Message != "" && !strings.Contains(strings.Join(got.Logs, "\n"), want.Message) {
		t.Errorf("logs = %q, want a line with %q", got.Logs, want.Message)
	}
}
