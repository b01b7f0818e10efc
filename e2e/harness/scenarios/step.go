package scenarios

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
	"github.com/funcroute/funcroute/golden"
	"github.com/funcroute/funcroute/plugins"
)

// Stage is where steps are performed: an Envoy between a client and a scripted upstream.
type Stage struct {
	Host     harness.Host
	Envoy    *harness.Envoy
	Listener string
	Upstream *harness.Upstream
	Oracle   *counterparts.Oracle
	Signer   counterparts.Signer
}

// Perform sends the step's requests and holds everything that follows against what the step says.
func (s *Stage) Perform(t *testing.T, step *Step) {
	t.Helper()
	if step.Answers != nil {
		s.Upstream.Script(step.Answers...)
	}
	arrived, logged := len(s.Upstream.Received()), len(s.Envoy.Errors.Lines())
	wanted := step.counters()
	before := s.count(t, wanted)
	size := s.beginMemory(t, step)
	var answers []harness.Answer
	for range step.Times {
		answer, err := step.send(s.Envoy.Listener(t, s.Listener))
		if step.Closed {
			if err == nil {
				t.Errorf("got %s, want no answer", answer)
			}
			continue
		}
		if err != nil {
			t.Fatalf("the request fails: %v", err)
		}
		answers = append(answers, answer)
		harness.Report(t, step.differences(answer))
	}
	s.checkMemory(t, step, size)
	if err := s.Envoy.Running(); err != nil {
		t.Fatal(err)
	}
	s.checkUpstream(t, step, s.Upstream.Received()[arrived:])
	s.checkAccessLog(t, step, answers)
	s.checkCounters(t, wanted, before)
	s.checkLog(t, step, logged)
}

func (s *Step) send(address string) (harness.Answer, error) {
	switch {
	case s.Raw != "":
		return harness.SendRaw(address, s.Raw)
	case s.Frames != nil:
		return harness.SendFrames(address, s.Frames)
	}
	return harness.Send(address, s.Request)
}

// differences compares an answer with the step's response or error.
func (s *Step) differences(answer harness.Answer) []string {
	if s.Error == nil {
		return golden.MatchAnswer(s.Response, answer.Headers, answer.Body)
	}
	return golden.MatchError(s.Error, answer.Headers, answer.Body)
}

// counters are those the step names, and the reason's if it ends in an error.
func (s *Step) counters() map[string]int {
	wanted := maps.Clone(s.Counters)
	if s.Error != nil {
		if wanted == nil {
			wanted = map[string]int{}
		}
		name := "funcroute.errors." + string(s.Error.Reason)
		if _, given := wanted[name]; !given {
			wanted[name] = s.Times
		}
	}
	return wanted
}

func (s *Stage) count(t *testing.T, names map[string]int) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for name := range names {
		counts[name] = s.Envoy.Counter(t, name)
	}
	return counts
}

func (s *Stage) checkCounters(t *testing.T, wanted, before map[string]int) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if got := s.Envoy.Counter(t, name) - before[name]; got != wanted[name] {
			t.Errorf("counter %s: got %+d, want %+d", name, got, wanted[name])
		}
	}
}

func (s *Stage) checkUpstream(t *testing.T, step *Step, received []harness.Received) {
	t.Helper()
	if step.Signed {
		for _, r := range received {
			harness.Report(t, s.Oracle.Problems(t, r, s.Signer))
		}
	}
	harness.Report(t, repeated(step.Distinct, received))
	if step.Receives == nil {
		return
	}
	if len(received) != len(*step.Receives) {
		t.Errorf("the upstream: got %d requests, want %d: %v", len(received), len(*step.Receives), paths(received))
		return
	}
	for i, want := range *step.Receives {
		harness.Report(t, golden.MatchRequest(want, received[i].Headers, received[i].Body))
	}
}

// repeated finds headers that have the same value in several requests.
func repeated(names []string, received []harness.Received) []string {
	var differences []string
	for _, name := range names {
		values := map[string]bool{}
		for _, r := range received {
			values[r.Headers.Get(name)] = true
		}
		if len(values) != len(received) {
			differences = append(differences, fmt.Sprintf("header %s: got %d values in %d requests, want them all distinct", name, len(values), len(received)))
		}
	}
	return differences
}

