// Package documents keeps what is described in files at hand for requests that must not wait for files: API descriptions, schemas.
//
// A document is read off Envoy's workers when it is first asked for, and again when it is used and its files have changed. A version
// that cannot be read does not take the place of one that can, and the log tells of it once. Those that use the same document at a
// time share one reader. Nothing runs while nothing is asked for.
package documents

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/files"
)

// Kind says how the documents of one kind are read.
type Kind[T Parsed] struct {
	// Name is what the log calls them, with the type in front: "rest: openapi document".
	Name string
	// Read reads the document at a path, usually by [files.Read]. It may block. It returns the version of the files even if it returns
	// an error.
	Read func(path string) (T, files.Version, error)
	// Loaded counts the versions of documents that serve. Failed counts the versions that could not be read.
	Loaded, Failed plugins.Counter
}

// Parsed is one version of a document. It does not change, except that its parts are prepared.
type Parsed interface {
	// Title says, for the log, which version of which file it is.
	Title() string
	// Remark is what operators are told of a version that serves although something in it is wrong. It is "" if nothing is.
	Remark() string
	// Part returns the part of that name, nil if there is none. It must not block.
	Part(name string) Part
	// Used calls f for each part that is used, by its name.
	Used(f func(name string))
}

// document is a document in a file.
type document[T Parsed] struct {
	kind Kind[T]
	path string
	// current is the result of the last reading. It is nil before the first one has ended.
	current atomic.Pointer[found[T]]
	// next is when the files are to be looked at again, as a [time.Duration] from began.
	next  atomic.Int64
	began time.Time
	// looking is held by the goroutine that looks at the files. Only that goroutine uses files.
	looking sync.Mutex
	files   files.Version
	// first ends when the first reading has ended.
	first context.Context
	ready context.CancelFunc
}

// found is what serves: a version of the document, or the reason why there is none.
type found[T Parsed] struct {
	version T
	err     error
}

func newDocument[T Parsed](kind Kind[T], path string) *document[T] {
	first, ready := context.WithCancel(context.Background()) //nolint:gosec // look calls it.
	return &document[T]{kind: kind, path: path, began: time.Now(), first: first, ready: ready}
}

// recheck is how often the files of a document that is used are looked at. They are looked at less often if there are so many, or their
// file system is so slow, that looking would take more than a hundredth of the time.
const recheck = 2 * time.Second

// untilNext is how long after a look the next one begins, by how long the look has taken.
func untilNext(took time.Duration) time.Duration { return max(recheck, 100*took) }

// latest returns the result of the last reading, nil if none has ended yet. If it is time to look at the files, it starts that and does
// not wait for it.
func (d *document[T]) latest(environment plugins.Environment) *found[T] {
	if now := int64(time.Since(d.began)); now >= d.next.Load() && d.looking.TryLock() {
		d.next.Store(now + int64(recheck))
		plugins.Go(environment, func() {
			defer d.looking.Unlock()
			d.look(environment)
		})
	}
	return d.current.Load()
}

// await calls prepare and then done, from another goroutine, when the first reading has ended. After stop has returned, done is not
// called any more; stop does not wait for prepare.
func (d *document[T]) await(prepare func(), done func(error)) (stop func()) {
	var once sync.Once
	remove := context.AfterFunc(d.first, func() {
		defer func() { _ = recover() }() // A panic in a goroutine would end Envoy.
		prepare()
		once.Do(func() { done(nil) })
	})
	return func() {
		remove()
		once.Do(func() {})
	}
}

// look reads the document if its files have changed. The mutex looking is held.
func (d *document[T]) look(environment plugins.Environment) {
	defer d.ready()
	began := time.Now()
	same := d.current.Load() != nil && d.files.Current()
	d.next.Store(int64(time.Since(d.began) + untilNext(time.Since(began))))
	if same {
		return
	}
	version, read, err := d.kind.Read(d.path)
	d.files = read
	switch old := d.current.Load(); {
	case err == nil:
		prepareAs(version, old)
		d.current.Store(&found[T]{version: version})
	case old == nil || old.err != nil:
		d.current.Store(&found[T]{err: err})
	}
	d.tell(environment, err)
}

// prepareAs prepares those parts that are used of the version before, so that their requests need not wait again.
func prepareAs[T Parsed](now T, before *found[T]) {
	if before == nil || before.err != nil {
		return
	}
	before.version.Used(func(name string) {
		if part := now.Part(name); part != nil {
			part.Prepare()
		}
	})
}

// tell tells operators of a version, once.
func (d *document[T]) tell(environment plugins.Environment, err error) {
	defer func() { _ = recover() }() // Whatever the environment does, the document serves.
	serves := d.current.Load()
	if err == nil {
		environment.Count(d.kind.Loaded)
		if remark := serves.version.Remark(); remark != "" {
			environment.Warn(fmt.Sprintf("funcroute: %s %s: %s", d.kind.Name, d.path, remark))
		}
		return
	}
	environment.Count(d.kind.Failed)
	serving := "no function of it can be called"
	if serves.err == nil {
		serving = serves.version.Title() + " still serves"
	}
	environment.Warn(fmt.Sprintf("funcroute: %s %s cannot be read, %s: %v", d.kind.Name, d.path, serving, OneLine(err)))
}

// OneLine returns the first line of a text. Some errors show a document in the lines below.
func OneLine(err error) error {
	if line, _, more := strings.Cut(err.Error(), "\n"); more {
		return errors.New(line)
	}
	return err
}
