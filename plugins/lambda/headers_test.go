package lambda

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

func TestTextsOfHeaders(t *testing.T) {
	cases := map[string]struct {
		text  string
		form  headerText
		valid bool
	}{
		"tenant":                     {"Blue Ltd./eu_1:2=3+4-5@6.7", tenantID, true},
		"tenant of 256":              {strings.Repeat("a", 256), tenantID, true},
		"tenant of 257":              {strings.Repeat("a", 257), tenantID, false},
		"tenant with space before":   {" a", tenantID, false},
		"tenant with space behind":   {"a ", tenantID, false},
		"tenant with a semicolon":    {"a;b", tenantID, false},
		"tenant beyond ASCII":        {"é", tenantID, false},
		"tenant with a line break":   {"a\nb", tenantID, false},
		"no tenant":                  {"", tenantID, false},
		"execution":                  {"Order-7_a", durableExecutionName, true},
		"execution of 64":            {strings.Repeat("a", 64), durableExecutionName, true},
		"execution of 65":            {strings.Repeat("a", 65), durableExecutionName, false},
		"execution with a dot":       {"a.b", durableExecutionName, false},
		"execution with a space":     {"a b", durableExecutionName, false},
		"no execution":               {"", durableExecutionName, false},
		"execution with line breaks": {"a\r\n", durableExecutionName, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.form.valid(c.text); got != c.valid {
				t.Errorf("got %t, want %t", got, c.valid)
			}
		})
	}
}

func TestAClientContextThatIsTooLarge(t *testing.T) {
	const fits = maxClientContext/4*3 - len(`{"a":""}`)
	for size, want := range map[int]bool{fits: true, fits + 3: false} {
		_, err := compileClientContext(`{"a":"`+strings.Repeat("x", size)+`"}`, nil)
		if (err == nil) != want {
			t.Errorf("%d: got %v, want %t", size, err, want)
		}
	}
	f, _ := newFunctionWith(t, plugins.Settings{"client_context": `{"a":"{a}"}`}, map[string]string{"header.x": "{a}"})
	if err := await(t, f); err != nil {
		t.Fatal(err)
	}
	r := newRequest(plugintest.NewHeaders([2]string{":path", "/"}, [2]string{"x", strings.Repeat("x", 4000)}), nil)
	set, err := parameters.Compile(map[string]string{"header.x": "{a}"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Parameters, err = set.Extract(source{r.Headers.(*plugintest.Headers)}); err != nil {
		t.Fatal(err)
	}
	_, err = f.Request(r)
	wantReason(t, err, plugins.BadParameter)
}

// FuzzClientContext asks that whatever a parameter holds, the context is the JSON that was written with it in its place.
func FuzzClientContext(f *testing.F) {
	set, err := parameters.Compile(map[string]string{"header.x": "{user}"})
	if err != nil {
		f.Fatal(err)
	}
	header, err := compileClientContext(`{ "custom" : { "user" : "u: {user}", "{{user": [ "{{", "\"" , 1 ] } }`, set)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("ann")
	f.Add(`","admin":"true`)
	f.Add("\x00\xff\u2028</script>{user}")
	f.Fuzz(func(t *testing.T, user string) {
		values, err := set.Extract(source{plugintest.NewHeaders([2]string{"x", user})})
		if err != nil {
			return // No parameter can be like that.
		}
		value, err := header.expand(values)
		if err != nil {
			const fits = 380 // However it is escaped: six bytes for one, as in \u0000, at most.
			if len(user) < fits {
				t.Error(err)
			}
			return
		}
		text, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Custom map[string]any `json:"custom"`
		}
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%v in %q", err, text)
		}
		if got.Custom["user"] != "u: "+user && utf8.ValidString(user) || len(got.Custom) != 2 {
			t.Errorf("got %q, want %q", got.Custom, user)
		}
	})
}

// FuzzReport asks that a log, which a function can fill with anything, yields numbers or nothing.
func FuzzReport(f *testing.F) {
	f.Add([]byte("REPORT RequestId: 7\tDuration: 1.5 ms\tBilled Duration: 2 ms\tMax Memory Used: 35 MB\t\n"))
	f.Add([]byte(`{"type":"platform.report","record":{"metrics":{"durationMs":1.5,"billedDurationMs":"2","initDurationMs":{}}}}`))
	f.Add([]byte("\n\n{\"platform.report\"\r\nREPORT RequestId:\tDuration:  ms"))
	f.Fuzz(func(t *testing.T, log []byte) {
		r := plugins.NewAnswer(plugins.NewRequest(nil, nil, nil), plugintest.NewHeaders())
		annotateReport(r, base64.StdEncoding.EncodeToString(log))
		for _, annotation := range r.Annotations() {
			if !isFigure(annotation.Value) {
				t.Errorf("got %v", annotation)
			}
		}
	})
}

func TestALogThatIsNotBase64(t *testing.T) {
	r := plugins.NewAnswer(plugins.NewRequest(nil, nil, nil), plugintest.NewHeaders())
	annotateReport(r, "***")
	if got := r.Annotations(); len(got) != 0 {
		t.Errorf("got %v, want nothing", got)
	}
}
