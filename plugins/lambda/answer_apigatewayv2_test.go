package lambda

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

func answerTo(result []byte) (*plugins.Response, *plugintest.Headers, error) {
	headers := plugintest.NewHeaders([2]string{":status", "200"}, [2]string{"content-type", "application/json"},
		[2]string{"content-length", strconv.Itoa(len(result))})
	r := plugins.NewResponse(plugins.NewRequest(nil, nil, nil), headers)
	r.Receive(result)
	return r, headers, (&httpAPI{}).answer(r)
}

// FuzzAnswer asks that whatever a function returns, the client gets an answer that is one.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"statusCode":200,"headers":{"a":"b","C":1,"d":null,"e":[1]},"cookies":["a=1"],"body":"x","isBase64Encoded":false}`,
		`{"statusCode":"201","body":"eA==","isBase64Encoded":true}`, `{"statusCode":1e2}`, `{"statusCode":-200}`,
		`{ "statusCode" : 200 , "headers" : { } , "cookies" : [ ] }`, `{}`, `[]`, `""`, `"a\u0000\ud800"`, `1`, `null`, ``, `{`,
		`{"headers":{"x":"a\r\nb: c"},"statusCode":200}`, `{"statusCode":200,"statusCode":{}}`, "{\"a\":\"\xff\"}",
		`{"a":{"b":[{"statusCode":"}"},"]"]},"statusCode":299}`, `{"\u0073tatusCode":204}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, result []byte) {
		r, headers, err := answerTo(result)
		if err != nil {
			var failure *plugins.Error
			if !errors.As(err, &failure) || failure.Reason != plugins.InvalidAnswer {
				t.Fatalf("got %v, want %s", err, plugins.InvalidAnswer)
			}
			return
		}
		status, err := strconv.Atoi(headers.Get(":status"))
		if err != nil || status < 200 || status > 599 {
			t.Errorf("status: got %q", headers.Get(":status"))
		}
		if !r.BodyReplaced() {
			t.Error("the body has no length")
		}
		headers.Range(func(name, value string) bool {
			if name != ":status" && !validName(name) {
				t.Errorf("header name: got %q", name)
			}
			if strings.ContainsAny(value, "\r\n\x00") {
				t.Errorf("header %s: got %q", name, value)
			}
			return true
		})
		compareWithModel(t, result, r, headers)
	})
}

// compareWithModel compares with AWS's own model, as far as encoding/json reads it alike.
func compareWithModel(t *testing.T, result []byte, r *plugins.Response, headers *plugintest.Headers) {
	t.Helper()
	var members map[string]json.RawMessage
	var model events.APIGatewayV2HTTPResponse
	if json.Unmarshal(result, &members) != nil || json.Unmarshal(result, &model) != nil || !utf8.Valid(result) {
		return
	}
	for name := range members {
		for _, known := range []string{"statusCode", "headers", "cookies", "body", "isBase64Encoded", "multiValueHeaders"} {
			if name != known && strings.EqualFold(name, known) {
				return
			}
		}
	}
	if _, described := members["statusCode"]; !described {
		if string(r.Body()) != string(result) {
			t.Errorf("body: got %q, want %q", r.Body(), result)
		}
		return
	}
	if got := headers.Get(":status"); got != strconv.Itoa(model.StatusCode) {
		t.Errorf("status: got %s, want %d", got, model.StatusCode)
	}
	if !model.IsBase64Encoded && string(r.Body()) != model.Body {
		t.Errorf("body: got %q, want %q", r.Body(), model.Body)
	}
	if got := headers.Values("set-cookie"); len(got) < len(model.Cookies) {
		t.Errorf("cookies: got %q, want %q", got, model.Cookies)
	}
}

func BenchmarkAnswer(b *testing.B) {
	body, _ := json.Marshal(string(body1K()))
	result := []byte(`{"statusCode":200,"headers":{"content-type":"application/json","x-id":"7"},"body":` + string(body) + `}`)
	headers := plugintest.NewHeaders([2]string{":status", "200"})
	r := plugins.NewResponse(plugins.NewRequest(nil, nil, nil), headers)
	b.ReportAllocs()
	for b.Loop() {
		r.Receive(result)
		if err := (&httpAPI{}).answer(r); err != nil {
			b.Fatal(err)
		}
	}
}
