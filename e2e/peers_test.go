package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/types"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/events"
)

// job is an event for a sender, in the form that the programs of peers/ take.
type job struct {
	URL        string            `json:"url"`
	Structured bool              `json:"structured"`
	Attributes map[string]string `json:"attributes"`
	Data       any               `json:"data,omitempty"`
	Base64     string            `json:"data_base64,omitempty"`
}

// seen is an event as a receiver has it, in the form that the programs of peers/ print.
type seen struct {
	Attributes map[string]string `json:"attributes"`
	Data       any               `json:"data"`
	Base64     string            `json:"data_base64"`
}

// peer is an SDK that sends and receives events.
type peer struct {
	name string
	// narrow says that in binary mode it cannot send more than ASCII: its HTTP client refuses it or makes something else of it.
	narrow bool
	send   func(*testing.T, []job)
	// receive starts a receiver. Its address, and what it has seen so far.
	receive func(*testing.T) (string, func() []seen)
}

func peers() []peer {
	return []peer{
		{name: "go", send: sendGo, receive: receiveGo},
		{name: "python", send: sendBy("python", "send.py"), receive: receiveBy("python", "receive.py")},
		{name: "javascript", narrow: true, send: sendBy("node", "send.mjs"), receive: receiveBy("node", "receive.mjs")},
	}
}

// Every SDK sends to every SDK through Envoy, in both modes and delivered in both.
func TestEventsBetweenSDKs(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		config := harness.NewConfig()
		var routes []any
		received := map[string]func() []seen{}
		for _, receiver := range peers() {
			address, all := receiver.receive(t)
			received[receiver.name] = all
			config.AddCluster(address, harness.Object{"name": receiver.name})
			for _, deliver := range []string{"unchanged", "binary", "structured"} {
				route := harness.Object{
					"match": harness.Object{"path": "/" + receiver.name + "/" + deliver},
					"route": harness.Object{"cluster": receiver.name},
				}
				if deliver != "unchanged" {
					route["metadata"] = harness.Object{"filter_metadata": harness.Object{"funcroute.cloudevents": harness.Object{"deliver": deliver}}}
				}
				routes = append(routes, route)
			}
		}
		config.AddListener("http", routes, nil, harness.Object{"http_filters": harness.EventsFilters(nil)})
		envoy := harness.StartEnvoy(t, host, config)
		for _, sender := range peers() {
			t.Run("from "+sender.name, func(t *testing.T) {
				jobs := jobsOf(sender, "http://"+envoy.Listener(t, "http"))
				sender.send(t, jobs)
				for _, j := range jobs {
					receiver := strings.Split(j.URL, "/")[3]
					t.Run(j.Attributes["id"], func(t *testing.T) { j.check(t, received[receiver]()) })
				}
			})
		}
	})
}

func jobsOf(sender peer, address string) []job {
	var jobs []job
	for _, receiver := range peers() {
		for _, deliver := range []string{"unchanged", "binary", "structured"} {
			for _, structured := range []bool{false, true} {
				for _, kind := range []string{"json", "bytes"} {
					mode := map[bool]string{false: "binary", true: "structured"}[structured]
					j := job{URL: address + "/" + receiver.name + "/" + deliver, Structured: structured, Attributes: map[string]string{
						"specversion": "1.0", "type": "com.example.peer", "source": "/peers/" + sender.name, "tenant": "blue",
						"id":   sender.name + " " + mode + " " + kind + ", " + deliver + " to " + receiver.name,
						"time": "2026-03-01T12:00:00.5Z", "subject": "Euro € 😀 100%",
					}}
					if sender.narrow && !structured {
						j.Attributes["subject"] = "a \"b\" 100%"
					}
					if kind == "json" {
						j.Data, j.Attributes["datacontenttype"] = map[string]any{"n": 1.5, "text": "ö\"\n"}, "application/json"
					} else {
						j.Base64, j.Attributes["datacontenttype"] = "iVBORwAA/w==", "application/octet-stream"
					}
					jobs = append(jobs, j)
				}
			}
		}
	}
	return jobs
}

// check looks for the event among those that a receiver has seen. Not all SDKs take percent-encoding off, so in binary
// mode their view of a text may be its encoded form, or what they make of bytes that another SDK did not encode.
func (j job) check(t *testing.T, all []seen) {
	t.Helper()
	want := j.Attributes["id"]
	for _, s := range all {
		if s.Attributes["id"] != want && s.Attributes["id"] != events.Encode(want) {
			continue
		}
		delivered := strings.Contains(want, "binary to") || strings.Contains(want, "unchanged") && !j.Structured
		for name, value := range j.Attributes {
			got := s.Attributes[name]
			asSeen := got == value || delivered && (got == events.Encode(value) || got == latin1(value))
			if name == "time" {
				a, errA := time.Parse(time.RFC3339, value)
				b, errB := time.Parse(time.RFC3339, got)
				asSeen = errA == nil && errB == nil && a.Equal(b)
			}
			if !asSeen {
				t.Errorf("%s = %q, want %q", name, got, value)
			}
		}
		if !reflect.DeepEqual(s.Data, j.Data) || s.Base64 != j.Base64 {
			t.Errorf("data = %v %q, want %v %q", s.Data, s.Base64, j.Data, j.Base64)
		}
		return
	}
	t.Errorf("it has not arrived, only %v", all)
}

