package documents

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/files"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

const (
	loaded plugins.Counter = "funcroute.lines.loaded"
	failed plugins.Counter = "funcroute.lines.failed"
)

// lines is a document whose parts are its lines.
type lines struct {
	text  string
	parts map[string]*line
}

type line struct{ Lazy[string] }

func (l *line) Prepare() {
	l.Use()
	_, _ = l.Get(func() (string, error) { return "prepared", nil })
}

func (l *lines) Title() string { return "version " + l.text }

func (l *lines) Remark() string {
	if strings.HasPrefix(l.text, "odd") {
		return "it is odd"
	}
	return ""
}

func (l *lines) Part(name string) Part {
	if part := l.parts[name]; part != nil {
		return part
	}
	return nil
}

func (l *lines) Used(f func(name string)) {
	for name, part := range l.parts {
		if part.Used() {
			f(name)
		}
	}
}

func readLines(path string) (*lines, files.Version, error) {
	return files.Read(files.Limit{Bytes: 1 << 10}, func(set *files.Set) (*lines, error) {
		content, err := set.Read(path)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(string(content), "broken") {
			return nil, fmt.Errorf("it is broken\nhere")
		}
		l := &lines{text: string(content), parts: map[string]*line{}}
		for name := range strings.FieldsSeq(l.text) {
			l.parts[name] = &line{}
		}
		return l, nil
	})
}

func newPool() *Pool[*lines] {
	return NewPool(Kind[*lines]{Name: "test: lines", Read: readLines, Loaded: loaded, Failed: failed})
}

// write replaces a file.
func write(t *testing.T, path, content string) {
	t.Helper()
	fresh := path + ".new"
	if err := os.WriteFile(fresh, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(fresh, path); err != nil {
		t.Fatal(err)
	}
}

func settle(awaiter plugins.Awaiter) {
	done := make(chan struct{})
	awaiter.Await(func(error) { close(done) })
	<-done
}

func TestVersions(t *testing.T) {
	path, environment := filepath.Join(t.TempDir(), "lines"), &plugintest.Environment{}
	d := newPool().Open(environment, path)
	settle(d)
	log := []string{"funcroute: test: lines " + path + " cannot be read, no function of it can be called: open " + path + ": no such file or directory"}
	steps := []struct {
		name, content, serves, told string
		loaded, failed              int
	}{
		{"there", "one", "one", "", 1, 1},
		{"with a remark", "odd", "odd", "funcroute: test: lines " + path + ": it is odd", 2, 1},
		{"broken", "broken", "odd", "funcroute: test: lines " + path + " cannot be read, version odd still serves: it is broken", 2, 2},
		{"mended", "two", "two", "", 3, 2},
		{"too large", strings.Repeat("x", 2<<10), "two", "funcroute: test: lines " + path + " cannot be read, version two still serves: it is larger than 1024 bytes", 3, 3},
	}
	for _, step := range steps {
		write(t, path, step.content)
		for range 3 { // A version is told of once, however often it is looked at.
			d.Look()
		}
		if step.told != "" {
			log = append(log, step.told)
		}
		if now, serves := d.Current(); !serves || now.text != step.serves {
			t.Errorf("%s: got %v, %t, want %s", step.name, now, serves, step.serves)
		}
		if l, f := environment.Counted(loaded), environment.Counted(failed); l != step.loaded || f != step.failed {
			t.Errorf("%s: loaded %d, failed %d, want %d, %d", step.name, l, f, step.loaded, step.failed)
		}
	}
	if got := environment.Warnings(); strings.Join(got, "\n") != strings.Join(log, "\n") {
		t.Errorf("log: got %q, want %q", got, log)
	}
}

// A part is prepared while its first request waits, and in a new version before that serves. What nobody uses is not.
func TestParts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines")
	write(t, path, "one two")
	d := newPool().Open(&plugintest.Environment{}, path)
	first := d.Preparing("one")
	if first == nil {
		t.Fatal("nothing is to be waited for before the document is read")
	}
	settle(first)
	if d.Preparing("one") != nil || d.Preparing("none") != nil || d.Preparing("two") == nil {
		t.Error("what was waited for is not ready, what is not there is waited for, or what nobody has used is prepared")
	}
	write(t, path, "one two three")
	d.Look()
	if d.Preparing("one") != nil || d.Preparing("two") == nil {
		t.Error("in a new version not just what is used is prepared")
	}
}

func TestLazyValuesThatCannotBeMade(t *testing.T) {
	var l Lazy[int]
	want := fmt.Errorf("no")
	l.Fail(want)
	if got, err := l.Get(func() (int, error) { return 1, nil }); got != 0 || err != want || !l.Ready() || l.Used() { //nolint:errorlint // It is that very one.
		t.Errorf("got %d, %v, ready %t, used %t", got, err, l.Ready(), l.Used())
	}
}

func TestLazyValuesWhoseMakingPanics(t *testing.T) {
	var l Lazy[int]
	for range 2 {
		if _, err := l.Get(func() (int, error) { panic("odd") }); err == nil || err.Error() != "it cannot be understood: odd" {
			t.Errorf("got %v", err)
		}
	}
}

// However many there are who use a document, one goroutine reads, and nothing is left when all are gone.
func TestOneReaderPerPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines")
	write(t, path, "one")
	pool, environment := newPool(), &plugintest.Environment{}
	var opened []*Document[*lines]
	for range 100 {
		opened = append(opened, pool.Open(environment, path))
	}
	var waiting sync.WaitGroup
	for _, d := range opened {
		waiting.Go(func() {
			for range 100 {
				d.Ready()
				d.Current()
			}
			settle(d)
		})
	}
	waiting.Wait()
	opened[0].Look() // Those who wait are told before the environment is.
	if l, f := environment.Counted(loaded), environment.Counted(failed); l != 1 || f != 0 {
		t.Errorf("loaded %d times, failed %d times, want once", l, f)
	}
	clear(opened)
	deadline := time.Now().Add(10 * time.Second)
	for left := 1; left > 0; {
		runtime.GC()
		pool.mutex.Lock()
		left = len(pool.documents)
		pool.mutex.Unlock()
		if time.Now().After(deadline) {
			t.Fatalf("%d documents are still kept", left)
		}
	}
	if again := pool.Open(environment, path); again.Path() != path {
		t.Error("it cannot be opened again")
	}
}

// Who has stopped waiting is not called, whoever waits is, also when the reading has long ended.
func TestAwait(t *testing.T) {
	d := newDocument(newPool().kind, filepath.Join(t.TempDir(), "lines"))
	called := make(chan string, 4)
	stop := d.await(func() {}, func(error) { called <- "stopped" })
	stop()
	d.await(func() {}, func(error) { panic("in a goroutine of ours") })
	d.await(func() {}, func(error) { called <- "waiting" })
	d.look(&plugintest.Environment{})
	if got := <-called; got != "waiting" {
		t.Errorf("called: %s", got)
	}
	d.await(func() {}, func(error) { called <- "late" })
	if got := <-called; got != "late" {
		t.Errorf("called: %s", got)
	}
}

func TestUntilNext(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		0: recheck, 5 * time.Millisecond: recheck, 100 * time.Millisecond: 10 * time.Second,
	} {
		if got := untilNext(took); got != want {
			t.Errorf("a look of %s: got %s, want %s", took, got, want)
		}
	}
}
