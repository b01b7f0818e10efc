package expression

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/funcroute/funcroute/parameters"
)

// Environment holds the names that the expressions of one message can use, and collects what they read. It is complete
// once all of them are compiled; from then on it does not change and is safe for concurrent use.
type Environment struct {
	set *parameters.Set
	// answer is whether the message is an answer, which has a status.
	answer bool
	// accesses are all that the expressions read, each once, by what distinguishes them.
	accesses []access
	known    map[string]int
	lookup   parameters.Lookup

	readsBody, readsRequest bool
	scopes                  sync.Pool
}

// ForRequest returns the environment of a target: expressions read the client's request.
func ForRequest(set *parameters.Set) *Environment {
	e := &Environment{set: set, known: map[string]int{}}
	e.scopes.New = func() any { return &Scope{} }
	return e
}

// ForAnswer returns the environment of an answer template: `status`, `header`, `body` and `xml` read the upstream's
// answer, all else the client's request.
func ForAnswer(set *parameters.Set) *Environment {
	e := ForRequest(set)
	e.answer = true
	return e
}

// ReadsBody reports whether any expression reads the message's body.
func (e *Environment) ReadsBody() bool { return e.readsBody }

// ReadsRequest reports whether any expression reads the request's path, query or method.
func (e *Environment) ReadsRequest() bool { return e.readsRequest }

// Compile compiles the text of an expression. The error says what is wrong with it, and which names there are.
func (e *Environment) Compile(text string) (*Expression, error) {
	p := &patcher{environment: e}
	r := &replacer{}
	options := slices.Concat([]expr.Option{expr.Env(environment{}), expr.Patch(p), expr.Patch(r)}, loaders, replacements)
	program, err := expr.Compile(text, options...)
	if err := cmp.Or(p.err, r.err); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, e.explain(err)
	}
	root := program.Node()
	ast.Walk(&root, collector{e})
	if p.raw != nil && p.raw != root {
		return nil, errors.New("raw(…) must be the whole expression")
	}
	x := &Expression{program: program, raw: p.raw != nil}
	e.shorten(x, root)
	return x, nil
}

// shorten finds out whether an expression is nothing but accesses, a choice of them, or one that ends in a constant.
func (e *Environment) shorten(x *Expression, root ast.Node) {
	var direct []access
	var standard parameters.Value
	operands := choices(root)
	for i, operand := range operands {
		if index, ok := accessOf(operand); ok {
			direct = append(direct, e.accesses[index])
			continue
		}
		if i == 0 || i < len(operands)-1 || !isConstant(operand) {
			return
		}
		constant, err := expr.Eval(operand.String(), nil)
		if err != nil {
			return
		}
		if standard, err = new(newOrders(nil)).fromNative(constant); err != nil {
			return
		}
	}
	x.direct, x.standard = direct, standard
}

// choices are the operands of `a ?? b ?? c`.
func choices(node ast.Node) []ast.Node {
	either, ok := node.(*ast.BinaryNode)
	if !ok || either.Operator != "??" {
		return []ast.Node{node}
	}
	return append(choices(either.Left), choices(either.Right)...)
}

func isConstant(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.NilNode, *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return true
	case *ast.ArrayNode:
		return len(node.Nodes) == 0
	case *ast.MapNode:
		return len(node.Pairs) == 0
	}
	return false
}

// Variable compiles a variable of a URI template: the name of a parameter, `path`, `method`, or a value in the body such
// as `body.order.id`.
func (e *Environment) Variable(name string) (*Expression, error) {
	names := strings.Split(name, ".")
	i, known := e.variable(name)
	if names[0] == bodyName && len(names) > 1 {
		i, known = e.body(names[1:]), true
	}
	if !known {
		return nil, fmt.Errorf("there is no parameter %q; %s", name, e.names())
	}
	e.use(i)
	return &Expression{direct: []access{e.accesses[i]}}, nil
}

// explain makes expr's message fit on one line, and says which names there are where one is unknown.
func (e *Environment) explain(err error) error {
	message := err.Error()
	var located *file.Error
	if errors.As(err, &located) {
		message = located.Message
	}
	message, _, _ = strings.Cut(message, "\n")
	if strings.Contains(message, "unknown name") {
		message += "; " + e.names()
	}
	return errors.New(message)
}

func (e *Environment) names() string {
	names := "path, method, body, header(…), query(…), xml(…)"
	if e.answer {
		names = "status, " + names
	}
	if len(e.set.Names()) == 0 {
		return "there are " + names + ", and funcroute.parameters defines none"
	}
	return "there are " + names + " and the parameters " + strings.Join(e.set.Names(), ", ")
}
