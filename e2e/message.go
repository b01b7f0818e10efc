package e2e

import (
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

// message makes a message of a head as in golden files and a body.
func message(t testing.TB, head, body string) *plugintest.Message {
	t.Helper()
	m, err := parseMessage(head, body)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// parseMessage makes a message of a head as in golden files and a body.
func parseMessage(head, body string) (*plugintest.Message, error) {
	text, err := yaml.Marshal(map[string]string{"head": head, "body": body})
	if err != nil {
		return nil, err
	}
	m := &plugintest.Message{}
	err = yaml.Unmarshal(text, m)
	return m, err
}

func report(t testing.TB, differences []string) {
	t.Helper()
	for _, difference := range differences {
		t.Error(difference)
	}
}
