package plugins_test

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

// config has a field of every kind.
type config struct {
	Text     string        `setting:"text" default:"hello"`
	Choice   string        `setting:"choice" one_of:"a,b" default:"a"`
	Number   float64       `setting:"number" unit:"bytes" doc:"How many."`
	Whole    int           `setting:"whole"`
	Flag     bool          `setting:"flag"`
	List     []string      `setting:"list"`
	Duration time.Duration `setting:"duration"`
	Other    string        // No setting.
}

func TestSettingsOf(t *testing.T) {
	want := []plugins.Setting{
		{Name: "text", Kind: plugins.Text, Default: "hello"},
		{Name: "choice", Kind: plugins.Text, Default: "a", Values: []string{"a", "b"}},
		{Name: "number", Kind: plugins.Number, Unit: "bytes", Doc: "How many."},
		{Name: "whole", Kind: plugins.Number},
		{Name: "flag", Kind: plugins.Bool},
		{Name: "list", Kind: plugins.List},
		{Name: "duration", Kind: plugins.Text},
	}
	for _, of := range []any{config{}, &config{}} {
		if got := plugins.SettingsOf(of); !reflect.DeepEqual(got, want) {
			t.Errorf("%T: got %v, want %v", of, got, want)
		}
	}
}

func TestSettingsOfAnEmbeddedStruct(t *testing.T) {
	type inner struct {
		Inner string `setting:"inner"`
	}
	type outer struct {
		Outer string `setting:"outer"`
		inner
	}
	want := []plugins.Setting{{Name: "outer", Kind: plugins.Text}, {Name: "inner", Kind: plugins.Text}}
	if got := plugins.SettingsOf(outer{}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	var got outer
	if err := (plugins.Settings{"outer": "a", "inner": "b"}).Decode(&got); err != nil || got.Outer != "a" || got.Inner != "b" {
		t.Errorf("got %+v, %v, want a and b", got, err)
	}
}

func TestSettingsOfAFieldThatCannotBeOne(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("got no panic")
		}
	}()
	plugins.SettingsOf(struct {
		Nested map[string]string `setting:"nested"`
	}{})
}

func TestDecode(t *testing.T) {
	cases := map[string]struct {
		settings plugins.Settings
		want     config
	}{
		"nothing": {nil, config{Text: "hello", Choice: "a"}},
		"all": {
			plugins.Settings{
				"text": "bye", "choice": "b", "number": 1.5, "whole": 7.0, "flag": true, "list": []string{"x"}, "duration": "900s",
			},
			config{Text: "bye", Choice: "b", Number: 1.5, Whole: 7, Flag: true, List: []string{"x"}, Duration: 15 * time.Minute},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got config
			if err := c.settings.Decode(&got); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.List, c.want.List) {
				t.Errorf("list: got %q, want %q", got.List, c.want.List)
			}
			got.List, c.want.List = nil, nil
			if got.Text != c.want.Text || got.Choice != c.want.Choice || got.Number != c.want.Number ||
				got.Whole != c.want.Whole || got.Flag != c.want.Flag || got.Duration != c.want.Duration || got.Other != "" {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	cases := map[string]struct {
		settings plugins.Settings
		want     string
	}{
		"an unknown name":            {plugins.Settings{"txet": "a"}, `setting "txet" is unknown; there are choice, duration, flag, list, number, text, whole`},
		"an unknown unreadable one":  {plugins.Settings{"txet": plugins.Unreadable{}}, `setting "txet" is unknown`},
		"an unreadable one":          {plugins.Settings{"text": plugins.Unreadable{}}, `setting "text" must be a text and not empty`},
		"the name of a field":        {plugins.Settings{"Other": "a"}, `setting "Other" is unknown`},
		"a number for a text":        {plugins.Settings{"text": 1.0}, `setting "text" must be a text`},
		"a text for a number":        {plugins.Settings{"number": "1"}, `setting "number" must be a number`},
		"a text for a flag":          {plugins.Settings{"flag": "true"}, `setting "flag" must be true or false`},
		"a text for a list":          {plugins.Settings{"list": "a"}, `setting "list" must be a list of texts`},
		"a list for a text":          {plugins.Settings{"text": []string{"a"}}, `setting "text" must be a text`},
		"none of the choices":        {plugins.Settings{"choice": "c"}, `setting "choice" must be one of a, b, not "c"`},
		"a fraction":                 {plugins.Settings{"whole": 1.5}, `setting "whole" must be a whole number, not 1.5`},
		"a duration without a unit":  {plugins.Settings{"duration": "900"}, `setting "duration" must be a duration like 900s, not "900"`},
		"a duration of nothing":      {plugins.Settings{"duration": "0s"}, `setting "duration" must be a duration like 900s, not "0s"`},
		"a duration that is a colon": {plugins.Settings{"duration": ":"}, `setting "duration" must be a duration`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if err := c.settings.Decode(&config{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

// named is a function type that is only a name.
type named string

func (n named) Name() string              { return string(n) }
func (named) Settings() []plugins.Setting { return nil }

func (named) NewUpstream(plugins.Environment, plugins.Settings) (plugins.Upstream, error) {
	return nil, errors.New("not made for use")
}

func init() {
	plugins.Register(named("test-b"))
	plugins.Register(named("test-a"))
}

func TestRegistry(t *testing.T) {
	if got := plugins.Lookup("test-a"); got != named("test-a") {
		t.Errorf("got %v, want test-a", got)
	}
	if got := plugins.Lookup("test-c"); got != nil {
		t.Errorf("got %v, want none", got)
	}
	if got, want := plugins.Names(), []string{"test-a", "test-b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for name, mistake := range map[string]plugins.Type{"nil": nil, "no name": named(""), "twice": named("test-a")} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("got no panic")
				}
			}()
			plugins.Register(mistake)
		})
	}
}

var testOnly = plugins.NewReason("test_only", http.StatusTeapot)

func TestNewReason(t *testing.T) {
	if got := plugins.NewReason("test_only", http.StatusTeapot); got != testOnly {
		t.Errorf("the same again: got %q, want %q", got, testOnly)
	}
	for name, make := range map[string]func(){
		"another status":            func() { plugins.NewReason("test_only", http.StatusBadRequest) },
		"no name":                   func() { plugins.NewReason("", http.StatusBadRequest) },
		"not snake_case":            func() { plugins.NewReason("Test-Only", http.StatusBadRequest) },
		"no error":                  func() { plugins.NewReason("test_success", http.StatusOK) },
		"counter of another prefix": func() { plugins.NewCounter("test") },
		"counter twice":             func() { plugins.NewCounter("funcroute.test"); plugins.NewCounter("funcroute.test") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("got no panic")
				}
			}()
			make()
		})
	}
}

