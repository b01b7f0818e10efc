package xpath

import "math"

// comparison is one of = != < <= > >= (XPath 1.0 section 3.4).
type comparison struct {
	operator    string
	left, right expression
}

func (comparison) kind() Kind { return Boolean }

func (o comparison) evaluate(c context) value {
	c.work(3)
	left, right := o.left.evaluate(c), o.right.evaluate(c)
	equality := o.operator == "=" || o.operator == "!="
	switch {
	case left.kind == Boolean || right.kind == Boolean:
		if equality || left.kind == Nodes || right.kind == Nodes {
			left, right = truthValue(asBoolean(left)), truthValue(asBoolean(right))
		}
	case left.kind == Nodes && right.kind == Nodes && equality:
		return truthValue(c.anyEqual(left.nodes, right.nodes, o.operator == "="))
	case left.kind == Nodes || right.kind == Nodes:
		if equality && left.kind != Number && right.kind != Number {
			return truthValue(o.anyText(c, left, right))
		}
		return truthValue(o.anyNumber(c.numbers(left), c.numbers(right)))
	case equality && left.kind == Text && right.kind == Text:
		c.read(left.text)
		return truthValue((left.text == right.text) == (o.operator == "="))
	}
	return truthValue(o.holds(c.asNumber(left), c.asNumber(right)))
}

// holds compares two numbers, as which booleans can be compared too.
func (o comparison) holds(left, right float64) bool {
	switch o.operator {
	case "=":
		return left == right
	case "!=":
		return left != right
	case "<":
		return left < right
	case "<=":
		return left <= right
	case ">":
		return left > right
	default:
		return left >= right
	}
}

// anyText compares a text with the texts of nodes, of which one is on either side.
func (o comparison) anyText(c context, left, right value) bool {
	if left.kind == Text {
		left, right = right, left
	}
	for _, n := range left.nodes {
		c.work(1)
		if (c.nodeText(n) == right.text) == (o.operator == "=") {
			return true
		}
	}
	return false
}

// anyEqual reports whether two sets have two nodes whose texts are equal, or differ if equal is false.
func (e *evaluation) anyEqual(left, right []int32, equal bool) bool {
	if len(left) == 0 || len(right) == 0 {
		return false
	}
	// What is put into a map takes longer than what is looked up, so it is the smaller set.
	if len(left) > len(right) {
		left, right = right, left
	}
	const insertion, lookup = 30, 3
	texts := map[string]struct{}{}
	for _, n := range left {
		e.work(insertion)
		texts[e.nodeText(n)] = struct{}{}
		if !equal && len(texts) > 1 {
			return true // Nothing is equal to both.
		}
	}
	for _, n := range right {
		e.work(lookup)
		if _, known := texts[e.nodeText(n)]; known == equal {
			return true
		}
	}
	return false
}

// numbers are the numbers that a value stands for: one for each node, or its own.
func (e *evaluation) numbers(v value) []float64 {
	if v.kind != Nodes {
		return []float64{e.asNumber(v)}
	}
	numbers := make([]float64, len(v.nodes))
	e.work(4 * len(v.nodes))
	for i, n := range v.nodes {
		numbers[i] = toNumber(e.read(e.nodeText(n)))
	}
	return numbers
}

// anyNumber reports whether the operator holds for any two of the numbers. It looks at the extremes of either side only, for
// if it holds for any two it does for those.
func (o comparison) anyNumber(left, right []float64) bool {
	if o.operator == "=" || o.operator == "!=" { // One of them is a single number.
		for _, l := range left {
			for _, r := range right {
				if o.holds(l, r) {
					return true
				}
			}
		}
		return false
	}
	leastLeft, mostLeft := extremes(left)
	leastRight, mostRight := extremes(right)
	return o.holds(leastLeft, mostRight) || o.holds(mostLeft, leastRight)
}

// extremes are the least and the most of numbers, without those that are none; NaN if there are no others.
func extremes(numbers []float64) (least, most float64) {
	least, most = math.NaN(), math.NaN()
	for _, n := range numbers {
		if math.IsNaN(n) {
			continue
		}
		if !(least <= n) {
			least = n
		}
		if !(most >= n) {
			most = n
		}
	}
	return least, most
}
