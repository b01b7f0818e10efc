package expression

import (
	"fmt"
	"math"
	"reflect"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
)

// replacer puts functions of ours in the place of those operators and functions of expr that round numbers, let them overflow, forget
// the order of members or count bytes. Types are known when it comes, so what is a mistake is left for expr to find.
type replacer struct{ err error }

// The types that a replacement can have: that of what it replaces. They end its name.
const (
	ofInt   = " int"
	ofFloat = " float"
	ofText  = " text"
	ofList  = " list"
	ofAny   = " any"
)

// Visit implements ast.Visitor.
func (r *replacer) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.FloatNode:
		if math.Abs(n.Value) >= maxExact && r.err == nil {
			r.err = fmt.Errorf("%g is too large to be exact; write it as a whole number without a point or an exponent", n.Value)
		}
	case *ast.UnaryNode:
		if _, constant := n.Node.(*ast.IntegerNode); n.Operator == "-" && !constant && isNumeric(n.Node) {
			call(node, "negate", n.Node)
		}
	case *ast.BinaryNode:
		binary(node, n)
	case *ast.SliceNode:
		slice(node, n)
	case *ast.PredicateNode:
		ast.Walk(&n.Node, inner{})
	case *ast.BuiltinNode:
		builtinCall(node, n)
	}
}

// isNumeric reports whether a node is a number or can be one. Durations are none.
func isNumeric(node ast.Node) bool {
	t := node.Type()
	switch t.Kind() {
	case reflect.Interface, reflect.Float32, reflect.Float64:
		return true
	}
	return t.PkgPath() == "" && t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64
}

// call calls a replacement in the place of a node, whose type it keeps.
func call(node *ast.Node, name string, arguments ...ast.Node) {
	suffix := ofAny
	switch (*node).Type().Kind() {
	case reflect.Int:
		suffix = ofInt
	case reflect.Float64:
		suffix = ofFloat
	case reflect.String:
		suffix = ofText
	case reflect.Slice:
		suffix = ofList
	}
	by := &ast.CallNode{Callee: &ast.IdentifierNode{Value: " " + name + suffix}, Arguments: arguments}
	by.SetNature(*(*node).Nature())
	by.SetLocation((*node).Location())
	*node = by
}

func binary(node *ast.Node, n *ast.BinaryNode) {
	switch n.Operator {
	case "+", "-", "*", "/", "%", "**", "^":
		if isNumeric(n.Left) && isNumeric(n.Right) {
			name := n.Operator
			if name == "^" {
				name = "**"
			}
			call(node, name, n.Left, n.Right)
		}
	case "<", "<=", ">", ">=":
		if isNumeric(n.Left) && isNumeric(n.Right) && (isUnknown(n.Left) || isUnknown(n.Right)) {
			by := &ast.CallNode{Callee: &ast.IdentifierNode{Value: " " + n.Operator}, Arguments: []ast.Node{n.Left, n.Right}}
			by.SetNature(*n.Nature())
			by.SetLocation(n.Location())
			*node = by
		}
	case "in":
		contains(node, n)
	case "..":
		n.Left, n.Right = bound(n.Left), bound(n.Right)
	}
}

func isUnknown(node ast.Node) bool { return node.Type().Kind() == reflect.Interface }

// bound checks an end of a range, unless it is written out.
func bound(of ast.Node) ast.Node {
	if constant, ok := of.(*ast.IntegerNode); ok && constant.Value < maxBound || !isNumeric(of) || of.Type().Kind() == reflect.Float64 {
		return of
	}
	by := &ast.CallNode{Callee: &ast.IdentifierNode{Value: " bound" + ofInt}, Arguments: []ast.Node{of}}
	by.SetType(reflect.TypeFor[int]())
	by.SetLocation(of.Location())
	return by
}

