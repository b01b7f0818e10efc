package parameters

import (
	"errors"
	"fmt"
	"strings"
)

// node is a place in a JSON document that lies on the way to something wanted.
type node struct {
	// target is the index of what is wanted here, -1 if nothing is.
	target   int
	children []child
}

// child is a member of an object, or an element of an array.
type child struct {
	name string
	// element is the name as an index into an array, -1 if it is none.
	element int
	node    *node
}

// parsePointer splits a JSON Pointer (RFC 6901) that is written without its first slash.
func parsePointer(pointer string) ([]string, error) {
	if strings.HasPrefix(pointer, "/") {
		return nil, errors.New("the pointer is written without its first slash: body.name, body.address/city")
	}
	names := strings.Split(pointer, "/")
	for i, name := range names {
		unescaped := strings.NewReplacer("~0", "", "~1", "").Replace(name)
		if strings.Contains(unescaped, "~") {
			return nil, fmt.Errorf("%q: in a JSON Pointer ~ is written ~0, and / in a name ~1", name)
		}
		names[i] = strings.NewReplacer("~0", "~", "~1", "/").Replace(name)
	}
	return names, nil
}

// add makes the place that names lead to a wanted one.
func (n *node) add(names []string, target int) {
	for _, name := range names {
		next := n.child(name)
		if next == nil {
			next = &node{target: -1}
			n.children = append(n.children, child{name: name, element: elementIndex(name), node: next})
		}
		n = next
	}
	n.target = target
}

// child returns the member of a name, or nil.
func (n *node) child(name string) *node {
	for i := range n.children {
		if n.children[i].name == name {
			return n.children[i].node
		}
	}
	return nil
}

// element returns the element of an index, or nil.
func (n *node) element(index int) *node {
	for i := range n.children {
		if n.children[i].element == index {
			return n.children[i].node
		}
	}
	return nil
}

// elementIndex reads an array index: digits without leading zeros. It returns -1 for any other name.
func elementIndex(name string) int {
	const most = 9 // digits; no document has more elements
	if name == "" || len(name) > most || len(name) > 1 && name[0] == '0' {
		return -1
	}
	index := 0
	for i := range len(name) {
		if name[i] < '0' || name[i] > '9' {
			return -1
		}
		index = index*10 + int(name[i]-'0')
	}
	return index
}
