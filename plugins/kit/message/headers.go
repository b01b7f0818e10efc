package message

import (
	"errors"
	"fmt"
	"sync"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/template"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
)

// Headers are the headers that a message sets, in their order.
type Headers []header

// header is one of them.
type header struct {
	name  string
	value *template.Template
	// again is whether a header of that name stands before it, to which it is added.
	again bool
	// written is the name in the letters that it is written in.
	written string
}

// reserved are the headers that no template sets, with what to do instead.
var reserved = map[string]string{
	"content-length":    "it follows from the body",
	"transfer-encoding": "it is between Envoy and its peer",
	"connection":        "it is between Envoy and its peer",
	"keep-alive":        "it is between Envoy and its peer",
	"proxy-connection":  "it is between Envoy and its peer",
	"te":                "it is between Envoy and its peer",
	"trailer":           "it is between Envoy and its peer",
	"upgrade":           "it is between Envoy and its peer",
	"http2-settings":    "it is between Envoy and its peer",
	"expect":            "it is between Envoy and its peer",
}

// CheckName tells why a header of that name, in lower case, is none that a configuration sets, and is nil if it is one.
func CheckName(name string) error {
	why, refused := reserved[name]
	switch {
	case refused:
		return fmt.Errorf("header %q cannot be set: %s", name, why)
	case name == hostHeader || !httptext.IsFieldName(name):
		return fmt.Errorf("%q is no name of a header that can be set here", name)
	}
	return nil
}

// CompileHeaders compiles the headers of an HTTP message. Those that frame a message or are between Envoy and its peer are refused.
func CompileHeaders(fields []Field, environment *expression.Environment) (Headers, error) {
	var headers Headers
	seen := map[string]bool{}
	for _, f := range fields {
		if why, refused := reserved[f.Name]; refused {
			return nil, fmt.Errorf("header %q cannot be set: %s", f.Name, why)
		}
		value, err := template.Compile(f.Value, template.Header, fmt.Sprintf("the header %q", f.Name), environment)
		if err != nil {
			return nil, fmt.Errorf("header %q: %w", f.Name, err)
		}
		headers = append(headers, header{f.Name, value, seen[f.Name], f.Written})
		seen[f.Name] = true
	}
	return headers, nil
}

// contentType returns the value of the content-type that a message sets, "" if it sets none.
func (h Headers) contentType() (string, error) {
	for i := range h {
		if h[i].name != contentTypeHeader {
			continue
		}
		value, constant := h[i].value.Constant()
		if !constant {
			return "", errors.New(`header "content-type" cannot hold expressions, as the body is escaped by it`)
		}
		return value, nil
	}
	return "", nil
}

const contentTypeHeader = "content-type"

// usual is how many headers are computed without an allocation for the list.
const usual = 8

// Computed is a header with its value for one request or answer.
type Computed struct {
	*header
	Value string
	// Left tells that it is nothing but an expression without a value, so it is left out.
	Left bool
}

// Name is the header's, in lower case.
func (c *Computed) Name() string { return c.name }

// Written is its name in the letters that the message has it in.
func (c *Computed) Written() string { return c.written }

// Again reports whether a header of that name stands before it, to which it is added.
func (c *Computed) Again() bool { return c.again }

// Compute appends all headers with their values to dst, and changes nothing yet. An error is of [RequestError]'s kind.
func (h Headers) Compute(dst []Computed, s *expression.Scope) ([]Computed, error) {
	for i := range h {
		c := Computed{header: &h[i]}
		if constant, ok := c.value.Constant(); ok {
			c.Value = constant
			dst = append(dst, c)
			continue
		}
		var err error
		if c.Value, c.Left, err = c.compute(s); err != nil {
			return dst, err
		}
		dst = append(dst, c)
	}
	return dst, nil
}

// buffers are bytes that the values of headers are made in.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// release gives back what buffers gave, unless it has grown so much that keeping it would be a waste.
func release(buffer *[]byte) {
	const most = 1 << 16
	if cap(*buffer) <= most {
		buffers.Put(buffer)
	}
}

func (h *header) compute(s *expression.Scope) (value string, left bool, err error) {
	buffer := buffers.Get().(*[]byte)
	defer release(buffer)
	var present bool
	*buffer, present, err = h.value.AppendOptional((*buffer)[:0], s)
	value = string(*buffer)
	if err == nil && h.name == authorityHeader && !httptext.IsAuthority(value) {
		err = errors.New("the host of the call would not be a host")
	}
	return value, !present, err
}

// set sets the computed headers. One that is left out replaces what there was all the same.
func set(headers plugins.Headers, list []Computed) {
	for _, c := range list {
		switch {
		case c.Left && !c.again:
			headers.Remove(c.name)
		case c.Left:
		case c.again:
			headers.Add(c.name, c.Value)
		default:
			headers.Set(c.name, c.Value)
		}
	}
}
