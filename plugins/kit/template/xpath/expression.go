package xpath

import "math"

// expression is a part of an XPath.
type expression interface {
	// kind is the type of its values.
	kind() Kind
	evaluate(context) value
}

// constant is a text or a number.
type constant struct{ value }

func (c constant) kind() Kind             { return c.value.kind }
func (c constant) evaluate(context) value { return c.value }

// logical is `and` or `or`.
type logical struct {
	left, right expression
	or          bool
}

func (logical) kind() Kind { return Boolean }

func (l logical) evaluate(c context) value {
	if asBoolean(l.left.evaluate(c)) == l.or {
		return truthValue(l.or)
	}
	return truthValue(asBoolean(l.right.evaluate(c)))
}

// arithmetic is one of + - * div mod.
type arithmetic struct {
	operator    string
	left, right expression
}

func (arithmetic) kind() Kind { return Number }

func (a arithmetic) evaluate(c context) value {
	c.work(3)
	left, right := c.asNumber(a.left.evaluate(c)), c.asNumber(a.right.evaluate(c))
	switch a.operator {
	case "+":
		left += right
	case "-":
		left -= right
	case "*":
		left *= right
	case "div":
		left /= right
	default:
		left = math.Mod(left, right) // Its sign is that of the dividend, as section 3.5 has it.
	}
	return numberValue(exact(left))
}

// negation is a minus before a value.
type negation struct{ of expression }

func (negation) kind() Kind { return Number }

func (n negation) evaluate(c context) value { return numberValue(-c.asNumber(n.of.evaluate(c))) }

// union is the nodes of either side.
type union struct{ left, right expression }

func (union) kind() Kind { return Nodes }

func (u union) evaluate(c context) value {
	left, right := u.left.evaluate(c).nodes, u.right.evaluate(c).nodes
	c.work(len(left) + len(right))
	nodes := make([]int32, 0, len(left)+len(right))
	for len(left) > 0 && len(right) > 0 {
		switch {
		case left[0] < right[0]:
			nodes, left = append(nodes, left[0]), left[1:]
		case left[0] > right[0]:
			nodes, right = append(nodes, right[0]), right[1:]
		default:
			left = left[1:]
		}
	}
	return value{kind: Nodes, nodes: append(append(nodes, left...), right...)}
}
