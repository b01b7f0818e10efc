package xpath

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// parser makes an expression of tokens.
type parser struct {
	tokens []token
	// positional is set where position() or last() is called, for the brackets that are being read.
	positional bool
	depth      int
}

// maxNesting is how deeply an expression may be nested.
const maxNesting = 100

func (p *parser) peek() token { return p.tokens[0] }

func (p *parser) next() token {
	t := p.tokens[0]
	if t.kind != endToken {
		p.tokens = p.tokens[1:]
	}
	return t
}

// take takes a symbol if it is the next.
func (p *parser) take(symbol string) bool {
	if !p.peek().is(symbol) {
		return false
	}
	p.next()
	return true
}

func (p *parser) unexpected() error {
	if t := p.peek(); t.kind != endToken {
		return fmt.Errorf("%q cannot stand at character %d", t.text, t.at+1)
	}
	return errors.New("something is missing at the end")
}

// whole reads all there is.
func (p *parser) whole() (expression, error) {
	e, err := p.expression(0)
	if err == nil && p.peek().kind != endToken {
		err = p.unexpected()
	}
	return e, err
}

// levels are the binary operators, those that bind least first (section 3.5).
var levels = [][]string{{"or"}, {"and"}, {"=", "!="}, {"<=", "<", ">=", ">"}, {"+", "-"}, {"*", "div", "mod"}}

// expression reads an expression whose operators are of a level, or bind more.
func (p *parser) expression(level int) (expression, error) {
	if level == len(levels) {
		return p.unary()
	}
	if level == 0 {
		if p.depth++; p.depth > maxNesting {
			return nil, errors.New("it is nested too deeply")
		}
		defer func() { p.depth-- }()
	}
	left, err := p.expression(level + 1)
	for err == nil {
		operator, found := p.operator(levels[level])
		if !found {
			break
		}
		var right expression
		if right, err = p.expression(level + 1); err == nil {
			left = binary(level, operator, left, right)
		}
	}
	return left, err
}

func (p *parser) operator(of []string) (string, bool) {
	for _, symbol := range of {
		if p.take(symbol) {
			return symbol, true
		}
	}
	return "", false
}

func binary(level int, operator string, left, right expression) expression {
	switch level {
	case 0, 1:
		return logical{left, right, operator == "or"}
	case 2, 3:
		return comparison{operator, left, right}
	default:
		return arithmetic{operator, left, right}
	}
}

func (p *parser) unary() (expression, error) {
	minuses := 0
	for p.take("-") {
		minuses++
	}
	e, err := p.union()
	if err != nil || minuses == 0 {
		return e, err
	}
	if e = (negation{e}); minuses%2 == 0 {
		e = negation{e}
	}
	return e, nil
}

func (p *parser) union() (expression, error) {
	left, err := p.path()
	for err == nil && p.take("|") {
		var right expression
		if right, err = p.path(); err == nil {
			if left.kind() != Nodes || right.kind() != Nodes {
				return nil, fmt.Errorf(`"|" unites sets of nodes, not %s with %s`, left.kind(), right.kind())
			}
			left = union{left, right}
		}
	}
	return left, err
}

// path reads a location path, or another expression with what may follow it.
func (p *parser) path() (expression, error) {
	if p.startsStep() {
		return p.steps(nil)
	}
	switch {
	case p.take("//"):
		return p.steps(root{}, step{axis: descendantOrSelf, test: test{kind: anyNode}})
	case p.take("/"):
		if !p.startsStep() {
			return root{}, nil
		}
		return p.steps(root{})
	}
	e, err := p.primary()
	if err != nil {
		return nil, err
	}
	if p.peek().is("[") {
		f := filtered{of: e}
		if f.predicates, err = p.predicates(); err != nil {
			return nil, err
		}
		if e.kind() != Nodes {
			return nil, fmt.Errorf("brackets follow sets of nodes, not %s", e.kind())
		}
		e = f
	}
	var first []step
	switch {
	case p.take("//"):
		first = []step{{axis: descendantOrSelf, test: test{kind: anyNode}}}
	case !p.take("/"):
		return e, nil
	}
	if e.kind() != Nodes {
		return nil, fmt.Errorf("a slash follows sets of nodes, not %s", e.kind())
	}
	return p.steps(e, first...)
}

// startsStep reports whether a step of a path comes next.
func (p *parser) startsStep() bool {
	switch t := p.peek(); t.kind {
	case nameToken, axisToken:
		return true
	case functionToken:
		_, isType := nodeTypes[t.text]
		return isType
	default:
		return t.is(".") || t.is("..") || t.is("@")
	}
}

