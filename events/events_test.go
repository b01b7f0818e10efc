package events

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func read(body string) (*Event, error) {
	e := &Event{}
	return e, e.Read([]byte(body))
}

const minimal = `"specversion":"1.0","type":"t","source":"s","id":"1"`

func TestModeOf(t *testing.T) {
	for _, c := range []struct {
		contentType, specVersion string
		want                     Mode
	}{
		{"", "", NoEvent},
		{"application/json", "", NoEvent},
		{"application/json", "1.0", Binary},
		{"", "1.0", Binary},
		{"application/cloudevents+json", "", Structured},
		{"application/cloudevents+json", "1.0", Structured},
		{"Application/CloudEvents", "", Structured},
		{"application/cloudevents-batch+json; charset=utf-8", "", Batch},
		{"APPLICATION/CLOUDEVENTS-BATCH", "1.0", Batch},
		{" application/cloudevents", "", NoEvent},
		{"application/cloudevent", "", NoEvent},
	} {
		if got := ModeOf(c.contentType, c.specVersion); got != c.want {
			t.Errorf("ModeOf(%q, %q) = %v, want %v", c.contentType, c.specVersion, got, c.want)
		}
	}
}

func TestBounds(t *testing.T) {
	var many, empty, long strings.Builder
	for i := range 200000 {
		fmt.Fprintf(&many, `,"x%d":1`, i)
	}
	for i := range 2 * MaxAttributes {
		fmt.Fprintf(&empty, `,"x%d":null`, i)
	}
	long.WriteString(strings.Repeat("x", MaxValue+1))
	for name, body := range map[string]string{
		"many attributes": "{" + minimal + many.String() + "}",
		"many empty ones": "{" + minimal + empty.String() + "}",
		"a long one":      "{" + minimal + `,"ext":"` + long.String() + `"}`,
		"a long name":     "{" + minimal + `,"` + long.String() + `":{}}`,
		"deep nesting":    "{" + minimal + `,"data":` + strings.Repeat("[", 1e6) + strings.Repeat("]", 1e6) + "}",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(body)
			var invalid *Error
			if !errors.As(err, &invalid) || len(invalid.Problem) > 200 {
				t.Errorf("error = %.300v, want a short one", err)
			}
		})
	}
}

func TestBatchUsesOneEvent(t *testing.T) {
	e := &Event{}
	var seen []string
	err := e.ReadBatch([]byte(` [{`+minimal+`,"a":1,"data":1} , {`+minimal+`,"b":"x"}] `), func() error {
		seen = append(seen, fmt.Sprintf("%d %s %s %d", len(e.Attributes), e.Get("a"), e.Get("b"), e.Form))
		return nil
	})
	if want := []string{"5 1  1", "5  x 0"}; err != nil || fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("seen = %q, %v, want %q", seen, err, want)
	}
	stop := errors.New("stop")
	if err := e.ReadBatch([]byte(`[{`+minimal+`},{`+minimal+`}]`), func() error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error = %v, want the caller's own", err)
	}
}

// What an event in structured mode says of its data, and what becomes of it in binary mode.
// What earlier events had without a value does not count against the bounds of later ones.
func TestABatchMayHaveManyEventsWithEmptyAttributes(t *testing.T) {
	batch := "[" + strings.Repeat("{"+minimal+`,"subject":null},`, 2*MaxAttributes) + "{" + minimal + "}]"
	count := 0
	err := new(Event).ReadBatch([]byte(batch), func() error { count++; return nil })
	if err != nil || count != 2*MaxAttributes+1 {
		t.Errorf("got %d events, %v, want %d", count, err, 2*MaxAttributes+1)
	}
}