func TestReasons(t *testing.T) {
	want := map[plugins.Reason]int{
		"config_error": 500, "no_function": 404, "unknown_function": 404, "bad_parameter": 400, "bad_body": 400,
		"body_too_large": 413, "credentials_unavailable": 503, "function_error": 502, "function_timeout": 504,
		"function_throttled": 429, "upstream_rejected": 502, "invalid_answer": 502, "invalid_event": 400, "internal_error": 500, "overloaded": 503, "test_only": 418,
	}
	if got := len(plugins.Reasons()); got != len(want) {
		t.Errorf("reasons: got %d, want %d", got, len(want))
	}
	for _, reason := range plugins.Reasons() {
		if got := reason.Status(); got != want[reason] {
			t.Errorf("%s: got %d, want %d", reason, got, want[reason])
		}
	}
	if got := plugins.Reason("none").Status(); got != http.StatusInternalServerError {
		t.Errorf("no reason: got %d, want 500", got)
	}
}

func TestError(t *testing.T) {
	cause := errors.New("for operators")
	err := plugins.Errorf(plugins.BadBody, "for %s", "clients").Because(cause)
	if got, want := err.Error(), "bad_body: for clients: for operators"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is not to be found")
	}
	if got, want := plugins.Errorf(plugins.BadBody, "for clients").Error(), "bad_body: for clients"; got != want {
		t.Errorf("without a cause: got %q, want %q", got, want)
	}
	if got := err.HTTPStatus(); got != http.StatusBadRequest {
		t.Errorf("status: got %d, want 400", got)
	}
	err.Status = http.StatusTeapot
	if got := err.HTTPStatus(); got != http.StatusTeapot {
		t.Errorf("status of its own: got %d, want 418", got)
	}
}

func TestMessagesRememberWhatWasReplaced(t *testing.T) {
	request := plugins.NewRequest(nil, nil, []byte("a"))
	if string(request.Body()) != "a" || request.BodyReplaced() {
		t.Errorf("request: got %q, %t, want the client's body", request.Body(), request.BodyReplaced())
	}
	request.SetBody(nil)
	if request.Body() != nil || !request.BodyReplaced() {
		t.Errorf("request: got %q, %t, want none in its place", request.Body(), request.BodyReplaced())
	}
	answer := plugins.NewAnswer(request, nil)
	answer.Receive([]byte("b"))
	if string(answer.Body()) != "b" || answer.BodyReplaced() || answer.Request != request {
		t.Errorf("answer: got %q, %t, want the upstream's body", answer.Body(), answer.BodyReplaced())
	}
	answer.SetBody([]byte("c"))
	if string(answer.Body()) != "c" || !answer.BodyReplaced() {
		t.Errorf("answer: got %q, %t, want another body", answer.Body(), answer.BodyReplaced())
	}
	answer.Annotate("a", "1")
	answer.Annotate("b", "2")
	if got, want := answer.Annotations(), []plugins.Annotation{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}}; !slices.Equal(got, want) {
		t.Errorf("annotations: got %v, want %v", got, want)
	}
}
