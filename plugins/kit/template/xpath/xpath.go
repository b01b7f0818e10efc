// Package xpath evaluates XPath 1.0 on documents that a client or an upstream has sent: each answer is the one that
// https://www.w3.org/TR/1999/REC-xpath-19991116/ asks for, or an error.
//
// Differences, which are told when an expression is compiled where they can be: there are no variables, no namespace axis and
// no id(), which needs a document type. The prefixes of names are compared as they are written in the document, for an
// expression brings no namespaces of its own. Numbers from 2^53 on, which a float64 could round, are an error.
//
// All types are known when an expression is compiled, so a function that gets what it cannot take is found there.
//
//	token.go, parse.go   the text of an expression
//	expression.go        operators
//	path.go, axis.go     location paths
//	function.go          functions
//	value.go, number.go  the four types
//	document.go          a document as XPath sees it
package xpath

import (
	"errors"
	"fmt"
)

// XPath is a compiled expression. It does not change and is safe for concurrent use.
type XPath struct{ root expression }

// Compile compiles an expression. The error says what is wrong with it.
func Compile(text string) (*XPath, error) {
	tokens, err := tokenize(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	root, err := p.whole()
	if err != nil {
		return nil, err
	}
	return &XPath{root}, nil
}

// Result is the value of an expression: a set of nodes, a text, a number or a boolean.
type Result struct {
	value
	*evaluation
}

// Evaluate computes the value for a document, with its root as the context. It fails where the work would take too long or a
// number could be rounded.
func (x *XPath) Evaluate(document *Document) (Result, error) { return x.evaluate(document, 0) }

func (x *XPath) evaluate(document *Document, node int32) (result Result, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			stopped, ok := problem.(stop)
			if !ok {
				panic(problem)
			}
			err = stopped.error
		}
	}()
	e := &evaluation{document}
	return Result{x.root.evaluate(context{e, node, 1, 1}), e}, nil
}

// stop is what an evaluation panics with when it cannot go on, so that not every operator has to hand errors on.
type stop struct{ error }

// evaluation is an expression that is evaluated for a document.
type evaluation struct{ document *Document }

var errTooMuchWork = errors.New("XPath: the expression needs too much work for this document")

// work counts steps.
func (e *evaluation) work(steps int) {
	e.document.left -= steps
	if e.document.left < 0 {
		panic(stop{errTooMuchWork})
	}
}

// read counts the work on a text, and returns it.
func (e *evaluation) read(text string) string {
	e.work(len(text) / bytesPerStep)
	return text
}

// exact returns a number that has been computed, if it cannot have been rounded to a whole number.
func exact(number float64) float64 {
	if (number >= maxExact || number <= -maxExact) && number-number == 0 { // Not if it is infinite.
		panic(stop{fmt.Errorf("XPath: a number would be %g, which is too large to be exact", number)})
	}
	return number
}

// context is what an expression is evaluated for (XPath 1.0 section 1).
type context struct {
	*evaluation
	node           int32
	position, size int
}
