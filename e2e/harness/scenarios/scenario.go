package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/golden"
)

// Scenario is a file of testdata/scenarios: one Envoy and what happens to it. testdata/README.md describes the files.
type Scenario struct {
	Path  string `yaml:"-"`
	About string `yaml:"about"`
	// Needs are the capabilities without which the scenario makes no sense.
	Needs []harness.Capability `yaml:"needs"`
	// EveryEnvoy says that it is to be run in every release of Envoy, not in the default alone.
	EveryEnvoy bool `yaml:"every_envoy"`
	// Clusters and Routes are Envoy's own YAML, but for a cluster's `to`: ministack, upstream, httpbin or nowhere.
	Clusters []harness.Object `yaml:"clusters"`
	Routes   []any            `yaml:"routes"`
	// CloudEvents is the configuration of a `cloudevents` filter before the `functions` filter; without it there is none.
	CloudEvents *harness.Object `yaml:"cloudevents"`
	// Listener and Manager are added to the listener and to its HTTP connection manager.
	Listener harness.Object `yaml:"listener"`
	Manager  harness.Object `yaml:"manager"`
	// Log are regular expressions, each of which exactly one line of Envoy's log matches in the end.
	Log []string `yaml:"log"`
	// Tolerated are regular expressions of warnings and errors that may be there, however often.
	Tolerated []string `yaml:"tolerated"`
	Steps     []*Step  `yaml:"steps"`
}

// Step is one request, or the same one several times, and all that follows from it.
type Step struct {
	Name    string          `yaml:"name"`
	Request *golden.Message `yaml:"request"`
	// Raw and Frames are sent instead of a request: what no client would send.
	Raw    string          `yaml:"raw"`
	Frames *harness.Frames `yaml:"frames"`
	Times  int             `yaml:"times"`
	// Answers are the upstream's, one after the other, the last for ever.
	Answers []*golden.Message `yaml:"answers"`

	Response *golden.Message `yaml:"response"`
	Error    *golden.Error   `yaml:"error"`
	// Closed says that the client gets no answer, or none that is whole.
	Closed bool `yaml:"closed"`
	// Receives is what must arrive at the upstream. Left out, nothing is said of it; `[]` says that nothing may arrive.
	Receives *[]*golden.Message `yaml:"receives"`
	// Signed has the signature of everything that arrives checked by botocore.
	Signed bool `yaml:"signed"`
	// Distinct are headers whose value is another one in each request that arrived there.
	Distinct []string `yaml:"distinct"`
	// AccessLog are entries of the access log, see testdata/README.md.
	AccessLog map[string]string `yaml:"access_log"`
	// Counters say by how much counters grow.
	Counters map[string]int `yaml:"counters"`
	// Log are texts that must stand in Envoy's log after the step.
	Log []string `yaml:"log"`
	// Shares say how the requests are spread over functions, in percent.
	Shares map[string]float64 `yaml:"shares"`
	// Memory is by how many megabytes Envoy may grow while the step lasts, not looked at if it is 0.
	Memory int `yaml:"memory"`
}

// Load reads all scenarios of a folder.
func Load(t testing.TB, dir string) []*Scenario {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scenarios in %s", dir)
	}
	var scenarios []*Scenario
	for _, path := range paths {
		scenario, err := loadScenario(path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		scenarios = append(scenarios, scenario)
	}
	return scenarios
}

func loadScenario(path string) (*Scenario, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if content, err = expandRepetitions(content); err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	scenario := &Scenario{Path: path}
	if err := decoder.Decode(scenario); err != nil {
		return nil, err
	}
	if len(scenario.Steps) == 0 {
		return nil, errors.New("it has no steps")
	}
	for i, step := range scenario.Steps {
		if err := step.complete(); err != nil {
			return nil, fmt.Errorf("step %d (%s): %w", i+1, step.Name, err)
		}
	}
	return scenario, nil
}

func (s *Step) complete() error {
	if s.Name == "" || (s.Request == nil && s.Raw == "" && s.Frames == nil) {
		return errors.New("it needs a name and a request")
	}
	if s.Times == 0 {
		s.Times = 1
	}
	if s.Error != nil && s.Error.Status == 0 {
		s.Error.Status = s.Error.Reason.Status()
	}
	if s.Response == nil && s.Error == nil && !s.Closed {
		return errors.New("it needs a response or an error")
	}
	return nil
}

// Config is the Envoy configuration. Places tell the addresses that clusters can lead `to`.
func (s *Scenario) Config(places map[string]func() string) (harness.Config, error) {
	config := harness.NewConfig()
	for _, cluster := range s.Clusters {
		cluster = harness.Clone(cluster).(harness.Object)
		place, _ := cluster["to"].(string)
		address := places[place]
		if address == nil {
			return nil, fmt.Errorf("cluster %v leads to %q", cluster["name"], place)
		}
		delete(cluster, "to")
		config.AddCluster(address(), cluster)
	}
	manager := harness.Object{}
	if s.CloudEvents != nil {
		manager["http_filters"] = harness.EventsFilters(*s.CloudEvents)
	}
	maps.Copy(manager, s.Manager)
	config.AddListener("http", harness.Clone(s.Routes).([]any), s.Listener, manager)
	return config, nil
}
