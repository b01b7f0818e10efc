package events

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/cloudevents/sdk-go/v2/types"
)

// stricter are rules of the specification that the SDK does not hold events to, so that it takes what we refuse.
var stricter = []string{
	"is there twice",             // Which of the two counts is anyone's guess.
	"control character",          // Specification §3.1.
	"no character",               //
	"half a character",           //
	"not UTF-8",                  //
	"small letters and digits",   // §2; the SDK makes letters small.
	"longer than",                // Our bound.
	"media type",                 // The SDK takes any text when it reads.
	"must be a string",           // The SDK makes texts of numbers.
	"32 bits",                    // The SDK cuts a fraction off.
	"exclude each other",         // The SDK takes the last.
	"must be a URI",              // The SDK takes what net/url does, and reads a data schema only when asked.
	"must be a JSON object",      // The SDK stops reading where the object ends.
	"must be a string in base64", // It ignores line breaks.
	"specversion must be",        // It takes 0.3 too.
	"is missing",                 // It validates only when asked, and takes white space for nothing.
	"time must be a timestamp",   // It takes more forms.
}

func isStricter(err error) bool {
	for _, rule := range stricter {
		if strings.Contains(err.Error(), rule) {
			return true
		}
	}
	return false
}

// FuzzHeaders compares the reader of binary mode with the SDK's, which takes off neither percent-encoding nor quotes, so
// it is given values where there are none.
func FuzzHeaders(f *testing.F) {
	f.Add("com.example.order", "/shop/7?a=b#c", "4711", "orders/1", "2026-03-01T12:00:00.5+01:00", "tenant", "blue")
	f.Add("t", "urn:a:b", "1", "", "", "x", "")
	f.Add("Euro%20%E2%82%AC", "s", `"1"`, "100%", "", "ext", "\"a\\\"b\"")
	f.Add("", "http://a:b", "1", "\x01", "yesterday", "data", "1")
	f.Fuzz(func(t *testing.T, eventType, source, id, subject, at, name, value string) {
		if name == "" {
			return // A header that is just the prefix has the SDK panic (protocol/http/message.go, ReadBinary).
		}
		given := [][2]string{
			{"ce-specversion", "1.0"},
			{"ce-type", eventType},
			{"ce-source", source},
			{"ce-id", id},
			{"ce-subject", subject},
			{"ce-time", at},
			{"ce-" + strings.ToLower(name), value},
			{"content-type", "text/plain"},
		}
		ours := &Event{}
		var err error
		request, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://localhost/", strings.NewReader("data"))
		for i := range given {
			if err == nil {
				err = ours.AddHeader(given[i][0], given[i][1])
			}
			decoded, ok := Decode(given[i][1])
			if !ok {
				decoded = given[i][1]
			}
			if decoded != "" {
				request.Header.Add(given[i][0], decoded)
			}
		}
		if err == nil {
			err = ours.Complete()
		}
		theirs, theirErr := binding.ToEvent(context.Background(), cehttp.NewMessageFromHttpRequest(request))
		if theirErr == nil {
			theirErr = theirs.Validate()
		}
		if agree(t, given, ours, err, theirErr) {
			if err := ours.SetContentType("text/plain"); err != nil {
				return // The SDK takes ce-datacontenttype for an attribute.
			}
			compare(t, ours, theirs)
		}
	})
}

