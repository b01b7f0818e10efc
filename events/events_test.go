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
	var many, empty strings.Builder
	for i := range 200000 {
		fmt.Fprintf(&many, `,"x%d":1`, i)
		fmt.Fprintf(&empty, `,"x%d":null`, i)
	}
	long := strings.Repeat("x", MaxSize)
	for name, body := range map[string]string{
		"many attributes": "{" + minimal + many.String() + "}",
		"many empty ones": "{" + minimal + empty.String() + "}",
		"a long one":      "{" + minimal + `,"ext":"` + long + `"}`,
		"a long name":     "{" + minimal + `,"` + long + `":{}}`,
		"a wrong one":     "{" + minimal + `,"` + long + `-":{}}`,
		"a wrong reading": "{" + minimal + `,"` + strings.Repeat("\u0001", MaxSize) + `":{}}`,
		"deep nesting":    "{" + minimal + `,"data":` + strings.Repeat("[", 1e6) + strings.Repeat("]", 1e6) + "}",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(body)
			var invalid *Error
			if !errors.As(err, &invalid) || len(invalid.Problem) > 300 {
				t.Errorf("error = %.300v, want a short one", err)
			}
		})
	}
}

// Events of 64 KiB have to be handed on, whatever fills them.
func TestEventsOf64KiBAreRead(t *testing.T) {
	fill := func(next func(i int) string) string {
		var members strings.Builder
		for i := 0; ; i++ {
			member := next(i)
			if len("{}")+len(minimal)+members.Len()+len(member) > 64<<10 {
				return "{" + minimal + members.String() + "}"
			}
			members.WriteString(member)
		}
	}
	const overhead = len(`{,"subject":""}`) + len(minimal)
	for name, body := range map[string]string{
		"a long subject":      "{" + minimal + `,"subject":"` + strings.Repeat("x", 64<<10-overhead) + `"}`,
		"many extensions":     fill(func(i int) string { return fmt.Sprintf(`,"%d":1`, i) }),
		"many without values": fill(func(i int) string { return fmt.Sprintf(`,"%d":""`, i) }),
	} {
		t.Run(name, func(t *testing.T) {
			e, err := read(body)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{Type, Source, ID} {
				if e.Get(name) == "" {
					t.Errorf("%s is missing", name)
				}
			}
		})
		for _, again := range []string{`,"type":"u"}`, `,"7":"u"}`, `,"7":null}`} {
			_, err := read(strings.TrimSuffix(body, "}") + again)
			if strings.Contains(body, `"7"`) || strings.Contains(again, "type") {
				if err == nil || !strings.Contains(err.Error(), "twice") && !strings.Contains(err.Error(), "64 KiB") {
					t.Errorf("%s, and %s: got %v, want it refused", name, again, err)
				}
			}
		}
	}
}

