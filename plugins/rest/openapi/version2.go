package openapi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// formData is where version 2.0 says that the fields of forms are.
const (
	formData      = "formData"
	multipartType = "multipart/form-data"
)

// textsOf returns the texts of a list that an operation has, or else the document.
func textsOf(root, operation node, name string) []string {
	list := operation.member(name)
	if len(list.elements()) == 0 {
		list = root.member(name)
	}
	var all []string
	for _, element := range list.elements() {
		if text, is := element.text(); is && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

// operation20 writes an operation of version 2.0, in which bodies and the fields of forms are parameters.
func (e *excerpt) operation20(o *offer, parameters []node) error {
	var body node
	var fields []node
	e.add(`"parameters":[`)
	for _, p := range parameters {
		in := p.textOf("in")
		if err := checkList(p); err != nil {
			return fmt.Errorf("parameter %q (%s): %w", p.textOf("name"), in, err)
		}
		switch in {
		case "body":
			if body.there() {
				return p.wrong("there is more than one parameter in: body")
			}
			body = p
		case formData:
			fields = append(fields, p)
		default:
			e.parameters = append(e.parameters, p)
			if err := e.parameter20(p); err != nil {
				return fmt.Errorf("parameter %q (%s): %w", p.textOf("name"), in, err)
			}
			e.add(`,`)
		}
	}
	e.end(`]`)
	types := textsOf(e.root.root(), o.node, "consumes")
	switch {
	case body.there() && len(fields) > 0:
		return body.wrong("there are parameters in: body and in: formData")
	case body.there():
		return e.body20(body, types)
	case len(fields) > 0:
		return e.form20(fields, types)
	}
	return nil
}

// checkList reports a list whose notation version 3 has no word for.
func checkList(p node) error {
	in, format := p.textOf("in"), p.textOf("collectionFormat")
	repeatable := in == "query" || in == formData
	if p.textOf("type") == "array" && (format == "tsv" || !repeatable && format != "" && format != "csv") {
		return p.wrong("its collectionFormat %s cannot be written", format)
	}
	return nil
}

// parameter20 writes a parameter, which is its own schema. Commas separate a list if nothing is said.
func (e *excerpt) parameter20(p node) error {
	in := p.textOf("in")
	e.add(`{"name":`)
	e.string(p.textOf("name"))
	e.add(`,"in":`)
	e.string(in)
	e.add(`,"required":` + strconv.FormatBool(in == "path" || p.member("required").isTrue()))
	if in == "query" && p.textOf("type") == "array" {
		style, explode := separated(p)
		e.add(`,"style":"` + style + `","explode":` + strconv.FormatBool(explode))
	}
	e.add(`,"schema":`)
	if err := e.schema(p); err != nil {
		return err
	}
	e.add(`}`)
	return nil
}

// separated returns the style of a list.
func separated(p node) (style string, explode bool) {
	switch p.textOf("collectionFormat") {
	case "ssv":
		return "spaceDelimited", false
	case "pipes":
		return "pipeDelimited", false
	case "multi":
		return "form", true
	}
	return "form", false
}

func (e *excerpt) body20(body node, types []string) error {
	if len(types) == 0 {
		types = []string{"*/*"}
	}
	e.body = body
	e.add(`,"requestBody":{"required":` + strconv.FormatBool(body.member("required").isTrue()) + `,"content":{`)
	for _, mediaType := range types {
		e.name(mediaType)
		e.add(`{"schema":`)
		if err := e.schemaOrAny(body.member("schema")); err != nil {
			return fmt.Errorf("its body: %w", err)
		}
		e.add(`},`)
	}
	e.end(`}}`)
	return nil
}

// form20 writes a form. Which of the two kinds it is the operation says; if it does not, files need the one with parts.
func (e *excerpt) form20(fields []node, types []string) error {
	types = slices.DeleteFunc(types, func(t string) bool { return !strings.HasPrefix(t, formType) && !strings.HasPrefix(t, multipartType) })
	if len(types) == 0 {
		types = []string{formType}
		if slices.ContainsFunc(fields, func(p node) bool { return p.textOf("type") == "file" }) {
			types[0] = multipartType
		}
	}
	e.body = fields[0]
	e.add(`,"requestBody":{"content":{`)
	for _, mediaType := range types {
		e.name(mediaType)
		e.add(`{"schema":{"type":"object","properties":{`)
		for _, p := range fields {
			e.name(p.textOf("name"))
			if err := e.schema(p); err != nil {
				return fmt.Errorf("parameter %q (%s): %w", p.textOf("name"), formData, err)
			}
			e.add(`,`)
		}
		e.end(`},"required":[`)
		for _, p := range fields {
			if p.member("required").isTrue() {
				e.string(p.textOf("name"))
				e.add(`,`)
			}
		}
		e.end(`]},"encoding":{`)
		for _, p := range fields {
			if style, explode := separated(p); strings.HasPrefix(mediaType, formType) && p.textOf("type") == "array" && !explode {
				e.name(p.textOf("name"))
				e.add(`{"style":"` + style + `","explode":false},`)
			}
		}
		e.end(`}},`)
	}
	e.end(`}}`)
	return nil
}