func paths(received []harness.Received) []string {
	var paths []string
	for _, r := range received {
		paths = append(paths, r.Headers.Get(":path"))
	}
	return paths
}

func (s *Stage) checkAccessLog(t *testing.T, step *Step, answers []harness.Answer) {
	t.Helper()
	counts := map[string]int{}
	for _, answer := range answers {
		entry := s.Envoy.AccessLog(t, answer.Client)
		metadata, _ := entry["funcroute"].(harness.Object)
		function, _ := metadata["function"].(string)
		counts[function]++
		if step.Error != nil {
			harness.Report(t, s.detailsDifferences(step, entry))
		}
		harness.Report(t, entryDifferences(step.AccessLog, entry, metadata))
	}
	if step.Shares != nil {
		harness.Report(t, ShareDifferences(step.Shares, counts, len(answers)))
	}
}

// ofAnswers are the reasons that only show when the upstream has answered.
var ofAnswers = []plugins.Reason{
	plugins.FunctionError, plugins.FunctionTimeout, plugins.FunctionThrottled, plugins.UpstreamRejected, plugins.InvalidAnswer,
}

// detailsDifferences checks that the response code detail names the reason. Where the upstream has answered, a cluster's
// filter changes the answer instead of replying in its stead, so that retries see it; then the detail stays Envoy's.
func (s *Stage) detailsDifferences(step *Step, entry harness.Object) []string {
	reason := step.Error.Reason
	want, got := "funcroute_"+string(reason), fmt.Sprint(entry["details"])
	answered := slices.Contains(ofAnswers, reason) || step.Receives != nil && len(*step.Receives) > 0
	if answered && s.Host.Can(harness.UpstreamFilter) {
		want = "via_upstream"
	}
	if got != want {
		return []string{fmt.Sprintf("access log: response code details: got %q, want %q", got, want)}
	}
	return nil
}

// entryDifferences compares an access log entry. A name that is none of accessLog's is dynamic metadata of ours.
func entryDifferences(want map[string]string, entry, metadata harness.Object) []string {
	var differences []string
	event, _ := entry["event"].(harness.Object)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		value, there := entry[name]
		if attribute, of := strings.CutPrefix(name, "event."); of {
			value, there = event[attribute]
		} else if !there {
			value, there = metadata[name]
		}
		if !golden.MatchAnnotation(want[name], fmt.Sprint(value), there) {
			differences = append(differences, fmt.Sprintf("access log: %s: got %v, want %s", name, value, want[name]))
		}
	}
	return differences
}

// ShareDifferences allows for chance: five standard deviations, so that a right split fails once in a million runs. A
// function with share 0 must not be called at all.
func ShareDifferences(want map[string]float64, got map[string]int, total int) []string {
	var differences []string
	for _, function := range slices.Sorted(maps.Keys(want)) {
		share := want[function] / 100
		expected := share * float64(total)
		if math.Abs(float64(got[function])-expected) > 5*math.Sqrt(expected*(1-share)) {
			differences = append(differences, fmt.Sprintf("%s: got %d of %d requests, want about %.0f", function, got[function], total, expected))
		}
	}
	return differences
}

// checkLog looks for what an operator is to read, of an error or as the step says.
func (s *Stage) checkLog(t *testing.T, step *Step, from int) {
	t.Helper()
	texts := slices.Clone(step.Log)
	if step.Error != nil && step.Error.Message != "" {
		texts = append(texts, step.Error.Message)
	}
	for _, text := range texts {
		s.Envoy.Expect(regexp.QuoteMeta(text))
		harness.Eventually(t, "a line in Envoy's log", func() error {
			lines := s.Envoy.Errors.Lines()
			if slices.ContainsFunc(lines[min(from, len(lines)):], func(line string) bool { return strings.Contains(line, text) }) {
				return nil
			}
			return fmt.Errorf("no line with %q", text)
		})
	}
}
