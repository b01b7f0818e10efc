package openapi

import (
	"fmt"
	"weak"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
)

// Documents opens documents. Those that are open at the same time share one reader per path. It is safe for concurrent use.
type Documents struct{ pool }

// NewDocuments returns Documents of which none is open.
func NewDocuments() *Documents {
	return &Documents{pool{sources: map[string]weak.Pointer[source]{}}}
}

// Open starts to read the document at a path. That it cannot be read is told by [Operations.Offers].
func (d *Documents) Open(environment plugins.Environment, path string) *Operations {
	o := &Operations{source: d.source(path), environment: environment}
	o.source.latest(environment)
	return o
}

// Operations are those of a document, in the version that serves at a time. It is a [plugins.Offerer] that has to be
// waited for until the document has been read once.
type Operations struct {
	source      *source
	environment plugins.Environment
}

func (o *Operations) Ready() bool { return o.source.latest(o.environment) != nil }

func (o *Operations) Await(done func(error)) (stop func()) {
	return o.source.await(func() {}, done)
}

// An operation is compiled when it is first asked for.
func (o *Operations) Preparing(name string) plugins.Awaiter {
	if p := (preparing{o, name}); !p.Ready() {
		return p
	}
	return nil
}

// preparing is an operation that may have to be compiled first.
type preparing struct {
	*Operations
	name string
}

func (p preparing) Ready() bool {
	now := p.source.latest(p.environment)
	if now == nil {
		return false
	}
	offered := now.offer(p.name)
	return offered == nil || offered.done.Load()
}

func (p preparing) Await(done func(error)) (stop func()) {
	return p.source.await(func() {
		if offered := p.source.current.Load().offer(p.name); offered != nil {
			offered.used.Store(true)  // Before it is called, there may be another version.
			_, _ = offered.compiled() // What is wrong with it is told by Function.
		}
	}, done)
}

// The target tells operation and version.
func (o *Operations) Offers(name string) (target string, offered bool, err error) {
	now := o.source.current.Load()
	if now == nil || now.document == nil {
		return "", false, plugins.Errorf(plugins.ConfigError, "The description of this API cannot be read; the proxy's log says why.")
	}
	if offered := now.offer(name); offered != nil {
		return offered.target, true, nil
	}
	return "", false, nil
}

// Function makes a function of the operation of that name.
func (o *Operations) Function(name string, set *parameters.Set, options Options) (*Function, error) {
	offered := o.source.current.Load().offer(name)
	if offered == nil {
		return nil, fmt.Errorf("openapi document %s has no such operation any more", o.source.path)
	}
	offered.used.Store(true)
	operation, err := offered.compiled()
	if err != nil {
		return nil, err
	}
	function, err := newFunction(operation, set, options)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", offered.target, err)
	}
	return function, nil
}