// An event is used again and again, and must not remember the last one.
func TestManyAttributesAreForgotten(t *testing.T) {
	var many strings.Builder
	for i := range 100 {
		fmt.Fprintf(&many, `,"x%d":%d`, i, i)
	}
	e := &Event{}
	for _, body := range []string{"{" + minimal + many.String() + "}", "{" + minimal + `,"x7":"a"}`} {
		e.Reset()
		if err := e.Read([]byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if got := e.Get("x7"); got != "a" || e.Get("x8") != "" || len(e.Attributes) != 5 {
		t.Errorf("got %q and %d attributes, want a and 5", got, len(e.Attributes))
	}
}

func TestNamesInMessages(t *testing.T) {
	for name, want := range map[string]string{
		"example-extension":     `"example-extension" cannot be the name`,
		"$traceId":              `"$traceId" cannot be the name`,
		`a\u0000é`:              `"a\x00\u00e9" cannot be the name`,
		"":                      `"" cannot be the name`,
		strings.Repeat("A", 50): `"` + strings.Repeat("A", 40) + `"… cannot be the name`,
		strings.Repeat("é", 50): `…` + " cannot be the name",
		strings.Repeat(`\"`, 9): `cannot be the name`,
	} {
		if _, err := read("{" + minimal + `,"` + name + `":1}`); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

func TestValuesWithAForm(t *testing.T) {
	for _, c := range []struct {
		name, value string
		valid       bool
	}{
		{Time, "2026-03-01T12:00:00Z", true},
		{Time, "2026-03-01t12:00:00z", true},
		{Time, "2016-12-31T23:59:60Z", true},
		{Time, "2026-03-01T12:00:00.123456789012+01:00", true},
		{Time, "2026-03-01T1:00:00Z", false},
		{Time, "2026-03-01T12:00:00,5Z", false},
		{Time, "2026-03-01 12:00:00Z", false},
		{Time, "2026-03-01T12:00:00", false},
		{Source, "/a%20b", true},
		{Source, "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66", true},
		{Source, "1-555-123-4567", true},
		{Source, "/a b", false},
		{Source, "<", false},
		{Source, "/é", false},
		{Source, "%zz", false},
		{DataSchema, "https://example.com/order", true},
		{DataSchema, "urn:order", true},
		{DataSchema, "/order", false},
		{DataSchema, "https://example.com/a b", false},
	} {
		err := new(Event).Add(Attribute{Name: c.name, Value: c.value})
		if (err == nil) != c.valid {
			t.Errorf("%s %q: got %v, want it valid: %v", c.name, c.value, err, c.valid)
		}
	}
}

func TestContentTypeBesideTheAttribute(t *testing.T) {
	for _, c := range []struct {
		claims      []string
		contentType string
		want        string // of the error
	}{
		{nil, "text/plain", ""},
		{[]string{"text/plain"}, "text/plain", ""},
		{[]string{"Application/JSON; charset=utf-8"}, "application/json;charset=UTF-8", ""},
		{[]string{`application/json;charset="utf-8"`}, "application/json;charset=utf-8", ""},
		{[]string{"application/json;v=A"}, "application/json;v=a", "says something else"},
		{[]string{"application/json;v=a;w=b"}, "application/json;v=a", "says something else"},
		{[]string{"application/json;v=a"}, "application/json;w=a", "says something else"},
		{[]string{"application/json"}, "text/plain", "says something else"},
		{[]string{"application/json"}, "", "says something else"},
		{[]string{""}, "text/plain", "says something else"},
		{[]string{"text/plain", "text/plain"}, "text/plain", "there twice"},
		{[]string{"%FF"}, "text/plain", "not UTF-8"},
	} {
		e := &Event{}
		var err error
		for _, claim := range c.claims {
			if err == nil {
				err = e.AddHeader(ContentTypeHeader, claim)
			}
		}
		if err == nil {
			err = e.SetContentType(c.contentType)
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q beside %q: got %v, want %q", c.claims, c.contentType, err, c.want)
		}
		if err == nil && e.Get(DataContentType) != c.contentType {
			t.Errorf("datacontenttype: got %q, want %q", e.Get(DataContentType), c.contentType)
		}
	}
}

func TestBatchUsesOneEvent(t *testing.T) {
	e := &Event{}
	var seen []string
	err := e.ReadBatch([]byte(` [{`+minimal+`,"a":1,"data":1} , {`+minimal+`,"b":"x"}] `), func([]byte) error {
		seen = append(seen, fmt.Sprintf("%d %s %s %d", len(e.Attributes), e.Get("a"), e.Get("b"), e.Form))
		return nil
	})
	if want := []string{"5 1  1", "5  x 0"}; err != nil || fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("seen = %q, %v, want %q", seen, err, want)
	}
	stop := errors.New("stop")
	if err := e.ReadBatch([]byte(`[{`+minimal+`},{`+minimal+`}]`), func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error = %v, want the caller's own", err)
	}
}

// What an event in structured mode says of its data, and what becomes of it in binary mode.
// What earlier events had without a value does not count against the bounds of later ones.
func TestABatchMayHaveManyEventsWithEmptyAttributes(t *testing.T) {
	batch := "[" + strings.Repeat("{"+minimal+`,"subject":null},`, 200) + "{" + minimal + "}]"
	count := 0
	err := new(Event).ReadBatch([]byte(batch), func([]byte) error { count++; return nil })
	if err != nil || count != 200+1 {
		t.Errorf("got %d events, %v, want %d", count, err, 200+1)
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
		if err := sent.SetContentType(contentType); err != nil {
			t.Fatal(err)
		}
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