// FuzzStructured compares the reader of structured mode with the SDK's, data included.
func FuzzStructured(f *testing.F) {
	for _, seed := range []string{
		`{` + minimal + `}`,
		`{` + minimal + `,"subject":"Euro \u20ac \ud83d\ude00","time":"2026-03-01T12:00:00Z","count":7,"flag":true,"none":null}`,
		`{` + minimal + `,"datacontenttype":"application/json","data":{"a":[1.0,"]}"]}}`,
		`{` + minimal + `,"datacontenttype":"text/plain","data":"a\"b"}`,
		`{` + minimal + `,"data_base64":"aGk="}`,
		`{` + minimal + `,"data":"x"}`,
		`{` + minimal + `,"type":"u"}`,
		`{"specversion":"1.0","type":"t","source":"s"}`,
		`{` + minimal + `,"ext":{}}`, `{` + minimal + `,"ext":1.5}`, `[]`, `{`, ``, `{` + minimal + `}x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		ours := &Event{}
		err := ours.Read(bytes.Clone(body))
		var theirs event.Event
		theirErr := json.Unmarshal(body, &theirs)
		if theirErr == nil {
			theirErr = theirs.Validate()
		}
		if agree(t, string(body), ours, err, theirErr) {
			compare(t, ours, &theirs)
			compareData(t, ours, &theirs)
		}
	})
}

// agree reports whether both have taken what they were given. That one has not is a failure, unless it is known.
func agree(t *testing.T, given any, ours *Event, err, theirErr error) bool {
	t.Helper()
	var invalid *Error
	switch {
	case err != nil && !errors.As(err, &invalid):
		t.Fatalf("the error is of another kind: %v", err)
	case err != nil && theirErr == nil && !isStricter(err):
		t.Errorf("%q: got %v, which the SDK takes", given, err)
	case err == nil && theirErr != nil && !knownRefusal(ours, theirErr):
		t.Errorf("%q is taken, the SDK says %v", given, theirErr)
	}
	return err == nil && theirErr == nil
}

// knownRefusal reports whether the SDK refuses what the specification allows.
func knownRefusal(e *Event, err error) bool {
	for _, name := range []string{ID, Type, Source, Subject, DataSchema, DataContentType} {
		if value, there := e.Lookup(name); there && strings.TrimSpace(value.Value) == "" {
			return true // It takes white space for nothing.
		}
	}
	if source, parseErr := url.Parse(e.Get(Source)); parseErr == nil && source.String() == "" {
		return true // It takes an empty fragment, "#", for nothing.
	}
	for _, text := range []string{
		"datacontenttype", // It holds the parameters too against RFC 2046.
		"dataschema",      // It wants an absolute one.
		"data_base64", "base64",
	} {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	return false
}

func compare(t *testing.T, ours *Event, theirs *event.Event) {
	t.Helper()
	got := map[string]string{}
	for _, a := range ours.Attributes {
		got[a.Name] = a.Value
		if a.Name == Time {
			parsed, _ := time.Parse(time.RFC3339, a.Value)
			got[a.Name] = types.FormatTime(parsed)
		}
	}
	want := map[string]string{
		SpecVersion: theirs.SpecVersion(), ID: theirs.ID(), Source: theirs.Source(), Type: theirs.Type(), Subject: theirs.Subject(),
		DataSchema: theirs.DataSchema(), DataContentType: theirs.DataContentType(),
	}
	if at := theirs.Time(); !at.IsZero() {
		want[Time] = types.FormatTime(at)
	}
	for name, value := range theirs.Extensions() {
		want[name], _ = types.Format(value)
	}
	for _, name := range []string{Source, DataSchema} { // The SDK reads and writes it again as a URI, with its own escapes.
		if strings.Contains(want[name], "%") || got[name] != want[name] && fmt.Sprint(types.ParseURIRef(got[name])) == want[name] {
			delete(want, name)
			delete(got, name)
		}
	}
	for name, value := range want {
		if strings.TrimSpace(value) != strings.TrimSpace(got[name]) { // The SDK takes the space around some of them off.
			t.Errorf("%s = %q, the SDK has %q", name, got[name], value)
		}
		delete(got, name)
	}
	for name, value := range got {
		t.Errorf("%s = %q, the SDK has none", name, value)
	}
}

func compareData(t *testing.T, ours *Event, theirs *event.Event) {
	t.Helper()
	var got, want any
	data := ours.AppendData(nil)
	if ours.Form == JSONData && json.Unmarshal(data, &got) == nil && json.Unmarshal(theirs.Data(), &want) == nil {
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("data = %s, the SDK has %s", data, theirs.Data())
		}
		return
	}
	if !bytes.Equal(data, theirs.Data()) {
		t.Errorf("data = %q, the SDK has %q", data, theirs.Data())
	}
}
