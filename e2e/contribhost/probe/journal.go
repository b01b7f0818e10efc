package main

import (
	"encoding/json"
	"fmt"
	"sync"
)

// journal maps a request's x-id to what the plugin saw and did for it.
var journal = struct {
	sync.Mutex
	lines map[string][]string
}{lines: map[string][]string{}}

func note(id, format string, args ...any) {
	if id == "" {
		return
	}
	journal.Lock()
	defer journal.Unlock()
	journal.lines[id] = append(journal.lines[id], fmt.Sprintf(format, args...))
}

func journalOf(id string) string {
	journal.Lock()
	defer journal.Unlock()
	text, err := json.Marshal(journal.lines[id])
	if err != nil {
		return err.Error()
	}
	return string(text)
}
