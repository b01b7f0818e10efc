package openapi

import (
	"fmt"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/documents"
)

// Documents opens documents. Those that are open at the same time share one reader per path. It is safe for concurrent use.
type Documents struct{ pool *documents.Pool[*document] }

// NewDocuments returns Documents of which none is open.
func NewDocuments() *Documents {
	return &Documents{documents.NewPool(documents.Kind[*document]{
		Name: "rest: openapi document", Read: read, Loaded: versionsLoaded, Failed: versionsFailed,
	})}
}

// Open starts to read the document at a path. That it cannot be read is told by [Operations.Offers].
func (d *Documents) Open(environment plugins.Environment, path string) *Operations {
	return &Operations{d.pool.Open(environment, path)}
}

// Operations are those of a document, in the version that serves at a time. It is a [plugins.Offerer] that has to be
// waited for until the document has been read once, and until an operation that is called for the first time is compiled.
type Operations struct {
	*documents.Document[*document]
}

// Offers returns a target that names the operation and the version of the document.
func (o *Operations) Offers(name string) (target string, offered bool, err error) {
	now, serves := o.Current()
	if !serves {
		return "", false, plugins.Errorf(plugins.ConfigError, "The description of this API cannot be read; the proxy's log says why.")
	}
	if offered := now.operations[name]; offered != nil {
		return offered.target, true, nil
	}
	return "", false, nil
}

// Function makes a function of the operation of that name.
func (o *Operations) Function(name string, set *parameters.Set, options Options) (*Function, error) {
	now, serves := o.Current()
	if !serves || now.operations[name] == nil {
		return nil, fmt.Errorf("openapi document %s has no such operation any more", o.Path())
	}
	offered := now.operations[name]
	offered.Use()
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
