package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/events"
)

// vector is an event as the conformance tool reads and writes it.
type vector struct {
	Mode       string         `yaml:"Mode,omitempty"`
	Attributes map[string]any `yaml:"ContextAttributes"`
	Transport  map[string]any `yaml:"TransportExtensions,omitempty"`
	Data       string         `yaml:"Data"`
}

// The CloudEvents project's own tool invokes Envoy with its vectors, and listens behind it. What it hears must be what it
// has said, whatever the mode is on either side.
func TestEventsConform(t *testing.T) {
	program, known := conformanceTool(t)
	modes := []string{"binary", "structured"}
	harness.OnEveryEnvoy(t, nil, func(t *testing.T, host harness.Host) {
		for _, sent := range modes {
			for _, deliver := range append([]string{""}, modes...) {
				t.Run(sent+" to "+deliver, func(t *testing.T) {
					address := harness.FreeAddress(t)
					_, port, err := net.SplitHostPort(address)
					if err != nil {
						t.Fatal(err)
					}
					listener := harness.StartProcess(t, "cloudevents listen", nil, program, "listen", "-P", port)
					config := harness.NewConfig()
					cluster := harness.Object{"name": "listener"}
					if deliver != "" {
						cluster["metadata"] = harness.Object{"filter_metadata": harness.Object{"funcroute.cloudevents": harness.Object{"deliver": deliver}}}
					}
					config.AddCluster(address, cluster)
					config.AddListener("http", []any{harness.Object{"match": harness.Object{"prefix": "/"}, "route": harness.Object{"cluster": "listener"}}}, nil,
						harness.Object{"http_filters": harness.EventsFilters(nil)})
					envoy := harness.StartEnvoy(t, host, config)
					harness.Eventually(t, "the tool listens", func() error { return harness.Listens(address) })
					said := inMode(t, known, sent)
					command := exec.CommandContext(t.Context(), program, "invoke", "http://"+envoy.Listener(t, "http"), "-f", "-")
					command.Stdin = bytes.NewReader(said.yaml(t))
					if output, err := command.CombinedOutput(); err != nil {
						t.Fatalf("invoke: %v\n%s", err, output)
					}
					mode := sent
					if deliver != "" {
						mode = deliver
					}
					var heard vectors
					harness.Eventually(t, "what the tool hears", func() error {
						if heard = parseVectors([]byte(listener.Output.String())); len(heard) != len(said) {
							return fmt.Errorf("it has heard %d events, want %d", len(heard), len(said))
						}
						return nil
					})
					said.compare(t, heard, mode)
				})
			}
		}
	})
}

// conformanceTool builds the tool and returns the vectors that come with it.
func conformanceTool(t *testing.T) (program string, all vectors) {
	t.Helper()
	const module = "github.com/cloudevents/conformance"
	modfile := "-modfile=" + filepath.Join(harness.Root(t), "tools", "checks", "go.mod")
	program = filepath.Join(t.TempDir(), "cloudevents")
	build := exec.CommandContext(t.Context(), "go", "build", modfile, "-o", program, module+"/cmd/cloudevents")
	build.Dir = harness.Root(t)
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the conformance tool cannot be built: %v\n%s", err, output)
	}
	list := exec.CommandContext(t.Context(), "go", "list", modfile, "-m", "-f", "{{.Dir}}", module)
	list.Dir = harness.Root(t)
	dir, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"yaml/v1.yaml", "yaml/v1.0/*.yaml"} {
		paths, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("the conformance tool has no %s", pattern)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, parseVectors(content)...)
		}
	}
	return program, all
}

type vectors []vector

func parseVectors(content []byte) (all vectors) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var v vector
		if err := decoder.Decode(&v); err != nil {
			return all
		}
		if v.Attributes != nil {
			all = append(all, v)
		}
	}
}

// inMode has the tool send the vectors in a mode. In structured mode it takes JSON only as data, so texts become JSON
// strings there, which is what they are in the JSON format.
func inMode(t *testing.T, all vectors, mode string) (said vectors) {
	t.Helper()
	for _, v := range all {
		if mode == "structured" && !v.isJSON() {
			quoted, err := json.Marshal(v.Data)
			if err != nil {
				t.Fatal(err)
			}
			v.Data = string(quoted)
		}
		v.Mode = mode
		said = append(said, v)
	}
	return said
}

func (all vectors) yaml(t *testing.T) []byte {
	t.Helper()
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	for _, v := range all {
		v.Attributes["specversion"] = "1.0" // The vectors write a number.
		if err := encoder.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	return text.Bytes()
}

func (all vectors) compare(t *testing.T, heard vectors, mode string) {
	t.Helper()
	if len(all) < 8 {
		t.Fatalf("said %d events, want all that come with the tool", len(all))
	}
	for i, want := range all {
		got := heard[i]
		if got.Mode != mode {
			t.Errorf("event %d: mode = %q, want %q", i+1, got.Mode, mode)
		}
		if _, given := want.Attributes["datacontenttype"]; !given && got.Attributes["datacontenttype"] == "application/json" {
			delete(got.Attributes, "datacontenttype") // In binary mode JSON has to say so.
		}
		if !reflect.DeepEqual(texts(got.Attributes), texts(want.Attributes)) {
			t.Errorf("event %d: attributes = %v, want %v", i+1, got.Attributes, want.Attributes)
		}
		if shown := got.Transport["X-Event-Type"]; shown != want.Attributes["type"] {
			t.Errorf("event %d: x-event-type = %v, want %v", i+1, shown, want.Attributes["type"])
		}
		a, errA := got.data()
		b, errB := want.data()
		if err := errors.Join(errA, errB); err != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("event %d: data = %q, want %q (%v)", i+1, got.Data, want.Data, err)
		}
	}
}

// data is what an event's data says, whatever the mode.
func (v vector) data() (value any, err error) {
	if v.Mode != "structured" && !v.isJSON() {
		return v.Data, nil
	}
	if v.Data == "" {
		return nil, nil
	}
	err = json.Unmarshal([]byte(v.Data), &value)
	return value, err
}

// isJSON reports whether data is JSON. The vectors without a type have JSON, as the JSON format says of such.
func (v vector) isJSON() bool {
	contentType, given := v.Attributes["datacontenttype"]
	return !given || events.IsJSON(fmt.Sprint(contentType))
}

// texts are attributes as texts, extensions among them. The tool leaves names and values as they are in headers.
func texts(attributes map[string]any) map[string]string {
	all := map[string]string{}
	for name, value := range attributes {
		switch value := value.(type) {
		case map[string]any:
			maps.Copy(all, texts(value))
		case time.Time: // YAML takes a text that is one for one.
			all[name] = value.Format(time.RFC3339Nano)
		default:
			all[strings.ToLower(name)], _ = events.Decode(strings.TrimSpace(fmt.Sprint(value)))
		}
	}
	return all
}