// steps reads the steps of a relative path, from where a path begins.
func (p *parser) steps(from expression, steps ...step) (expression, error) {
	for {
		s, err := p.step()
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
		switch {
		case p.take("//"):
			steps = append(steps, step{axis: descendantOrSelf, test: test{kind: anyNode}})
		case !p.take("/"):
			return path{from, shorten(steps)}, nil
		}
	}
}

func (p *parser) step() (s step, err error) {
	switch t := p.peek(); {
	case p.take("."):
		return step{axis: self}, nil
	case p.take(".."):
		return step{axis: parent}, nil
	case p.take("@"):
		s.axis = attribute
	case t.kind == axisToken:
		p.next()
		known := false
		if s.axis, known = axes[t.text]; !known {
			if t.text == "namespace" {
				return s, errors.New("the axis namespace is not there; namespace-uri() tells the namespace of a node")
			}
			return s, fmt.Errorf("there is no axis %q", t.text)
		}
	}
	if s.test, err = p.test(); err == nil {
		s.predicates, err = p.predicates()
	}
	return s, err
}

// nodeTypes are the tests that are written like functions.
var nodeTypes = map[string]testKind{"node": anyNode, "text": textTest, "comment": commentTest, "processing-instruction": instructionTest}

func (p *parser) test() (t test, err error) {
	of := p.peek()
	switch of.kind {
	case nameToken:
		p.next()
		return nameTest(of.text), nil
	case functionToken:
		known := false
		if t.kind, known = nodeTypes[of.text]; !known {
			return t, fmt.Errorf("there is no node type %q", of.text)
		}
		p.next()
		p.next() // The parenthesis that makes it such a token.
		if t.kind == instructionTest && p.peek().kind == literalToken {
			t.local = p.next().text
		}
		if !p.take(")") {
			return t, p.unexpected()
		}
		return t, nil
	}
	return t, p.unexpected()
}

func nameTest(text string) test {
	prefix, local, qualified := strings.Cut(text, ":")
	switch {
	case text == "*":
		return test{kind: anyName}
	case !qualified:
		return test{kind: namedNode, local: text}
	case local == "*":
		return test{kind: anyLocal, prefix: prefix}
	default:
		return test{kind: namedNode, prefix: prefix, local: local}
	}
}

func (p *parser) predicates() ([]predicate, error) {
	var predicates []predicate
	outer := p.positional
	defer func() { p.positional = outer }()
	for p.take("[") {
		p.positional = false
		e, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		if !p.take("]") {
			return nil, p.unexpected()
		}
		predicates = append(predicates, predicate{e, p.positional || e.kind() == Number})
	}
	return predicates, nil
}

// primary reads a text, a number, a call, or an expression in parentheses.
func (p *parser) primary() (expression, error) {
	switch t := p.peek(); {
	case p.take("("):
		e, err := p.expression(0)
		if err == nil && !p.take(")") {
			err = p.unexpected()
		}
		return e, err
	case t.kind == literalToken:
		p.next()
		return constant{textValue(t.text)}, nil
	case t.kind == numberToken:
		p.next()
		number, exact := parseNumber(t.text)
		if !exact {
			return nil, fmt.Errorf("%s is too large a number to be exact", strconv.Quote(t.text))
		}
		return constant{numberValue(number)}, nil
	case t.kind == functionToken:
		return p.call()
	}
	return nil, p.unexpected()
}

// call reads a call of a function and checks what it is given.
func (p *parser) call() (expression, error) {
	name := p.next().text
	p.next() // The parenthesis that makes it such a token.
	f, known := functions[name]
	switch {
	case name == "id":
		return nil, errors.New("there is no id(), for it needs a document type, and documents with one are refused")
	case !known:
		return nil, fmt.Errorf("XPath 1.0 has no function %q", name)
	case name == "position" || name == "last":
		p.positional = true
	}
	c := call{function: f}
	for !p.take(")") {
		if len(c.arguments) > 0 && !p.take(",") {
			return nil, p.unexpected()
		}
		argument, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		if f.nodes && argument.kind() != Nodes {
			return nil, fmt.Errorf("%s(…) takes a set of nodes, not %s", name, argument.kind())
		}
		c.arguments = append(c.arguments, argument)
	}
	if len(c.arguments) < f.least || f.most >= 0 && len(c.arguments) > f.most {
		return nil, fmt.Errorf("%s(…) does not take %d values", name, len(c.arguments))
	}
	return c, nil
}