// latin1 is what a receiver sees that reads each byte of a header as a character of ISO 8859-1.
func latin1(text string) string {
	var characters []rune
	for _, b := range []byte(text) {
		characters = append(characters, rune(b))
	}
	return string(characters)
}

func peerEnvironment(t *testing.T) []string {
	t.Helper()
	return []string{"PATH=/usr/bin:/bin", "NODE_MODULES=" + filepath.Join(harness.Root(t), ".tools", "npm", "node_modules")}
}

func peerProgram(t *testing.T, name string) string {
	t.Helper()
	return filepath.Join(harness.Root(t), "e2e", "peers", name)
}

func sendBy(interpreter, program string) func(*testing.T, []job) {
	return func(t *testing.T, jobs []job) {
		t.Helper()
		var input bytes.Buffer
		for _, j := range jobs {
			if err := json.NewEncoder(&input).Encode(j); err != nil {
				t.Fatal(err)
			}
		}
		command := exec.CommandContext(t.Context(), harness.Tool(t, interpreter), peerProgram(t, program))
		command.Env, command.Stdin = peerEnvironment(t), &input
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", program, err, output)
		}
	}
}

func receiveBy(interpreter, program string) func(*testing.T) (string, func() []seen) {
	return func(t *testing.T) (string, func() []seen) {
		t.Helper()
		p := harness.StartProcess(t, program, peerEnvironment(t), harness.Tool(t, interpreter), peerProgram(t, program))
		var address string
		harness.Eventually(t, program+" ready", func() error {
			if lines := p.Output.Lines(); len(lines) > 0 {
				address = lines[0]
				return nil
			}
			return errors.New("it has not printed its address")
		})
		return address, func() []seen {
			var all []seen
			for _, line := range p.Output.Lines()[1:] {
				var s seen
				if err := json.Unmarshal([]byte(line), &s); err != nil {
					t.Fatalf("%s printed %q: %v", program, line, err)
				}
				all = append(all, s)
			}
			return all
		}
	}
}

func sendGo(t *testing.T, jobs []job) {
	t.Helper()
	client, err := cloudevents.NewClientHTTP()
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		event := cloudevents.NewEvent()
		for name, value := range j.Attributes {
			switch name {
			case "specversion":
			case "id":
				event.SetID(value)
			case "type":
				event.SetType(value)
			case "source":
				event.SetSource(value)
			case "subject":
				event.SetSubject(value)
			case "time":
				at, err := types.ParseTime(value)
				if err != nil {
					t.Fatal(err)
				}
				event.SetTime(at)
			case "datacontenttype":
				data := j.Data
				if j.Base64 != "" {
					data, _ = base64.StdEncoding.DecodeString(j.Base64)
				}
				if err := event.SetData(value, data); err != nil {
					t.Fatal(err)
				}
			default:
				event.SetExtension(name, value)
			}
		}
		ctx := cloudevents.WithEncodingBinary(cloudevents.ContextWithTarget(context.Background(), j.URL))
		if j.Structured {
			ctx = cloudevents.WithEncodingStructured(ctx)
		}
		if result := client.Send(ctx, event); !cloudevents.IsACK(result) {
			t.Fatalf("%s: %v", j.Attributes["id"], result)
		}
	}
}

func receiveGo(t *testing.T) (string, func() []seen) {
	t.Helper()
	var mutex sync.Mutex
	var all []seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := cloudevents.NewEventFromHTTPRequest(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s := seen{Attributes: map[string]string{
			"specversion": event.SpecVersion(), "id": event.ID(), "type": event.Type(), "source": event.Source(), "subject": event.Subject(),
			"time": types.FormatTime(event.Time()), "datacontenttype": event.DataContentType(),
		}}
		for name, value := range event.Extensions() {
			s.Attributes[name] = fmt.Sprint(value)
		}
		if event.DataMediaType() == cloudevents.ApplicationJSON {
			err = json.Unmarshal(event.Data(), &s.Data)
		} else {
			s.Base64 = base64.StdEncoding.EncodeToString(event.Data())
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		mutex.Lock()
		defer mutex.Unlock()
		all = append(all, s)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), func() []seen {
		mutex.Lock()
		defer mutex.Unlock()
		return append([]seen(nil), all...)
	}
}
