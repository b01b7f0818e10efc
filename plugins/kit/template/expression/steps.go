package expression

import (
	"errors"
	"reflect"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"
)

// What goes over a list for each element of another takes time by the square of the body. Expr does not bound that, so loops
// within loops count their steps, and so does looking for an element of a list.

var errTooMuchWork = errors.New("the expression needs too much work for this body")

// budget is how many steps the expressions of a message may do: several for all that can be in its body.
func budget(body []byte) int {
	const least, times = 500_000, 4
	return least + times*len(body)
}

func (s *Scope) work(steps int) error {
	if s.steps -= steps; s.steps < 0 {
		return errTooMuchWork
	}
	return nil
}

// stepName is the function that counts one round of a loop.
const stepName = " step"

func step(of ...any) (any, error) { return true, scopeOf(of).work(1) }

// inner has the loops within a loop count their rounds.
type inner struct{}

// Visit implements ast.Visitor.
func (inner) Visit(node *ast.Node) {
	loop, ok := (*node).(*ast.PredicateNode)
	if !ok {
		return
	}
	if of, ok := loop.Node.(*ast.SequenceNode); ok && len(of.Nodes) > 0 && isStep(of.Nodes[0]) {
		return
	}
	count := &ast.CallNode{Callee: &ast.IdentifierNode{Value: stepName}, Arguments: []ast.Node{&ast.IdentifierNode{Value: "$env"}}}
	count.SetType(reflect.TypeFor[bool]())
	counted := &ast.SequenceNode{Nodes: []ast.Node{count, loop.Node}}
	counted.SetNature(*loop.Node.Nature())
	counted.SetLocation(loop.Node.Location())
	loop.Node = counted
}

func isStep(node ast.Node) bool {
	call, ok := node.(*ast.CallNode)
	if !ok {
		return false
	}
	callee, ok := call.Callee.(*ast.IdentifierNode)
	return ok && callee.Value == stepName
}

// contains has `in` count what it looks at, unless that is written out.
func contains(node *ast.Node, n *ast.BinaryNode) {
	switch right := n.Right.(type) {
	case *ast.ArrayNode:
		return
	case *ast.BinaryNode:
		if right.Operator == ".." {
			return
		}
	}
	if kind := n.Right.Type().Kind(); kind != reflect.Interface && kind != reflect.Slice {
		return
	}
	by := &ast.CallNode{Callee: &ast.IdentifierNode{Value: " in"}, Arguments: []ast.Node{&ast.IdentifierNode{Value: "$env"}, n.Left, n.Right}}
	by.SetNature(*n.Nature())
	by.SetLocation(n.Location())
	*node = by
}

func contained(of ...any) (any, error) {
	if v := reflect.ValueOf(of[2]); v.Kind() == reflect.Slice {
		if err := scopeOf(of).work(1 + v.Len()/2); err != nil {
			return nil, err
		}
	}
	return runtime.In(of[1], of[2]), nil
}
