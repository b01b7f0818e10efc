// Package expression is what stands between {{ and }} in a target or an answer template, and what stands in place of a
// variable in a URI template: a text in the language of github.com/expr-lang/expr, compiled once.
//
// What an expression reads of a message (a parameter, a header, a value in the body) is an access. An expression that is
// nothing but an access, as most are, is evaluated by that access alone; the virtual machine of expr only runs for the
// others. Either way a value is read when it is asked for and not before, so a body that no expression asks for is not
// parsed.
//
//	environment.go           which names there are, and what the expressions of one message read
//	patch.go                 turns what expr has parsed into accesses
//	access.go, query.go      what can be read of a message
//	xml.go                   the same of an XML body
//	scope.go                 one message being read
//	native.go, decode.go, encode.go   values on their way into and out of the virtual machine
//	replace.go               puts our operators and functions in the place of some of expr's
//	steps.go                 bounds loops within loops
//	arithmetic.go, decimal.go, builtin.go   these operators and functions
package expression

import (
	"errors"

	"github.com/expr-lang/expr/vm"

	"github.com/funcroute/funcroute/parameters"
)

// Expression is one compiled expression. It does not change and is safe for concurrent use.
type Expression struct {
	// direct are the accesses, of which the first that has a value counts, if the expression is nothing but `a ?? b ?? c`;
	// standard is the constant at its end, if there is one.
	direct   []access
	standard parameters.Value
	// program computes all other expressions.
	program *vm.Program
	raw     bool
}

// Raw reports whether the expression is raw(…): its value is not to be escaped.
func (x *Expression) Raw() bool { return x.raw }

// Value computes the value for a message. An error is an [*Error].
func (x *Expression) Value(s *Scope) (parameters.Value, error) {
	if x.direct != nil {
		for _, access := range x.direct {
			if value, err := access.load(s); err != nil || value.Present() {
				return value, err
			}
		}
		return x.standard, nil
	}
	result, err := s.machine.Run(x.program, environment{s})
	if err == nil {
		var value parameters.Value
		if value, err = s.orders.fromNative(result); err == nil {
			return value, nil
		}
	}
	var failed *Error
	if errors.As(err, &failed) {
		return parameters.Value{}, failed
	}
	return parameters.Value{}, &Error{Problem: "cannot be computed from what was sent", Cause: err}
}

// Error says why an expression has no value for a message.
type Error struct {
	// Body tells that the body is not what is needed, rather than one value.
	Body bool
	// Problem is fit for clients: the rest of a sentence.
	Problem string
	// Cause is for operators; it may be nil.
	Cause error
}

func (e *Error) Error() string { return e.Problem }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }
