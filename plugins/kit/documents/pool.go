package documents

import (
	"runtime"
	"sync"
	"weak"

	"github.com/funcroute/funcroute/plugins"
)

// Pool opens documents of one kind. Those that are open at the same time share one reader per path, for as long as one of them is
// used. It is safe for concurrent use.
type Pool[T Parsed] struct {
	kind      Kind[T]
	mutex     sync.Mutex
	documents map[string]weak.Pointer[document[T]]
}

// NewPool returns a pool of which no document is open.
func NewPool[T Parsed](kind Kind[T]) *Pool[T] {
	return &Pool[T]{kind: kind, documents: map[string]weak.Pointer[document[T]]{}}
}

// Open starts to read the document at a path. That it cannot be read is told to the environment's log, and by [Document.Current].
func (p *Pool[T]) Open(environment plugins.Environment, path string) *Document[T] {
	d := &Document[T]{document: p.document(path), environment: environment}
	d.document.latest(environment)
	return d
}

func (p *Pool[T]) document(path string) *document[T] {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if known := p.documents[path].Value(); known != nil {
		return known
	}
	added := newDocument(p.kind, path)
	p.documents[path] = weak.Make(added)
	runtime.AddCleanup(added, p.forget, path)
	return added
}

// forget removes a document that is gone, unless there is a new one of its path.
func (p *Pool[T]) forget(path string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.documents[path].Value() == nil {
		delete(p.documents, path)
	}
}
