package cloudevents

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	sqlerrors "github.com/cloudevents/sdk-go/sql/v2/errors"
	"github.com/cloudevents/sdk-go/v2/event"
	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/events"
)

// tckFile is a file of CESQL's technology compatibility kit.
type tckFile struct {
	Name  string    `yaml:"name"`
	Tests []tckCase `yaml:"tests"`
}

type tckCase struct {
	Name       string         `yaml:"name"`
	Expression string         `yaml:"expression"`
	Result     any            `yaml:"result"`
	Error      string         `yaml:"error"`
	Event      map[string]any `yaml:"event"`
	Overrides  map[string]any `yaml:"eventOverrides"`
}

// The kit's own default event is the SDK's test.FullEvent.
var fullEvent = map[string]any{
	"specversion": "1.0", "type": "com.example.FullEvent", "id": "full-event", "source": "http://example.com/source",
	"subject": "topic", "time": "2020-03-21T12:34:56.78Z", "dataschema": "http://example.com/schema", "datacontenttype": "text/json",
	"exbool": true, "exint": 42, "exstring": "exstring", "exbinary": "AAECAw==", "exurl": "http://example.com/source", "extime": "2020-03-21T12:34:56.78Z",
}

// TestCESQLConforms runs the compatibility kit, as it comes with the SDK, on expressions and events as the filter has them.
func TestCESQLConforms(t *testing.T) {
	count := 0
	for _, path := range tckPaths(t) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var file tckFile
		if err := yaml.Unmarshal(content, &file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		t.Run(file.Name, func(t *testing.T) {
			for _, c := range file.Tests {
				count++
				t.Run(c.Name, c.run)
			}
		})
	}
	if count != 275 {
		t.Errorf("cases = %d, want all 275", count)
	}
}

func tckPaths(t *testing.T) []string {
	t.Helper()
	module, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/cloudevents/sdk-go/sql/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(module)), "test", "tck", "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("the SDK has no kit: %v", err)
	}
	return paths
}

func (c tckCase) run(t *testing.T) {
	parsed, err := parseCESQL(c.Expression)
	if c.Error == "parse" {
		if err == nil {
			t.Fatalf("%q is parsed", c.Expression)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	value, err := evaluate(parsed, c.subject(t))
	kinds := map[string]func(error) bool{
		"": func(err error) bool { return err == nil }, "math": sqlerrors.IsMathError, "cast": sqlerrors.IsCastError,
		"missingFunction": sqlerrors.IsMissingFunctionError, "missingAttribute": sqlerrors.IsMissingAttributeError,
		"functionEvaluation": sqlerrors.IsFunctionEvaluationError, "generic": sqlerrors.IsGenericError,
	}
	if !kinds[c.Error](err) {
		t.Errorf("error = %v, want one of kind %q", err, c.Error)
	}
	if at, is := c.Result.(time.Time); is { // YAML takes the text for a time.
		c.Result = at.Format(time.RFC3339Nano)
	}
	if fmt.Sprintf("%T %v", value, value) != strings.Replace(fmt.Sprintf("%T %v", c.Result, c.Result), "int ", "int32 ", 1) {
		t.Errorf("value = %T %v, want %T %v", value, value, c.Result, c.Result)
	}
}

func (c tckCase) subject(t *testing.T) *subject {
	t.Helper()
	attributes := maps.Clone(c.Event)
	if attributes == nil {
		attributes = maps.Clone(fullEvent)
	}
	maps.Copy(attributes, c.Overrides)
	attributes["specversion"] = "1.0"
	delete(attributes, "data")
	s := &subject{}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := events.Attribute{Name: name, Value: fmt.Sprint(attributes[name])}
		switch value := attributes[name].(type) {
		case int:
			a.Kind = events.Integer
		case bool:
			a.Kind = events.Boolean
		case time.Time:
			a.Value = value.Format(time.RFC3339Nano)
		}
		if err := s.Add(a); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// Where CESQL says characters, the SDK takes bytes. The README says so; if this fails, the SDK has been mended.
func TestCESQLTakesBytesForCharacters(t *testing.T) {
	for _, expression := range []string{
		"LENGTH(subject) = 2", "LEFT(subject, 2) = subject", "RIGHT(subject, 2) = subject", "SUBSTRING(subject, 1, 2) = subject", "NOT (subject LIKE '_')",
	} {
		t.Run(expression, func(t *testing.T) {
			m, err := compileCESQL(expression)
			if err != nil {
				t.Fatal(err)
			}
			s := trial()
			s.Attributes = append(s.Attributes, events.Attribute{Name: events.Subject, Value: "é"})
			if holds, err := m.match(s); !holds || err != nil {
				t.Errorf("match = %v, %v, want true", holds, err)
			}
		})
	}
}

// An expression that cannot mean what it says is refused, never skipped.
func TestCESQLRefused(t *testing.T) {
	for expression, want := range map[string]string{
		"":                       "cannot be parsed: at character 1: it ends too early",
		"type =":                 "cannot be parsed: at character 7: it ends too early",
		"type = 'a' AND":         "cannot be parsed: at character 15: it ends too early",
		"type = 'a' # or so":     "cannot be parsed: at character 12",
		"type = 'a' id = 'b'":    `cannot be parsed: at character 12: "id" is out of place`,
		"(type = 'a'":            "cannot be parsed: at character 12: it ends too early",
		"type LIKE source":       `cannot be parsed: at character 11: "source" is out of place`,
		"TYPE = 'a'; DROP TABLE": "cannot be parsed: at character 11: ",
		"'a'":                    "is not a condition",
		"1 + 1":                  "is not a condition",
		"source":                 "is not a condition",
		"CONCAT(type, source)":   "is not a condition",
		"NOSUCHFUNCTION(type)":   "missing function",
		"type = 'unterminated":   `cannot be parsed: at character 8: "'" is out of place`,
		"type =\n\t= 'a'":        `cannot be parsed: in line 2, at character 2: "=" is out of place`,
	} {
		t.Run(expression[:min(len(expression), 30)], func(t *testing.T) {
			if _, err := compileCESQL(expression); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error = %.200v, want one with %q", err, want)
			}
		})
	}
}

// panicking is an expression that the SDK makes a mistake with.
type panicking struct{}

func (panicking) Evaluate(event.Event) (any, error) { panic("s3cr3t") }

// A panic of the SDK's is no match, not even under not, and nobody's end.
func TestAnExpressionThatPanicsDoesNotHold(t *testing.T) {
	for name, m := range map[string]matcher{"it": expression{panicking{}}, "its opposite": not{expression{panicking{}}}} {
		if holds, err := m.match(trial()); holds || err == nil {
			t.Errorf("%s: got %t, %v, want no match and an error", name, holds, err)
		}
	}
}
