package openapi

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

// recheck is how often the files of a document that is used are looked at, unless they are so many, or their file system so slow,
// that looking would take more than a hundredth of the time.
const recheck = 2 * time.Second

// untilNext is how long after a look that took so long the next one begins.
func untilNext(took time.Duration) time.Duration { return max(recheck, 100*took) }

// source is a document in a file. It is read when it is first asked for, and again when it is used and its files have
// changed. A version that cannot be read does not take the place of one that can. Nothing runs while nothing is asked for.
type source struct {
	path string
	// current is what the last reading has found, nil before the first has ended.
	current atomic.Pointer[found]
	// next is when the files are to be looked at again, as a [time.Duration] from began.
	next  atomic.Int64
	began time.Time
	// looking is that a goroutine is doing so. It alone uses files.
	looking atomic.Bool
	files   []state
	// first ends with the first reading.
	first context.Context
	ready context.CancelFunc
}

// found is what serves: a document, or the reason why there is none.
type found struct {
	document *document
	err      error
}

// offer returns the operation of that name, nil if there is none.
func (f *found) offer(name string) *offer {
	if f == nil || f.document == nil {
		return nil
	}
	return f.document.operations[name]
}

func newSource(path string) *source {
	first, ready := context.WithCancel(context.Background())
	return &source{path: path, began: time.Now(), first: first, ready: ready}
}

// latest returns what the last reading has found, nil if none has ended yet. If it is time to look at the files, that is
// started and not waited for.
func (s *source) latest(environment plugins.Environment) *found {
	if now := int64(time.Since(s.began)); now >= s.next.Load() && s.looking.CompareAndSwap(false, true) {
		s.next.Store(now + int64(recheck))
		plugins.Go(environment, func() { s.look(environment) })
	}
	return s.current.Load()
}

// await calls first prepare and then done, from another goroutine, when the first reading has ended. After stop has returned,
// no call of done begins; it does not wait for prepare.
func (s *source) await(prepare func(), done func(error)) (stop func()) {
	var once sync.Once
	remove := context.AfterFunc(s.first, func() {
		defer func() { _ = recover() }() // A panic in a goroutine would end Envoy.
		prepare()
		once.Do(func() { done(nil) })
	})
	return func() {
		remove()
		once.Do(func() {})
	}
}

// look reads the document if its files have changed.
func (s *source) look(environment plugins.Environment) {
	defer s.looking.Store(false)
	defer s.ready()
	began := time.Now()
	same := s.current.Load() != nil && unchanged(s.files)
	s.next.Store(int64(time.Since(s.began) + untilNext(time.Since(began))))
	if same {
		return
	}
	document, files, err := read(s.path)
	s.files = files
	switch old := s.current.Load(); {
	case err == nil:
		document.prepareAs(old)
		s.current.Store(&found{document: document})
	case old == nil || old.document == nil:
		s.current.Store(&found{err: err})
	}
	s.tell(environment, err)
}

// prepareAs compiles the operations that are used of the version before, so that their requests do not wait again.
func (d *document) prepareAs(before *found) {
	if before == nil || before.document == nil {
		return
	}
	for name, offered := range before.document.operations {
		if now := d.operations[name]; now != nil && offered.used.Load() {
			now.used.Store(true)
			_, _ = now.compiled()
		}
	}
}

// tell tells operators of a version, once.
func (s *source) tell(environment plugins.Environment, err error) {
	defer func() { _ = recover() }() // Whatever the environment does, the document serves.
	if err == nil {
		environment.Count(versionsLoaded)
		if unread := s.current.Load().document.unread; len(unread) > 0 {
			environment.Warn(fmt.Sprintf("funcroute: rest: openapi document %s: %d of its paths cannot be read, among them %v", s.path, len(unread), oneLine(unread[0])))
		}
		return
	}
	environment.Count(versionsFailed)
	serving := "no function of it can be called"
	if s.current.Load().document != nil {
		serving = s.current.Load().document.title + " still serves"
	}
	environment.Warn(fmt.Sprintf("funcroute: rest: openapi document %s cannot be read, %s: %v", s.path, serving, oneLine(err)))
}
