package xpath

import (
	"cmp"
	"slices"
)

// axis is where a step looks for nodes (XPath 1.0 section 2.2).
type axis uint8

const (
	child axis = iota
	descendant
	descendantOrSelf
	self
	attribute
	following
	followingSibling
	// From here on nodes come in reverse order.
	parent
	ancestor
	ancestorOrSelf
	preceding
	precedingSibling
)

var axes = map[string]axis{
	"child": child, "descendant": descendant, "descendant-or-self": descendantOrSelf, "self": self, "attribute": attribute,
	"following": following, "following-sibling": followingSibling, "parent": parent, "ancestor": ancestor,
	"ancestor-or-self": ancestorOrSelf, "preceding": preceding, "preceding-sibling": precedingSibling,
}

func (a axis) reverse() bool { return a >= parent }

// test is what a node must be (section 2.3).
type test struct {
	kind testKind
	// prefix and local are those of a name; of a processing instruction local is the target, "" for any.
	prefix, local string
}

type testKind uint8

const (
	anyNode testKind = iota
	// anyName, anyLocal and namedNode are for nodes of the axis's principal type: an attribute or an element.
	anyName
	anyLocal
	namedNode
	textTest
	commentTest
	instructionTest
)

// matches reports whether a node is what the test asks for.
func (t *test) matches(n *node, principal nodeKind) bool {
	switch t.kind {
	case anyNode:
		return true
	case anyName:
		return n.kind == principal
	case anyLocal:
		return n.kind == principal && n.name.Prefix == t.prefix
	case namedNode:
		return n.kind == principal && n.name.Local == t.local && n.name.Prefix == t.prefix
	case textTest:
		return n.kind == textNode
	case commentTest:
		return n.kind == commentNode
	default:
		return n.kind == instructionNode && (t.local == "" || n.name.Local == t.local)
	}
}

// walk looks at nodes and keeps those that a test matches.
type walk struct {
	*evaluation
	nodes     []node
	test      *test
	principal nodeKind
	found     []int32
}

// visit looks at a node. Who calls it counts the steps.
func (w *walk) visit(i int32) {
	if w.test.matches(&w.nodes[i], w.principal) {
		w.found = append(w.found, i)
	}
}

// append appends the nodes on the axis that the test matches, in the axis's order.
func (a axis) append(to []int32, e *evaluation, of int32, t *test) []int32 {
	w := walk{evaluation: e, nodes: e.document.nodes, test: t, principal: elementNode, found: to}
	n := &w.nodes[of]
	switch a {
	case child:
		w.siblings(of+1+n.attributes, n.end)
	case attribute:
		w.work(int(n.attributes))
		w.principal = attributeNode
		for i := of + 1; i <= of+n.attributes; i++ {
			w.visit(i)
		}
	case parent:
		if n.parent >= 0 {
			w.visit(n.parent)
		}
	case followingSibling:
		if n.kind != attributeNode && n.parent >= 0 {
			w.siblings(n.end, w.nodes[n.parent].end)
		}
	case precedingSibling:
		steps := 0
		for i := n.previous; i >= 0; i = w.nodes[i].previous {
			w.visit(i)
			steps++
		}
		w.work(steps)
	case following:
		// What follows an attribute is all that is after it in document order, the content of its element included.
		w.between(n.end, int32(len(w.nodes))) //nolint:gosec // At most maxNodes.
	case preceding:
		w.before(of)
	default:
		w.line(a, of)
	}
	return w.found
}

// line visits what is above or below a node, and the node itself where the axis has it.
func (w *walk) line(a axis, of int32) {
	if a == self || a == ancestorOrSelf || a == descendantOrSelf {
		w.visit(of)
	}
	switch n := &w.nodes[of]; a {
	case ancestor, ancestorOrSelf:
		steps := 0
		for i := n.parent; i >= 0; i = w.nodes[i].parent {
			w.visit(i)
			steps++
		}
		w.work(steps)
	case descendant, descendantOrSelf:
		w.between(of+1+n.attributes, n.end)
	}
}

// siblings visits a node and those that follow it in the same element, which ends there.
func (w *walk) siblings(first, end int32) {
	steps := 0
	for i := first; i < end; i = w.nodes[i].end {
		w.visit(i)
		steps++
	}
	w.work(steps)
}

// between visits all nodes of a range but attributes.
func (w *walk) between(from, to int32) {
	w.work(int(to - from))
	for i := from; i < to; i += 1 + w.nodes[i].attributes {
		if w.nodes[i].kind != attributeNode {
			w.visit(i)
		}
	}
}

// before visits all nodes before another, but for its ancestors and attributes, the last first.
func (w *walk) before(of int32) {
	w.work(int(of))
	up := w.nodes[of].parent
	for i := of - 1; i >= 0; i-- {
		switch n := &w.nodes[i]; {
		case i == up:
			up = n.parent
		case n.kind != attributeNode:
			w.visit(i)
		}
	}
}

// enough leaves out nodes from which the axis leads to nothing that it does not lead to from the others. Without that, a
// path such as //*/preceding::* would look at all nodes again for each.
func (a axis) enough(e *evaluation, nodes []int32) []int32 {
	if len(nodes) < 2 {
		return nodes
	}
	e.work(len(nodes))
	all := e.document.nodes
	switch a {
	case following:
		// All that follows any node follows the one that ends first.
		first := slices.MinFunc(nodes, func(a, b int32) int { return cmp.Compare(all[a].end, all[b].end) })
		return []int32{first}
	case preceding:
		return nodes[len(nodes)-1:]
	case descendant, descendantOrSelf:
		var outer []int32
		for _, n := range nodes {
			if last := len(outer) - 1; last < 0 || all[n].kind == attributeNode || n >= all[outer[last]].end {
				outer = append(outer, n)
			}
		}
		return outer
	default:
		return nodes
	}
}
