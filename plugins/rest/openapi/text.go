package openapi

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins/kit/documents"
)

// file is one of the files of a document. It is kept as JSON, in one piece, and read where it stands: what nobody calls is never
// decoded.
type file struct {
	// name is its path from the document's folder, with slashes.
	name string
	// text is valid JSON. Each value stands in the line that it has in the file, see fromYAML.
	text []byte
	// err says why it cannot be read.
	err error

	mutex sync.Mutex
	// objects are the members of large objects that have been looked into, by where they begin.
	objects map[int]map[string]node
}

func (f *file) root() node { return node{f, bytes.TrimLeft(f.text, jsontext.Space)} }

// node is a JSON value in a file, as it is written there. What follows it in the file is within its capacity, so that it is
// known where it stands.
type node struct {
	file *file
	raw  []byte
}

func (n node) there() bool    { return n.file != nil }
func (n node) isObject() bool { return n.there() && n.raw[0] == '{' }
func (n node) isArray() bool  { return n.there() && n.raw[0] == '[' }
func (n node) isString() bool { return n.there() && n.raw[0] == '"' }
func (n node) isTrue() bool   { return n.there() && n.raw[0] == 't' }
func (n node) isBool() bool   { return n.there() && (n.raw[0] == 't' || n.raw[0] == 'f') }
func (n node) isNumber() bool {
	return n.there() && (n.raw[0] == '-' || n.raw[0] >= '0' && n.raw[0] <= '9')
}

// at is where the value begins in its file.
func (n node) at() int { return cap(n.file.text) - cap(n.raw) }

// where says for messages in which file and line a value stands, and what leads there.
func (n node) where() string {
	line := 1 + bytes.Count(n.file.text[:n.at()], []byte{'\n'})
	if way := pointer(n.way()); way != "" {
		return fmt.Sprintf("%s:%d, %s", n.file.name, line, way)
	}
	return fmt.Sprintf("%s:%d", n.file.name, line)
}

// way returns the names that lead from the file's root to a value.
func (n node) way() []string {
	var names []string
	n.ancestors(func(name string, _ node) { names = append(names, name) })
	return names
}

// ancestors calls f for the values that a value stands in, the root but for itself first, and for itself.
func (n node) ancestors(f func(name string, within node)) {
	at, within := n.at(), n.file.root()
	for within.at() < at {
		next, called := node{}, ""
		within.children(func(name string, child node) {
			if from := child.at(); from <= at && at < from+len(child.raw) {
				next, called = child, name
			}
		})
		if !next.there() {
			return
		}
		f(called, next)
		within = next
	}
}

// children calls f for the members or the elements of a value.
func (n node) children(f func(name string, child node)) {
	if n.isObject() {
		n.members(f)
		return
	}
	for i, element := range n.elements() {
		f(strconv.Itoa(i), element)
	}
}

// members calls f for each member of an object, in their order.
func (n node) members(f func(name string, value node)) {
	if !n.isObject() {
		return
	}
	_ = jsontext.Members(n.raw, func(name, value []byte) error {
		f(string(name), node{n.file, value})
		return nil
	})
}

// elements returns the elements of a list.
func (n node) elements() []node {
	var all []node
	if n.isArray() {
		_ = jsontext.Elements(n.raw, func(value []byte) error {
			all = append(all, node{n.file, value})
			return nil
		})
	}
	return all
}

// large is from how many bytes on the members of an object are kept when one is looked for.
const large = 4 << 10

// member returns a member of an object. If there are several of that name, the last counts, as in most programs.
func (n node) member(name string) (found node) {
	if !n.isObject() {
		return node{}
	}
	if len(n.raw) < large {
		_ = jsontext.Members(n.raw, func(each, value []byte) error {
			if string(each) == name {
				found = node{n.file, value}
			}
			return nil
		})
		return found
	}
	return n.index()[name]
}

// index returns the members of a large object by their names.
func (n node) index() map[string]node {
	n.file.mutex.Lock()
	defer n.file.mutex.Unlock()
	if known := n.file.objects[n.at()]; known != nil {
		return known
	}
	members := map[string]node{}
	n.members(func(name string, value node) { members[name] = value })
	if n.file.objects == nil {
		n.file.objects = map[int]map[string]node{}
	}
	n.file.objects[n.at()] = members
	return members
}

// text returns what a string says, and a number or a boolean as it is written: in YAML it is easily forgotten to quote them.
func (n node) text() (text string, is bool) {
	switch {
	case n.isString():
		return string(jsontext.Unquote(n.raw)), true
	case n.isNumber() || n.isBool():
		return string(n.raw), true
	}
	return "", false
}

// textOf returns the text of a member, "" if there is none.
func (n node) textOf(name string) string {
	text, _ := n.member(name).text()
	return text
}

// mistake is an error with the place where it stands.
type mistake struct {
	node node
	err  error
}

func (m *mistake) Error() string { return m.err.Error() + " (" + m.node.where() + ")" }
func (m *mistake) Unwrap() error { return m.err }

// wrong returns an error that says where it stands.
func (n node) wrong(format string, args ...any) error {
	return &mistake{n, fmt.Errorf(format, args...)}
}

// misplaced gives an error that does not say where it stands this place.
func (n node) misplaced(err error) error {
	if placed := (*mistake)(nil); err == nil || errors.As(err, &placed) || !n.there() {
		return err
	}
	return &mistake{n, documents.OneLine(err)}
}

// child returns a member of an object or an element of a list.
func (n node) child(name string) node {
	if !n.isArray() {
		return n.member(name)
	}
	i, err := strconv.Atoi(name)
	elements := n.elements()
	if err != nil || i < 0 || i >= len(elements) {
		return node{}
	}
	return elements[i]
}
