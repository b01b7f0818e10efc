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

// Ready implements the same method as documented on plugins.Awaiter.
func (o *Operations) Ready() bool { return o.source.latest(o.environment) != nil }

// Await implements the same method as documented on plugins.Awaiter.
func (o *Operations) Await(done func(error)) (stop func()) { return o.source.await(done) }

// Offers implements the same method as documented on plugins.Offerer. The target tells operation and version.
func (o *Operations) Offers(name string) (target string, offered bool, err error) {
	now := o.source.current.Load()
	if now == nil || now.document == nil {
		return "", false, plugins.Errorf(plugins.ConfigError, "The description of this API cannot be read; the proxy's log says why.")
	}
	if operation := now.document.operations[name]; operation != nil {
		return operation.target, true, nil
	}
	return "", false, nil
}

// Function makes a function of the operation of that name.
func (o *Operations) Function(name string, set *parameters.Set, options Options) (*Function, error) {
	now := o.source.current.Load()
	if now == nil || now.document == nil || now.document.operations[name] == nil {
		return nil, fmt.Errorf("openapi document %s has no such operation any more", o.source.path)
	}
	offered := now.document.operations[name]
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
