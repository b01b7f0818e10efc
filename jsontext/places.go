package jsontext

// Places are the places in JSON documents at which values are wanted. The zero value has none.
type Places struct{ root *node }

// Span says where a value stands in a text, from its first byte to behind its last. It is empty if the value is not there.
type Span struct{ Start, End int }

// Fault says why a text is not JSON.
type Fault struct {
	// At is the index of the byte at which the text stops being JSON.
	At int
	// TooDeep says that the text is JSON up to At, and is nested deeper than [MaxDepth] there.
	TooDeep bool
}

// Find checks all of a text as [Valid] does, and finds the wanted values. It writes into found, by their numbers, where they stand;
// found must hold empty spans. Of members with the same name only the last counts.
func (p *Places) Find(text []byte, found []Span) *Fault {
	s := scanner{text: text, found: found}
	if s.document(p.root) {
		return nil
	}
	return &Fault{At: s.at, TooDeep: s.deep}
}

// node is a place in a JSON document that lies on the way to something wanted.
type node struct {
	// target is the number of the value that is wanted here, -1 if none is.
	target   int
	children []child
}

// child is a member of an object, or an element of an array.
type child struct {
	name string
	// element is the name as the index of an array, -1 if it is none.
	element int
	node    *node
}

// Add makes the value wanted to which the names lead, under a number. A name leads to a member of an object, or, if it is a whole
// number, to an element of an array. Without names the whole document is wanted.
func (p *Places) Add(names []string, number int) {
	if p.root == nil {
		p.root = &node{target: -1}
	}
	n := p.root
	for _, name := range names {
		next := n.child(name)
		if next == nil {
			next = &node{target: -1}
			n.children = append(n.children, child{name: name, element: elementIndex(name), node: next})
		}
		n = next
	}
	n.target = number
}

// child returns the member of that name, nil if nothing in it is wanted.
func (n *node) child(name string) *node {
	for i := range n.children {
		if n.children[i].name == name {
			return n.children[i].node
		}
	}
	return nil
}

// element returns the element of that index, nil if nothing in it is wanted.
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
