package openapi

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
)

// journal is an environment that notes what it is told.
type journal struct {
	mutex    sync.Mutex
	counts   map[plugins.Counter]int
	warnings []string
}

func (j *journal) Warn(message string) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.warnings = append(j.warnings, message)
}

func (j *journal) TellPanic(any, []byte) { j.Warn("panic") }

func (j *journal) Secret(string) (plugins.Secret, error) { return nil, errors.New("none") }

func (j *journal) Count(counter plugins.Counter) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if j.counts == nil {
		j.counts = map[plugins.Counter]int{}
	}
	j.counts[counter]++
}

// told returns the counts of versions taken up and failed, and the last warning.
func (j *journal) told() (loaded, failed, warned int, last string) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if len(j.warnings) > 0 {
		last = j.warnings[len(j.warnings)-1]
	}
	return j.counts[versionsLoaded], j.counts[versionsFailed], len(j.warnings), last
}

// settle waits until the document has been read once.
func settle(t *testing.T, o *Operations) {
	t.Helper()
	if o.Ready() {
		return
	}
	done := make(chan error, 1)
	o.Await(func(err error) { done <- err })
	select {
	case err := <-done:
		if err != nil || !o.Ready() {
			t.Fatalf("await: got %v, ready %t", err, o.Ready())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the document is not read")
	}
}

func TestVersions(t *testing.T) {
	version := func(path string) string { return strings.Replace(callWith(""), "/call:", path+":", 1) }
	steps := []struct {
		name    string
		content string // "" to remove the file
		target  string // of the operation, up to the version
		err     string
		loaded  int
		failed  int
		warning string
	}{
		{name: "not there", err: "cannot be read", failed: 1, warning: "no function of it can be called: open"},
		{name: "still not there", err: "cannot be read", failed: 1},
		{name: "there", content: version("/v1"), target: "POST /v1 of api.yaml@", loaded: 1, failed: 1},
		{name: "the same", content: version("/v1"), target: "POST /v1 of api.yaml@", loaded: 2, failed: 1},
		{name: "another", content: version("/v2"), target: "POST /v2 of api.yaml@", loaded: 3, failed: 1},
		{name: "broken", content: "{", target: "POST /v2 of api.yaml@", loaded: 3, failed: 2, warning: " still serves: "},
		{name: "removed", target: "POST /v2 of api.yaml@", loaded: 3, failed: 3, warning: " still serves: open"},
		{name: "mended", content: version("/v3"), target: "POST /v3 of api.yaml@", loaded: 4, failed: 3},
	}
	path := filepath.Join(t.TempDir(), "api.yaml")
	environment := &journal{}
	operations := NewDocuments().Open(environment, path)
	settle(t, operations)
	for _, step := range steps {
		replaceFile(t, path, step.content)
		for range 3 { // A broken version is told of once, however often it is looked at.
			operations.Look()
		}
		target, offered, err := operations.Offers("call")
		var problem *plugins.Error
		if step.err != "" && (!errors.As(err, &problem) || problem.Reason != plugins.ConfigError || !strings.Contains(problem.Detail, step.err)) {
			t.Errorf("%s: got %v, want %q", step.name, err, step.err)
		}
		if step.err == "" && (err != nil || !offered || !strings.HasPrefix(target, step.target)) {
			t.Errorf("%s: got %s, %t, %v, want %s", step.name, target, offered, err, step.target)
		}
		loaded, failed, warned, last := environment.told()
		if loaded != step.loaded || failed != step.failed || warned != failed || !strings.Contains(last, step.warning) {
			t.Errorf("%s: loaded %d, failed %d, %d warnings, the last %q, want %d, %d and one each, the last %q",
				step.name, loaded, failed, warned, last, step.loaded, step.failed, step.warning)
		}
	}
	if _, offered, err := operations.Offers("other"); offered || err != nil {
		t.Errorf("an operation that is not there: got %t, %v", offered, err)
	}
}

func replaceFile(t *testing.T, path, content string) {
	t.Helper()
	if content == "" {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := os.Rename(write(t, filepath.Dir(path), "new", content), path); err != nil {
		t.Fatal(err)
	}
}

// A document is read anew when a file that it refers to has changed.
func TestAFileItRefersTo(t *testing.T) {
	folder := t.TempDir()
	path := write(t, folder, "api.yaml", callWith(`parameters: [ { $ref: "id.yaml" } ]`))
	write(t, folder, "id.yaml", "name: id\nin: query\nrequired: true\nschema: {}\n")
	operations := NewDocuments().Open(&journal{}, path)
	settle(t, operations)
	before, _, _ := operations.Offers("call")
	replaceFile(t, filepath.Join(folder, "id.yaml"), "name: id\nin: query\nschema: {}\n")
	operations.Look()
	after, _, _ := operations.Offers("call")
	if before == after {
		t.Errorf("the target stays %s", before)
	}
	set, err := parameters.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := operations.Function("call", set, Options{}); err != nil {
		t.Errorf("the parameter is no longer required: got %v", err)
	}
}

// Documents are replaced while they are read; what is read is of one version.
func TestConsistentVersions(t *testing.T) {
	folder := t.TempDir()
	version := func(n int) {
		name := fmt.Sprintf("..%d", n)
		write(t, filepath.Join(folder, name), "api.yaml", strings.ReplaceAll(callWith(`parameters: [ { $ref: "id.yaml" } ]`), "call", fmt.Sprint("call", n)))
		write(t, filepath.Join(folder, name), "id.yaml", fmt.Sprintf("name: id%d\nin: query\nschema: {}\n", n))
		for _, step := range []error{
			os.Symlink(name, filepath.Join(folder, "..data_tmp")), os.Rename(filepath.Join(folder, "..data_tmp"), filepath.Join(folder, "..data")),
			os.RemoveAll(filepath.Join(folder, fmt.Sprintf("..%d", n-1))),
		} {
			if step != nil {
				t.Fatal(step)
			}
		}
	}
	version(1)
	for _, name := range []string{"api.yaml", "id.yaml"} {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 2; n < 60; n++ {
			version(n)
		}
	}()
	for read := 0; ; read++ {
		select {
		case <-done:
			t.Logf("read %d times", read)
			return
		default:
		}
		consistent(t, filepath.Join(folder, "api.yaml"))
	}
}

func consistent(t *testing.T, path string) {
	t.Helper()
	doc, _, err := read(path)
	if err != nil {
		return // It is replaced faster than it can be read.
	}
	for name, offered := range doc.operations {
		number, named := strings.CutPrefix(name, "call")
		if !named {
			continue // It is offered by its method and path, too.
		}
		operation, err := offered.compiled()
		if err != nil || operation.parameters[0].name != "id"+number {
			t.Errorf("operation %s: got %v, %v, want parameter id%s", name, operation, err, number)
		}
	}
}

// An operation is compiled while its first request waits, and in a new version before that serves. What nobody has called is not.
func TestPreparing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api.yaml")
	version := func(path string) string {
		return strings.Replace(callWith(""), "/call:", path+":", 1) + "  /other: { get: { operationId: other } }\n"
	}
	replaceFile(t, path, version("/v1"))
	operations := NewDocuments().Open(&journal{}, path)
	set, err := parameters.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	missing := operations.Preparing("call")
	if missing == nil {
		t.Fatal("nothing is to be waited for before the document is read")
	}
	done := make(chan error, 1)
	missing.Await(func(err error) { done <- err })
	if err := <-done; err != nil || operations.Preparing("call") != nil {
		t.Fatalf("after the wait: got %v, ready %t", err, missing.Ready())
	}
	if operations.Preparing("other") == nil || operations.Preparing("unknown") != nil {
		t.Error("an operation that nobody has asked for is compiled, or one that is not there is waited for")
	}
	replaceFile(t, path, version("/v1b"))
	operations.Look()
	if operations.Preparing("call") != nil {
		t.Error("a new version that comes before the first call has the operation compiled anew")
	}
	if _, err := operations.Function("call", set, Options{}); err != nil {
		t.Fatal(err)
	}
	replaceFile(t, path, version("/v2"))
	operations.Look()
	target, _, _ := operations.Offers("call")
	if !strings.HasPrefix(target, "POST /v2 ") || operations.Preparing("call") != nil || operations.Preparing("other") == nil {
		t.Errorf("after a new version: %s, ready %t, the other ready %t, want v2, true, false", target, operations.Preparing("call") == nil, operations.Preparing("other") == nil)
	}
}

// Who has stopped waiting for an operation is not called.
func TestPreparingIsAbandoned(t *testing.T) {
	operations := NewDocuments().Open(&journal{}, write(t, t.TempDir(), "api.yaml", callWith("")))
	called := make(chan string, 2)
	operations.Preparing("call").Await(func(error) { called <- "stopped" })()
	operations.Preparing("call").Await(func(error) { called <- "waiting" })
	if got := <-called; got != "waiting" {
		t.Errorf("called: %s", got)
	}
}