// slice has the characters of a text counted, not its bytes.
func slice(node *ast.Node, n *ast.SliceNode) {
	if kind := n.Node.Type().Kind(); kind != reflect.String && kind != reflect.Interface {
		return
	}
	arguments := []ast.Node{n.Node, n.From, n.To}
	for i := range arguments {
		if arguments[i] == nil {
			arguments[i] = &ast.NilNode{}
		}
	}
	call(node, "slice", arguments...)
}

// builtinCall replaces a call of one of expr's functions, if ours is another.
func builtinCall(node *ast.Node, n *ast.BuiltinNode) {
	if n.Name == "sum" && len(n.Arguments) == 2 {
		mapped := &ast.BuiltinNode{Name: "map", Arguments: n.Arguments}
		mapped.SetLocation(n.Location())
		call(node, n.Name, mapped)
		return
	}
	f, ours := builtins[n.Name]
	if !ours || len(n.Arguments) != f.arguments || !accepts(n.Name, n.Arguments) {
		return // Expr complains of what it does not take.
	}
	arguments := n.Arguments
	if f.scoped {
		arguments = append([]ast.Node{&ast.IdentifierNode{Value: "$env"}}, arguments...)
	}
	call(node, n.Name, arguments...)
}

// accepts reports whether expr's function takes values of the types of some arguments.
func accepts(name string, arguments []ast.Node) bool {
	types := make([]reflect.Type, len(arguments))
	for i := range arguments {
		types[i] = arguments[i].Type()
	}
	f := builtin.Builtins[builtin.Index[name]]
	if f.Validate != nil {
		_, err := f.Validate(types)
		return err == nil
	}
	for i, t := range types {
		if wanted := f.Types[0].In(i); t.Kind() != reflect.Interface && !t.AssignableTo(wanted) && t.Kind() != wanted.Kind() {
			return false
		}
	}
	return true
}

// replacements are all that can be called in place of something. No expression can call them itself, as no name begins with a
// space.
var replacements = func() []expr.Option {
	var options []expr.Option
	// add registers a function under the names that it has by its type.
	add := func(name string, f func(...any) (any, error), types [5]any) {
		for i, suffix := range [...]string{ofInt, ofFloat, ofText, ofList, ofAny} {
			options = append(options, expr.Function(" "+name+suffix, f, types[i]))
		}
	}
	for _, operator := range []string{"+", "-", "*", "/", "%", "**"} {
		add(operator, func(of ...any) (any, error) { return arithmetic(operator, of[0], of[1]) }, two)
	}
	for _, operator := range []string{"<", "<=", ">", ">="} {
		f := func(of ...any) (any, error) { return ordered(operator, of[0], of[1]) }
		options = append(options, expr.Function(" "+operator, f, new(func(any, any) bool)))
	}
	options = append(options,
		expr.Function(stepName, step, new(func(any) bool)),
		expr.Function(" in", contained, new(func(any, any, any) bool)),
	)
	add("negate", func(of ...any) (any, error) { return negate(of[0]) }, one)
	add("bound", func(of ...any) (any, error) { return checkedBound(of[0]) }, one)
	add("slice", func(of ...any) (any, error) { return sliced(of[0], of[1], of[2]) }, three)
	for name, f := range builtins {
		signatures := [...][5]any{one, two}
		count := f.arguments
		if f.scoped {
			count++
		}
		add(name, f.apply, signatures[count-1])
	}
	return options
}()

// The signatures of functions by how many values they take, in the order of the types that they can have.
var (
	one   = [5]any{new(func(any) int), new(func(any) float64), new(func(any) string), new(func(any) []any), new(func(any) any)}
	two   = [5]any{new(func(any, any) int), new(func(any, any) float64), new(func(any, any) string), new(func(any, any) []any), new(func(any, any) any)}
	three = [5]any{
		new(func(any, any, any) int), new(func(any, any, any) float64), new(func(any, any, any) string),
		new(func(any, any, any) []any), new(func(any, any, any) any),
	}
)
