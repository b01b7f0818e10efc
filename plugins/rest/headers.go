package rest

import (
	"errors"
	"fmt"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/template"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
)

// header is one header that a message sets.
type header struct {
	name  string
	value *template.Template
	// again is whether a header of that name stands before it, to which it is added.
	again bool
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

// compileHeaders compiles the headers of a message.
func compileHeaders(fields []field, environment *expression.Environment) ([]header, error) {
	var headers []header
	seen := map[string]bool{}
	for _, f := range fields {
		if why, refused := reserved[f.name]; refused {
			return nil, fmt.Errorf("header %q cannot be set: %s", f.name, why)
		}
		value, err := template.Compile(f.value, template.Header, fmt.Sprintf("the header %q", f.name), environment)
		if err != nil {
			return nil, fmt.Errorf("header %q: %w", f.name, err)
		}
		headers = append(headers, header{f.name, value, seen[f.name]})
		seen[f.name] = true
	}
	return headers, nil
}

// contentType returns the value of the content-type that a message sets, "" if it sets none.
func contentType(headers []header) (string, error) {
	for _, h := range headers {
		if h.name != contentTypeHeader {
			continue
		}
		value, constant := h.value.Constant()
		if !constant {
			return "", errors.New(`header "content-type" cannot hold expressions, as the body is escaped by it`)
		}
		return value, nil
	}
	return "", nil
}

const contentTypeHeader = "content-type"

// room is how many headers are computed without an allocation for the list.
const room = 8

// computed is a header with its value. A header that is nothing but an expression without a value is left out.
type computed struct {
	*header
	value string
	left  bool
}

// compute computes all headers, and changes nothing yet.
func compute(dst []computed, headers []header, s *expression.Scope) ([]computed, error) {
	for i := range headers {
		c := computed{header: &headers[i]}
		if constant, ok := c.header.value.Constant(); ok {
			c.value = constant
			dst = append(dst, c)
			continue
		}
		var err error
		if c.value, c.left, err = c.compute(s); err != nil {
			return dst, err
		}
		dst = append(dst, c)
	}
	return dst, nil
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
func set(headers plugins.Headers, list []computed) {
	for _, c := range list {
		switch {
		case c.left && !c.again:
			headers.Remove(c.name)
		case c.left:
		case c.again:
			headers.Add(c.name, c.value)
		default:
			headers.Set(c.name, c.value)
		}
	}
}