func TestDataOfStructuredMode(t *testing.T) {
	for _, c := range []struct{ members, contentType, data string }{
		{``, "", ""},
		{`,"datacontenttype":"text/plain"`, "text/plain", ""},
		{`,"data":null`, "", ""},
		{`,"data":{"a": 1.0}`, "application/json", `{"a": 1.0}`},
		{`,"data":"a\n"`, "application/json", `"a\n"`},
		{`,"data":"a\n","datacontenttype":"text/plain"`, "text/plain", "a\n"},
		{`,"datacontenttype":"TEXT/JSON; charset=utf-8","data":"a\n"`, "TEXT/JSON; charset=utf-8", `"a\n"`},
		{`,"datacontenttype":"application/x+json","data":"a"`, "application/x+json", `"a"`},
		{`,"datacontenttype":"text/plain","data":7`, "text/plain", `7`},
		{`,"data_base64":"aGk="`, "", "hi"},
		{`,"data_base64":"aGk=","datacontenttype":"application/json"`, "application/json", "hi"},
		{`,"data_base64":"a\u0047k="`, "", "hi"},
		{`,"data_base64":""`, "", ""},
		{`,"data":false,"data_base64":null`, "application/json", "false"},
	} {
		t.Run(c.members, func(t *testing.T) {
			e, err := read("{" + minimal + c.members + "}")
			if err != nil {
				t.Fatal(err)
			}
			if got := e.ContentType(); got != c.contentType {
				t.Errorf("content type = %q, want %q", got, c.contentType)
			}
			if got := string(e.AppendData(nil)); got != c.data {
				t.Errorf("data = %q, want %q", got, c.data)
			}
		})
	}
}

func TestFormOf(t *testing.T) {
	for _, c := range []struct {
		contentType, body string
		want              Form
	}{
		{"", "", NoData},
		{"text/plain", "", NoData},
		{"", `{"a":1}`, JSONData},
		{"", "a", Base64Data},
		{"application/json", ` "a" `, JSONData},
		{"application/json", "a", Base64Data},
		{"application/json", "\"\xff\"", Base64Data},
		{"application/problem+JSON;x=y", "1", JSONData},
		{"text/json", "1", JSONData},
		{"text/plain", "1", TextData},
		{"text/plain; charset=utf-8", "é", TextData},
		{`text/plain; charset="US-ASCII"`, "e", TextData},
		{"text/plain; charset=utf-16", "e", Base64Data},
		{"text/plain", "\xff", Base64Data},
		{"image/svg+xml", "<a/>", TextData},
		{"application/xml", "<a/>", TextData},
		{"application/octet-stream", "a", Base64Data},
		{"json", "1", Base64Data},
	} {
		if got := FormOf(c.contentType, IsText(c.contentType), []byte(c.body)); got != c.want {
			t.Errorf("FormOf(%q, %q) = %v, want %v", c.contentType, c.body, got, c.want)
		}
	}
}

// FuzzThereAndBack has data go from binary mode into JSON and back. Not a byte of it may be lost; JSON may lose the space
// around it, which says nothing.
func FuzzThereAndBack(f *testing.F) {
	f.Add("application/json", []byte(` {"a": 1.0, "a":"\ud800"} `), "Euro € 😀")
	f.Add("text/plain", []byte("a\"\\\n\x00é"), "%20")
	f.Add("image/png", []byte("\xff\x00"), `""`)
	f.Add("", []byte("1"), "")
	f.Fuzz(func(t *testing.T, contentType string, body []byte, subject string) {
		sent := &Event{}
		for _, header := range [][2]string{{"ce-specversion", "1.0"}, {"ce-type", "t"}, {"ce-source", "s"}, {"ce-id", "1"}, {"ce-subject", Encode(subject)}} {
			if sent.AddHeader(header[0], header[1]) != nil {
				return
			}
		}
		if !isMediaType(contentType) {
			return
		}
		sent.SetContentType(contentType)
		form := FormOf(contentType, IsText(contentType), body)
		written := sent.AppendJSON(nil, form, body)
		received := &Event{}
		if err := received.Read(written); err != nil {
			t.Fatalf("%q cannot be read: %v", written, err)
		}
		if fmt.Sprint(received.Attributes) != fmt.Sprint(sent.Attributes) {
			t.Errorf("attributes = %v, want %v", received.Attributes, sent.Attributes)
		}
		data := received.AppendData(nil)
		if form == JSONData {
			data, body = bytes.Trim(data, " \t\r\n"), bytes.Trim(body, " \t\r\n")
		}
		if !bytes.Equal(data, body) {
			t.Errorf("%s as form %d: data = %q, want %q", contentType, form, data, body)
		}
	})
}
