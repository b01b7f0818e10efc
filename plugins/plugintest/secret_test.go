package plugintest

import (
	"errors"
	"testing"
)

func TestSecretsThatTestsGive(t *testing.T) {
	environment := &Environment{}
	given := environment.Give("vault:kv/db", "")
	opened, err := environment.Secret("vault:kv/db")
	if err != nil || opened.Ready() || opened.Version() != 0 {
		t.Fatalf("got %v, ready %v, version %d, want one that has no value yet", err, opened.Ready(), opened.Version())
	}
	done := make(chan error, 1)
	opened.Await(func(err error) { done <- err })
	given.Set(`{"user": "app", "port": 5432}` + "\n")
	if err := <-done; err != nil || !opened.Ready() || opened.Version() != 1 {
		t.Errorf("got %v, ready %v, version %d, want the first value", err, opened.Ready(), opened.Version())
	}
	if members, err := opened.Members(); err != nil || members["user"] != "app" || members["port"] != "5432" {
		t.Errorf("got %v, %v", members, err)
	}
	given.Fail(errors.New("gone"))
	if _, err := opened.Value(); err == nil || opened.Ready() {
		t.Errorf("got %v, want an error", err)
	}
	if _, err := environment.Secret("other"); err == nil {
		t.Error("a text that was not given is taken for a reference")
	}
}
