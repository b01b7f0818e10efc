package expression

import (
	"github.com/expr-lang/expr/vm"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/template/xpath"
)

// Message is what expressions read.
type Message struct {
	Headers plugins.Headers
	Body    []byte
	// Parameters are the request's.
	Parameters parameters.Values
	// Path and Method are the request's; they are read from the headers if they are empty.
	Path, Method string
}

// Scope is one message being read by the expressions of an environment. It is for one goroutine at a time.
type Scope struct {
	environment *Environment
	message     Message
	machine     vm.VM

	// json are the values in the body that any expression needs, xml is the body as a tree. Each is made when it is first
	// needed.
	json     [][]byte
	jsonRead bool
	jsonErr  error
	// natives are the values that the virtual machine has been given, by access. An expression that goes over a list may ask for
	// one as often as the list has elements, and it may be as large as the body.
	natives []native
	// steps are how many the expressions may still do.
	steps int
	// orders are those of the objects that the virtual machine was given.
	orders orders
	xml    *xpath.Document
	xmlErr error
}

// native is a value as the virtual machine has been given it.
type native struct {
	value any
	known bool
}

// native is the value of an access for the virtual machine, which changes no value.
func (s *Scope) native(access int) (any, error) {
	if s.natives == nil {
		s.natives = make([]native, len(s.environment.accesses))
	}
	n := &s.natives[access]
	if n.known {
		return n.value, nil
	}
	value, err := s.environment.accesses[access].load(s)
	if err != nil {
		return nil, err
	}
	if n.value, err = s.toNative(value); err != nil {
		return nil, err
	}
	n.known = true
	return n.value, nil
}

// Begin returns the scope of a message. It must be given back by [Scope.End].
func (e *Environment) Begin(message Message) *Scope {
	s := e.scopes.Get().(*Scope)
	s.environment, s.message, s.orders = e, message, newOrders(message.Body)
	s.steps = budget(message.Body)
	return s
}

// End gives the scope back, for the next message. It forgets what this one was about.
func (s *Scope) End() {
	e := s.environment
	clear(s.json)
	clear(s.natives)
	clear(s.machine.Stack[:cap(s.machine.Stack)])
	clear(s.machine.Variables)
	s.environment, s.message = nil, Message{}
	s.json, s.jsonRead, s.jsonErr = s.json[:0], false, nil
	s.xml, s.xmlErr, s.orders = nil, nil, orders{}
	e.scopes.Put(s)
}

// target is the request's path with its query.
func (s *Scope) target() string {
	if s.message.Path == "" {
		s.message.Path = s.message.Headers.Get(":path")
	}
	return s.message.Path
}

func (s *Scope) readJSON() error {
	if s.jsonRead {
		return s.jsonErr
	}
	s.jsonRead = true
	var err error
	if s.json, err = s.environment.lookup.Find(s.message.Body, s.json); err != nil {
		s.jsonErr = &Error{Body: true, Problem: "needs the body, which is not what it should be: " + err.Error()}
	}
	return s.jsonErr
}

func (s *Scope) readXML() error {
	if s.xml != nil || s.xmlErr != nil {
		return s.xmlErr
	}
	var err error
	if s.xml, err = xpath.Parse(s.message.Body, s.message.Headers.Get("content-type")); err != nil {
		s.xmlErr = &Error{Body: true, Problem: "needs the body to be XML", Cause: err}
	}
	return s.xmlErr
}
