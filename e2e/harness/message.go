package harness

import (
	"strings"
	"testing"

	"github.com/funcroute/funcroute/golden"
)

// Message makes a request or an answer of a head and a body. The head is written as in golden files: `POST /path HTTP/1.1` or `200`,
// then a line for each header.
func Message(t testing.TB, head, body string) *golden.Message {
	t.Helper()
	m, err := ParseMessage(head, body)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// ParseMessage is [Message] for where there is no test at hand. As in golden files, one newline at the end is no part of the body.
func ParseMessage(head, body string) (*golden.Message, error) {
	return golden.ParseMessage(head, strings.TrimSuffix(body, "\n"))
}

// Report fails the test with each difference.
func Report(t testing.TB, differences []string) {
	t.Helper()
	for _, difference := range differences {
		t.Error(difference)
	}
}
