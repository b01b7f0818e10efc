package template

import (
	"strings"
	"testing"

	"github.com/funcroute/funcroute/plugins/kit/template/expression"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// A header may hold bytes that are no text. They are refused, wherever they would land.
func TestBytesThatAreNoText(t *testing.T) {
	cases := []struct{ name, contentType, template string }{
		{"a JSON value", "application/json", `{"a": {{ header("v") }}}`},
		{"within a JSON string", "application/json", `{"a": "<{{ header("v") }}>"}`},
		{"XML", "text/xml", `<a b="{{ header("v") }}">{{ header("v") }}</a>`},
		{"a form", "application/x-www-form-urlencoded", `a={{ header("v") }}&b=1`},
	}
	for _, c := range cases {
		for _, value := range []string{"\xff", "a\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x80\"", "\xff\"}<&"} {
			environment := expression.ForRequest(nil)
			compiled, err := Compile(c.template, formatOf(t, c.contentType), "the body", environment)
			if err != nil {
				t.Fatal(err)
			}
			scope := environment.Begin(expression.Message{Headers: plugintest.NewHeaders([2]string{"v", value})})
			got, err := compiled.Append(nil, scope)
			scope.End()
			if err == nil || !strings.Contains(err.Error(), "is not valid UTF-8") {
				t.Errorf("%s, %q: got %q, %v, want it refused as not valid UTF-8", c.name, value, got, err)
			}
		}
	}
}
