// Package openapi makes functions of the operations that an OpenAPI document describes.
//
// A document is read off Envoy's workers and again when its files change (source.go, read.go, version2.go). Each operation is compiled
// once per document (operation.go, parameter.go, schema.go), and once more per route that calls it (binding.go). A request
// then only walks compiled values: parameters are brought to their types (coerce.go), checked and written in their style
// (style.go), and a body is composed or let through (body.go).
package openapi

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// document is one version of an OpenAPI document, compiled. It does not change.
type document struct {
	// title says for messages and for the log which version of which file it is.
	title      string
	operations map[string]*offer
}

// offer is an operation by name. If it cannot be called, err says why and operation is nil.
type offer struct {
	target    string
	operation *operation
	err       error
}

func newDocument(t *openapi3.T, name, version string) (*document, error) {
	if !strings.HasPrefix(t.OpenAPI, "3.") {
		return nil, fmt.Errorf("it is no OpenAPI document of version 2.0, 3.0 or 3.1; it says openapi: %q", t.OpenAPI)
	}
	doc := &document{title: name + "@" + version, operations: map[string]*offer{}}
	compiler, err := newCompiler(t)
	if err != nil {
		return nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(t.Paths.Map())) {
		item := t.Paths.Value(path)
		if item == nil {
			continue
		}
		for _, method := range slices.Sorted(maps.Keys(item.Operations())) {
			if operation := item.Operations()[method]; operation != nil && operation.OperationID != "" {
				doc.add(compiler, method, path, item, operation)
			}
		}
	}
	if len(doc.operations) == 0 {
		return nil, errors.New("it has no operation with an operationId")
	}
	return doc, nil
}

// add compiles an operation. What is wrong with it harms no other.
func (d *document) add(c *compiler, method, path string, item *openapi3.PathItem, o *openapi3.Operation) {
	if other, taken := d.operations[o.OperationID]; taken {
		other.operation, other.err = nil, fmt.Errorf("there is more than one operation of that name in %s", d.title)
		return
	}
	added := &offer{target: method + " " + path + " of " + d.title}
	added.operation, added.err = c.operation(method, path, item, o)
	if added.err != nil {
		added.err = oneLine(fmt.Errorf("%s %s of %s: %w", method, path, d.title, added.err))
	}
	d.operations[o.OperationID] = added
}

// oneLine leaves out what some errors show of the document in the lines below.
func oneLine(err error) error {
	if line, _, more := strings.Cut(err.Error(), "\n"); more {
		return errors.New(line)
	}
	return err
}
