package expression

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
)

// Names that mean something in expressions.
const (
	bodyName    = "body"
	pathName    = "path"
	methodName  = "method"
	statusName  = "status"
	headerName  = "header"
	queryName   = "query"
	xmlName     = "xml"
	xmlListName = "xml_list"
	rawName     = "raw"
)

// The functions by which the virtual machine loads an access, by the type it is known to have. No expression can call
// them itself, for no name begins with a space.
const (
	loadText   = " text"
	loadNumber = " number"
	loadAny    = " any"
)

var loaders = []expr.Option{
	expr.Function(loadText, load, new(func(any, int) string)),
	expr.Function(loadNumber, load, new(func(any, int) int)),
	expr.Function(loadAny, load, new(func(any, int) any)),
}

// environment is what programs run in. It has neither fields nor methods that an expression could name.
type environment struct{ scope *Scope }

func load(arguments ...any) (any, error) {
	return arguments[0].(environment).scope.native(arguments[1].(int))
}

// patcher puts accesses in the place of names. expr walks the tree from the leaves, so `body.a.b` is first an access to
// body, then to body.a, then to body.a.b.
type patcher struct {
	environment *Environment
	// raw is what raw(…) had in its parentheses.
	raw ast.Node
	err error
}

// Visit implements ast.Visitor.
func (p *patcher) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		p.identifier(node, n.Value)
	case *ast.MemberNode:
		p.member(node, n)
	case *ast.ChainNode:
		// A value in the body may be missing all the same, so ?. is as good as a dot there.
		if _, ok := accessOf(n.Node); ok {
			p.replace(node, n.Node)
		}
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			p.call(node, callee.Value, n.Arguments)
		}
	case *ast.VariableDeclaratorNode:
		if _, known := p.environment.variable(n.Name); known || n.Name == bodyName {
			p.fail("%q cannot be declared; it is there already", n.Name)
		}
	}
}

func (p *patcher) fail(format string, arguments ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, arguments...)
	}
}

func (p *patcher) replace(node *ast.Node, by ast.Node) {
	by.SetLocation((*node).Location())
	*node = by
}

func (p *patcher) identifier(node *ast.Node, name string) {
	if name == "$env" {
		p.fail("$env is not there; %s", p.environment.names())
		return
	}
	if name == bodyName {
		p.load(node, p.environment.body(nil), loadAny)
		return
	}
	i, known := p.environment.variable(name)
	if !known {
		return // Declared in the expression itself, or a function; if it is neither, expr says so.
	}
	loader := loadAny
	switch access := p.environment.accesses[i].(type) {
	case parameter:
		if p.environment.set.AlwaysText(access.index) {
			loader = loadText
		}
	case path, method:
		loader = loadText
	case status:
		loader = loadNumber
	}
	p.load(node, i, loader)
}

func (p *patcher) load(node *ast.Node, index int, loader string) {
	p.replace(node, &ast.CallNode{
		Callee:    &ast.IdentifierNode{Value: loader},
		Arguments: []ast.Node{&ast.IdentifierNode{Value: "$env"}, &ast.IntegerNode{Value: index}},
	})
}

// accessOf returns the index of the access that a node has been replaced by.
func accessOf(node ast.Node) (int, bool) {
	call, ok := node.(*ast.CallNode)
	if !ok {
		return 0, false
	}
	callee, ok := call.Callee.(*ast.IdentifierNode)
	if !ok || callee.Value != loadText && callee.Value != loadNumber && callee.Value != loadAny {
		return 0, false
	}
	return call.Arguments[1].(*ast.IntegerNode).Value, true
}

// member follows the body's members as far as they are written out.
func (p *patcher) member(node *ast.Node, n *ast.MemberNode) {
	i, ok := accessOf(n.Node)
	if !ok {
		return
	}
	of, ok := p.environment.accesses[i].(*inBody)
	if !ok {
		return
	}
	names := of.names
	switch property := n.Property.(type) {
	case *ast.StringNode:
		names = append(names[:len(names):len(names)], property.Value)
	case *ast.IntegerNode:
		names = append(names[:len(names):len(names)], strconv.Itoa(property.Value))
	default:
		return
	}
	p.load(node, p.environment.body(names), loadAny)
}

func (p *patcher) call(node *ast.Node, name string, arguments []ast.Node) {
	switch name {
	case rawName:
		if len(arguments) != 1 || p.raw != nil {
			p.fail("raw(…) takes one value and must be the whole expression")
			return
		}
		p.raw = arguments[0]
		*node = arguments[0]
	case headerName, queryName, xmlName, xmlListName:
		if len(arguments) == 1 {
			if text, ok := arguments[0].(*ast.StringNode); ok {
				p.read(node, name, text.Value)
				return
			}
		}
		p.fail(`%s takes one text in quotes: %s("…")`, name, name)
	}
}

// read replaces header("…") and the like.
func (p *patcher) read(node *ast.Node, name, of string) {
	var made access
	var err error
	switch name {
	case headerName:
		made, err = newHeader(of)
	case queryName:
		made = query{of}
	default:
		made, err = newXPath(of, name == xmlListName)
	}
	if err != nil {
		p.fail("%s(%q): %w", name, of, err)
		return
	}
	p.load(node, p.environment.add(name+" "+of, made), loadAny)
}

// add gives an access its place, once for all that are the same.
func (e *Environment) add(key string, a access) int {
	if i, known := e.known[key]; known {
		return i
	}
	e.known[key] = len(e.accesses)
	e.accesses = append(e.accesses, a)
	return len(e.accesses) - 1
}

// collector notes the accesses that are left in an expression once it is compiled.
type collector struct{ environment *Environment }

// Visit implements ast.Visitor.
func (c collector) Visit(node *ast.Node) {
	if i, ok := accessOf(*node); ok {
		c.environment.use(i)
	}
}

// use notes that an expression reads an access.
func (e *Environment) use(index int) {
	switch a := e.accesses[index].(type) {
	case *inBody:
		e.readsBody = true
		if a.slot < 0 {
			a.slot = e.lookup.Add(a.names...)
		}
	case *xmlPath:
		e.readsBody = true
	case path, method, query:
		e.readsRequest = true
	}
}

// variable returns the access that a name stands for by itself, but for the body.
func (e *Environment) variable(name string) (index int, known bool) {
	switch {
	case name == pathName:
		return e.add(name, path{}), true
	case name == methodName:
		return e.add(name, method{}), true
	case name == statusName && e.answer:
		return e.add(name, status{}), true
	}
	i, known := e.set.Index(name)
	if !known {
		return 0, false
	}
	return e.add(" "+name, parameter{i}), true
}

// body returns the access to a value in the JSON body.
func (e *Environment) body(names []string) int {
	return e.add(bodyName+"/"+strings.Join(names, "\x00"), &inBody{names: names, slot: -1})
}
