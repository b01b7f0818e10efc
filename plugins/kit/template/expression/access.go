package expression

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/parameters"
)

// access reads one value of a message. An error is an [*Error].
type access interface {
	load(*Scope) (parameters.Value, error)
}

// parameter is a parameter of the route.
type parameter struct{ index int }

func (p parameter) load(s *Scope) (parameters.Value, error) {
	return s.message.Parameters.At(p.index), nil
}

// path is the path the client has asked for, as it was sent, without the query.
type path struct{}

func (path) load(s *Scope) (parameters.Value, error) {
	path, _, _ := strings.Cut(s.target(), "?")
	return textOf(path, pathName)
}

// method is the client's.
type method struct{}

func (method) load(s *Scope) (parameters.Value, error) {
	if s.message.Method == "" {
		return parameters.TextValue(s.message.Headers.Get(":method")), nil
	}
	return parameters.TextValue(s.message.Method), nil
}

// status is the answer's.
type status struct{}

func (status) load(s *Scope) (parameters.Value, error) {
	code, err := strconv.Atoi(s.message.Headers.Get(":status"))
	if err != nil {
		return parameters.Value{}, &Error{Problem: "needs the answer's status, which is none", Cause: err}
	}
	return parameters.JSONValue(strconv.AppendInt(nil, int64(code), 10)), nil
}

// header is the first value of a header.
type header struct{ name string }

func newHeader(name string) (access, error) {
	name = strings.ToLower(name)
	if name == "" || strings.ContainsAny(name, ": \t\r\n") {
		return nil, fmt.Errorf("that cannot be the name of a header")
	}
	return header{name}, nil
}

func (h header) load(s *Scope) (parameters.Value, error) {
	// An empty header and none look the same from Get.
	value := s.message.Headers.Get(h.name)
	if value == "" && len(s.message.Headers.Values(h.name)) == 0 {
		return parameters.Value{}, nil
	}
	return textOf(value, "the header "+h.name)
}

// inBody is a value in a JSON body, the whole of it if there are no names.
type inBody struct {
	names []string
	// slot is its place in what the environment's lookup finds, -1 as long as no expression needs it.
	slot int
}

func (b *inBody) load(s *Scope) (parameters.Value, error) {
	if err := s.readJSON(); err != nil {
		return parameters.Value{}, err
	}
	found := s.json[b.slot]
	if found == nil {
		return parameters.Value{}, nil
	}
	return parameters.JSONValue(found), nil
}

// textOf makes a value of a text that a client or an upstream has sent.
func textOf(text, name string) (parameters.Value, error) {
	if !utf8.ValidString(text) {
		return parameters.Value{}, &Error{Problem: "needs " + name + ", which is not valid UTF-8"}
	}
	return parameters.TextValue(text), nil
}
