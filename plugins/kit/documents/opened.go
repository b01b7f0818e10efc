package documents

import "github.com/funcroute/funcroute/plugins"

// Document is an open document. It is a [plugins.Awaiter], to be waited for until it has been read once, or could not be; whichever of
// these, is told by Current. It is safe for concurrent use.
type Document[T Parsed] struct {
	document    *document[T]
	environment plugins.Environment
}

// Path is where the document is.
func (d *Document[T]) Path() string { return d.document.path }

// Ready has the files looked at if it is time to, and does not wait for that.
func (d *Document[T]) Ready() bool { return d.document.latest(d.environment) != nil }

// Await never hands done an error.
func (d *Document[T]) Await(done func(error)) (stop func()) {
	return d.document.await(func() {}, done)
}

// Current returns the version that serves. It reports false if there is none: before the first reading has ended, and as long as no
// version could be read.
func (d *Document[T]) Current() (version T, serves bool) {
	if now := d.document.current.Load(); now != nil && now.err == nil {
		return now.version, true
	}
	return version, false
}

// Look looks at the files at once, and waits until they are read if they have changed. It is for whoever can wait.
func (d *Document[T]) Look() {
	d.document.looking.Lock()
	defer d.document.looking.Unlock()
	d.document.look(d.environment)
}

// Preparing returns what a request for a part has to wait for before it is asked for, nil if that is nothing: the first reading of the
// document, and the preparing of the part. Like Ready it has the files looked at if it is time to.
func (d *Document[T]) Preparing(name string) plugins.Awaiter {
	if p := (preparing[T]{d, name}); !p.Ready() {
		return p
	}
	return nil
}

// preparing is a part that may have to be prepared first.
type preparing[T Parsed] struct {
	*Document[T]
	name string
}

var _ plugins.Awaiter = preparing[Parsed]{}

func (p preparing[T]) Ready() bool {
	if !p.Document.Ready() {
		return false
	}
	part := p.part()
	return part == nil || part.Ready()
}

func (p preparing[T]) Await(done func(error)) (stop func()) {
	return p.document.await(func() {
		if part := p.part(); part != nil {
			part.Prepare() // What is wrong with it is told when it is used.
		}
	}, done)
}

// part is that of the version that serves, nil if there is none.
func (p preparing[T]) part() Part {
	version, serves := p.Current()
	if !serves {
		return nil
	}
	return version.Part(p.name)
}
