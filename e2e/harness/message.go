package harness

import (
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

// Message makes a request or an answer of a head and a body. The head is written as in golden files: `POST /path HTTP/1.1` or `200`,
// then a line for each header.
func Message(t testing.TB, head, body string) *plugintest.Message {
	t.Helper()
	m, err := ParseMessage(head, body)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// ParseMessage is [Message] for where there is no test at hand.
func ParseMessage(head, body string) (*plugintest.Message, error) {
	text, err := yaml.Marshal(map[string]string{"head": head, "body": body})
	if err != nil {
		return nil, err
	}
	m := &plugintest.Message{}
	err = yaml.Unmarshal(text, m)
	return m, err
}

// Report fails the test with each difference.
func Report(t testing.TB, differences []string) {
	t.Helper()
	for _, difference := range differences {
		t.Error(difference)
	}
}
