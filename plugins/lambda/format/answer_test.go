package format

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

func answerTo(p payloadFormat, result []byte) (*plugins.Answer, *plugintest.Headers, error) {
	headers := plugintest.NewHeaders([2]string{":status", "200"}, [2]string{"content-type", "application/json"},
		[2]string{"content-length", strconv.Itoa(len(result))})
	r := plugins.NewAnswer(plugins.NewRequest(nil, nil, nil), headers)
	r.Receive(result)
	return r, headers, p.answer(r)
}

// FuzzAnswer asks that whatever a function returns, the client gets an answer that is one, in every format.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"statusCode":200,"headers":{"a":"b","C":1,"d":null,"e":[1]},"cookies":["a=1"],"body":"x","isBase64Encoded":false}`,
		`{"statusCode":"201","body":"eA==","isBase64Encoded":true}`, `{"statusCode":1e2}`, `{"statusCode":-200}`,
		`{ "statusCode" : 200 , "headers" : { } , "cookies" : [ ] }`, `{}`, `[]`, `""`, `"a\u0000\ud800"`, `1`, `null`, ``, `{`,
		`{"headers":{"x":"a\r\nb: c"},"statusCode":200}`, `{"statusCode":200,"statusCode":{}}`, "{\"a\":\"\xff\"}",
		`{"a":{"b":[{"statusCode":"}"},"]"]},"statusCode":299}`, `{"\u0073tatusCode":204}`,
		`{"statusCode":200,"statusDescription":"OK","multiValueHeaders":{"A":["b","c"],"d":[1,null,true]},"headers":{"a":"e"}}`,
		`{"status_code":"2e2","headers":{"a":null},"cookies":[null],"is_base64_encoded":"true","body":"eA=="}`, `{"status_code":""}`,
		`{"specversion":"1.0"}`, `{"specversion":1.0}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, result []byte) {
		for name, p := range payloadFormats(t, nil) {
			r, headers, err := answerTo(p, result)
			if err != nil {
				var failure *plugins.Error
				if !errors.As(err, &failure) || failure.Reason != plugins.InvalidAnswer {
					t.Fatalf("%s: got %v, want %s", name, err, plugins.InvalidAnswer)
				}
				if status := failure.HTTPStatus(); status != 500 && status != 502 {
					t.Errorf("%s: status: got %d", name, status)
				}
				continue
			}
			checkAnswer(t, name, headers)
			if passes := name == payloadBody || name == payloadCloudEvent; r.BodyReplaced() == passes {
				t.Errorf("%s: replaced: got %t", name, r.BodyReplaced())
			}
			if name == "apigateway-v2" {
				compareWithModel(t, result, r, headers)
			}
		}
	})
}

func checkAnswer(t *testing.T, format string, headers *plugintest.Headers) {
	t.Helper()
	status, err := strconv.Atoi(headers.Get(":status"))
	if err != nil || status < 200 || status > 599 {
		t.Errorf("%s: status: got %q", format, headers.Get(":status"))
	}
	headers.Range(func(name, value string) bool {
		if name != ":status" && !httptext.IsFieldName(name) {
			t.Errorf("%s: header name: got %q", format, name)
		}
		if strings.ContainsAny(value, "\r\n\x00") || value == "" {
			t.Errorf("%s: header %s: got %q", format, name, value)
		}
		return true
	})
}

// compareWithModel compares with AWS's own model, as far as encoding/json reads it alike.
func compareWithModel(t *testing.T, result []byte, r *plugins.Answer, headers *plugintest.Headers) {
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
	// An empty header is none, and an empty cookie sets nothing.
	cookies := slices.DeleteFunc(slices.Clone(model.Cookies), func(cookie string) bool { return cookie == "" })
	if got := headers.Values("set-cookie"); len(got) < len(cookies) {
		t.Errorf("cookies: got %q, want %q", got, model.Cookies)
	}
}

func TestALoadBalancersAnswerThatIsTooLarge(t *testing.T) {
	const head, tail = `{"statusCode":200,"body":"`, `"}`
	for size, fits := range map[int]bool{maxTargetGroupBody: true, maxTargetGroupBody + 1: false} {
		result := head + strings.Repeat("x", size-len(head)-len(tail)) + tail
		if _, _, err := answerTo(&targetGroup{}, []byte(result)); (err == nil) != fits {
			t.Errorf("%d: got %v, want %t", size, err, fits)
		}
	}
}

func BenchmarkAnswer(b *testing.B) {
	body, _ := json.Marshal(string(body1K()))
	result := []byte(`{"statusCode":200,"headers":{"content-type":"application/json","x-id":"7"},"body":` + string(body) + `}`)
	all := payloadFormats(b, nil)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b.Run(name, func(b *testing.B) {
			headers := plugintest.NewHeaders([2]string{":status", "200"})
			r := plugins.NewAnswer(plugins.NewRequest(nil, nil, nil), headers)
			b.ReportAllocs()
			for b.Loop() {
				r.Receive(result)
				if err := all[name].answer(r); err != nil {
					b.Fatal(err)
				}
				r.Release()
			}
		})
	}
}
