package xpath

import "slices"

// path is a location path, or nodes of another expression and the path from there.
type path struct {
	// from is where it begins: nil for the context's node.
	from  expression
	steps []step
}

// step is one step of a path.
type step struct {
	axis       axis
	test       test
	predicates []predicate
}

// predicate is what stands in brackets. Positional says that it depends on the place of a node among the others.
type predicate struct {
	expression
	positional bool
}

// root is the document itself.
type root struct{}

func (root) kind() Kind             { return Nodes }
func (root) evaluate(context) value { return value{kind: Nodes, nodes: []int32{0}} }

func (path) kind() Kind { return Nodes }

func (p path) evaluate(c context) value {
	c.work(2)
	nodes := []int32{c.node}
	if p.from != nil {
		nodes = p.from.evaluate(c).nodes
	}
	for i := range p.steps {
		nodes = p.steps[i].from(c.evaluation, nodes)
	}
	return value{kind: Nodes, nodes: nodes}
}

// from is what the step leads to from any of some nodes.
func (s *step) from(e *evaluation, nodes []int32) []int32 {
	var found []int32
	if !slices.ContainsFunc(s.predicates, func(p predicate) bool { return p.positional }) {
		nodes = s.axis.enough(e, nodes)
	}
	for _, n := range nodes {
		e.work(1)
		start := len(found)
		found = s.axis.append(found, e, n, &s.test)
		kept := filter(e, found[start:], s.predicates)
		if s.axis.reverse() {
			slices.Reverse(kept)
		}
		found = found[:start+len(kept)]
	}
	if len(nodes) > 1 {
		found = inOrder(e, found)
	}
	return found
}

// filter keeps the nodes for which all predicates hold. It moves them to the front.
func filter(e *evaluation, nodes []int32, predicates []predicate) []int32 {
	for i := range predicates {
		p := &predicates[i]
		kept := nodes[:0]
		size := len(nodes)
		for position, n := range nodes {
			e.work(1)
			v := p.evaluate(context{e, n, position + 1, size})
			holds := v.number == float64(position+1)
			if v.kind != Number {
				holds = asBoolean(v)
			}
			if holds {
				kept = append(kept, n)
			}
		}
		nodes = kept
	}
	return nodes
}

// inOrder puts nodes in document order and drops those that are there twice.
func inOrder(e *evaluation, nodes []int32) []int32 {
	for i := 1; i < len(nodes); i++ {
		if nodes[i-1] >= nodes[i] {
			e.work(4 * len(nodes))
			slices.Sort(nodes)
			return slices.Compact(nodes)
		}
	}
	return nodes
}

// filtered is an expression in front of brackets: (//a)[1].
type filtered struct {
	of         expression
	predicates []predicate
}

func (filtered) kind() Kind { return Nodes }

func (f filtered) evaluate(c context) value {
	// A copy, as constants are shared.
	return value{kind: Nodes, nodes: filter(c.evaluation, slices.Clone(f.of.evaluate(c).nodes), f.predicates)}
}

// shorten makes one step of `//name`, which is written for /descendant-or-self::node()/child::name, where no predicate
// depends on a node's place among its siblings.
func shorten(steps []step) []step {
	var short []step
	for _, s := range steps {
		last := len(short) - 1
		if last >= 0 && short[last].axis == descendantOrSelf && short[last].test == (test{kind: anyNode}) &&
			len(short[last].predicates) == 0 && s.axis == child && !slices.ContainsFunc(s.predicates, func(p predicate) bool { return p.positional }) {
			s.axis = descendant
			short[last] = s
			continue
		}
		short = append(short, s)
	}
	return short
}
