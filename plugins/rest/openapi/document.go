// Package openapi makes functions of the operations that an OpenAPI document describes.
//
// A document is read off Envoy's workers and again when its files change (documents.go, read.go, yaml.go). It is kept as text
// (text.go), of which only the names of its operations are known at first (document.go). When an operation is first called,
// what it needs of the document is written out as a small one (excerpt.go, keyword.go, reference.go, version2.go), so that no
// mistake elsewhere matters, and compiled (operation.go, parameter.go, schema.go); then once more per route that calls it
// (binding.go). A request then only walks compiled values: parameters are brought to their types (ways.go, coerce.go), checked
// (check.go, rules.go, check30.go, check31.go, formats.go) and written in their style (style.go), and a body is composed or let
// through (body.go). A form is taken apart only where it is to be checked (form.go, multipart.go).
package openapi

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/plugins/kit/documents"
)

// document is one version of an OpenAPI document. It does not change.
type document struct {
	*library
	// title says for messages and for the log which version of which file it is.
	title      string
	version    version
	operations map[string]*offer
	// unread are the paths that cannot be offered, with the reasons.
	unread []error
}

var (
	_ documents.Parsed = (*document)(nil)
	_ documents.Part   = (*offer)(nil)
)

func (d *document) Title() string { return d.title }

func (d *document) Remark() string {
	if len(d.unread) == 0 {
		return ""
	}
	return fmt.Sprintf("%d of its paths cannot be read, among them %v", len(d.unread), documents.OneLine(d.unread[0]))
}

func (d *document) Part(name string) documents.Part {
	if offered := d.operations[name]; offered != nil {
		return offered
	}
	return nil
}

func (d *document) Used(f func(name string)) {
	for name, offered := range d.operations {
		if offered.Used() {
			f(name)
		}
	}
}

// version is that of the specification. What is later than 3.1 is read as if it were 3.1.
type version int

const (
	version20 version = iota
	version30
	version31
)

// offer is an operation by name.
type offer struct {
	document     *document
	target       string
	method, path string
	// node is the operation, item are the objects that describe its path: the first that says something counts.
	node node
	item []node

	documents.Lazy[*operation]
}

func newDocument(all *library, name, hash string) (*document, error) {
	doc := &document{library: all, title: name + "@" + hash, operations: map[string]*offer{}}
	root := all.root.root()
	of := root.textOf("openapi")
	switch swagger := root.textOf("swagger"); {
	case swagger == "2" || strings.HasPrefix(swagger, "2."):
		doc.version = version20
	case strings.HasPrefix(of, "3.0"):
		doc.version = version30
	case strings.HasPrefix(of, "3."):
		doc.version = version31
	default:
		return nil, fmt.Errorf("it is no OpenAPI document of version 2.0, 3.0 or 3.1; it says openapi: %q", of)
	}
	for _, name := range []string{"components", "definitions", "parameters", "responses"} {
		shared := root.member(name)
		shared.members(func(_ string, of node) { of.member("") }) // So that the members of large ones are known.
		shared.member("")
	}
	ids := map[string]*offer{}
	if paths := root.member("paths"); paths.isObject() {
		members := paths.index()
		for _, path := range slices.Sorted(maps.Keys(members)) {
			if !strings.HasPrefix(path, "x-") {
				doc.addPath(path, members[path], ids)
			}
		}
	}
	maps.Copy(doc.operations, ids)
	if len(doc.operations) == 0 {
		return nil, errors.Join(append([]error{errors.New("it has no operation")}, doc.unread...)...)
	}
	return doc, nil
}

// methods are the members of a path that are operations, in the order of their names.
var methods = []string{"delete", "get", "head", "options", "patch", "post", "put", "query", "trace"}

// addPath adds the operations of a path: all by method and path, and those that have an operationId by that, too.
func (d *document) addPath(path string, own node, ids map[string]*offer) {
	item := []node{own}
	target, err := d.resolve(own, 0)
	switch {
	case err != nil:
		d.unread = append(d.unread, fmt.Errorf("path %s: %w", path, err))
	case !target.isObject():
		d.unread = append(d.unread, target.wrong("path %s must be an object", path))
		return
	case own.member("$ref").isString():
		item = append(item, target)
	}
	for _, method := range methods {
		d.add(strings.ToUpper(method), path, item, ofItem(item, method), ids)
	}
	ofItem(item, "additionalOperations").members(func(method string, operation node) {
		d.add(method, path, item, operation, ids)
	})
}

// ofItem returns what a path says under a name.
func ofItem(item []node, name string) node {
	for _, n := range item {
		if found := n.member(name); found.there() {
			return found
		}
	}
	return node{}
}

func (d *document) add(method, path string, item []node, operation node, ids map[string]*offer) {
	if !operation.there() {
		return
	}
	name := method + " " + path
	added := &offer{document: d, target: name + " of " + d.title, method: method, path: path, node: operation, item: item}
	d.operations[name] = added
	operation, err := d.resolve(operation, 0)
	if err == nil && !operation.isObject() {
		err = operation.wrong("an operation must be an object")
	}
	if err != nil {
		added.Fail(fmt.Errorf("%s: %w", added.target, err))
		return
	}
	added.node = operation
	id, _ := operation.member("operationId").text()
	if id == "" {
		return
	}
	if other := ids[id]; other != nil {
		added = &offer{document: d, target: other.target}
		added.Fail(fmt.Errorf("there is more than one operation of that name in %s; call it %q or %q", d.title, other.method+" "+other.path, name))
	}
	ids[id] = added
}

// compiled returns the operation. It is compiled when it is first asked for. What is wrong with it harms no other.
func (o *offer) compiled() (*operation, error) { return o.Get(o.compile) }

func (o *offer) compile() (compiled *operation, err error) {
	defer func() {
		if value := recover(); value != nil {
			compiled, err = nil, fmt.Errorf("%s: it cannot be understood: %v", o.target, value)
		}
	}()
	if compiled, err = o.document.compile(o); err != nil {
		return nil, fmt.Errorf("%s: %w", o.target, documents.OneLine(err))
	}
	return compiled, nil
}

func (o *offer) Prepare() {
	o.Use()
	_, _ = o.compiled() // What is wrong with it is told by Function.
}
