package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins/kit/documents"
)

// excerpt is what one operation needs of a document, written as a small document of version 3: its parameters and its body with
// the schemas that these refer to. All references lead into it. What means nothing to a call (descriptions, examples, answers)
// is left out, so that it may be as wrong as it likes.
type excerpt struct {
	*document
	out []byte
	// names are those that the schemas have in the excerpt, pending are those that are still to be written.
	names   map[place]string
	taken   map[string]bool
	pending []node
	// parameters and body are where they stand, for messages.
	parameters []node
	body       node
}

// excerpted is an excerpt that has been read.
type excerpted struct {
	*excerpt
	t          *openapi3.T
	operation  *openapi3.Operation
	method     string
	base, path string
	accept     string
}

// excerptOf reads what an operation needs.
func (d *document) excerptOf(o *offer) (*excerpted, error) {
	e := &excerpt{document: d, names: map[place]string{}, taken: map[string]bool{elsewhere: true}}
	base, err := d.base(o)
	if err != nil {
		return nil, err
	}
	if err := e.write(o); err != nil {
		return nil, err
	}
	t := &openapi3.T{}
	if err := json.Unmarshal(e.out, t); err != nil {
		return nil, o.node.wrong("%w", documents.OneLine(err))
	}
	if err := openapi3.NewLoader().ResolveRefsIn(t, nil); err != nil {
		return nil, o.node.wrong("%w", documents.OneLine(err))
	}
	return &excerpted{excerpt: e, t: t, operation: t.Paths.Value("/").Post, method: o.method, base: base, path: o.path, accept: d.accepted(o.node)}, nil
}

func (e *excerpt) write(o *offer) error {
	version := "3.0.3"
	if e.version == version31 {
		version = "3.1.0"
	}
	e.add(`{"openapi":"` + version + `","paths":{"/":{"post":{"responses":{},`)
	parameters, err := e.parametersOf(o)
	if err != nil {
		return err
	}
	if e.version == version20 {
		err = e.operation20(o, parameters)
	} else {
		err = e.operation3(o, parameters)
	}
	if err != nil {
		return err
	}
	e.add(`}}},"components":{"schemas":{`)
	for i := 0; i < len(e.pending); i++ { // Each may add others.
		n := e.pending[i]
		e.name(e.names[n.place()])
		if err := e.schema(n); err != nil {
			return err
		}
		e.add(`,`)
		if len(e.out) > maxBytes {
			return n.wrong("what the operation needs of the document is larger than %d MB", maxBytes>>20)
		}
	}
	e.name(elsewhere)
	e.add(`{}}}}`)
	return nil
}

func (e *excerpt) add(text string) { e.out = append(e.out, text...) }

func (e *excerpt) string(text string) { e.out = jsontext.AppendString(e.out, text) }

func (e *excerpt) name(name string) {
	e.string(name)
	e.add(`:`)
}

// end takes back a comma at the end and closes what is open.
func (e *excerpt) end(brackets string) {
	e.out = append(bytes.TrimSuffix(e.out, []byte{','}), brackets...)
}

// parametersOf returns the parameters of an operation and those of its path that it does not describe itself.
func (e *excerpt) parametersOf(o *offer) ([]node, error) {
	type key struct{ in, name string }
	known := map[key]bool{}
	var all []node
	for _, list := range []node{o.node.member("parameters"), ofItem(o.item, "parameters")} {
		var of []key
		for _, element := range list.elements() {
			p, err := e.resolve(element, 0)
			if err != nil {
				return nil, err
			}
			if !p.isObject() {
				return nil, p.wrong("a parameter must be an object")
			}
			if k := (key{p.textOf("in"), p.textOf("name")}); !known[k] {
				all, of = append(all, p), append(of, k)
			}
		}
		for _, k := range of {
			known[k] = true
		}
	}
	return all, nil
}

func (e *excerpt) operation3(o *offer, parameters []node) error {
	e.add(`"parameters":[`)
	for _, p := range parameters {
		e.parameters = append(e.parameters, p)
		if err := e.parameter(p); err != nil {
			return fmt.Errorf("parameter %q (%s): %w", p.textOf("name"), p.textOf("in"), err)
		}
		e.add(`,`)
		if len(e.out) > maxBytes {
			return p.wrong("the operation is larger than %d MB", maxBytes>>20)
		}
	}
	e.end(`]`)
	body := o.node.member("requestBody")
	if !body.there() || jsontext.IsNull(body.raw) {
		return nil
	}
	body, err := e.resolve(body, 0)
	if err == nil && !body.isObject() {
		err = body.wrong("it must be an object")
	}
	if err != nil {
		return fmt.Errorf("its body: %w", err)
	}
	e.body = body
	e.add(`,"requestBody":{"required":` + strconv.FormatBool(body.member("required").isTrue()) + `,`)
	if err := e.content(body.member("content")); err != nil {
		return fmt.Errorf("its body: %w", err)
	}
	e.add(`}`)
	return nil
}

// parameter writes a parameter. Those in a path are always required.
func (e *excerpt) parameter(p node) error {
	in := p.textOf("in")
	required := in == openapi3.ParameterInPath || p.member("required").isTrue()
	e.add(`{"name":`)
	e.string(p.textOf("name"))
	e.add(`,"in":`)
	e.string(in)
	e.add(`,"required":` + strconv.FormatBool(required))
	if style := p.textOf("style"); style != "" {
		e.add(`,"style":`)
		e.string(style)
	}
	e.flags(p, "explode", "allowReserved", "allowEmptyValue")
	schema, content := p.member("schema"), p.member("content")
	if schema.there() || !content.there() {
		e.add(`,"schema":`)
		if err := e.schemaOrAny(schema); err != nil {
			return err
		}
	}
	if content.there() {
		e.add(`,`)
		if err := e.content(content); err != nil {
			return err
		}
	}
	e.add(`}`)
	return nil
}

// flags writes members that are true or false, each after a comma.
func (e *excerpt) flags(n node, names ...string) {
	for _, name := range names {
		if flag := n.member(name); flag.isBool() {
			e.add(`,"` + name + `":` + string(flag.raw))
		}
	}
}

func (e *excerpt) schemaOrAny(n node) error {
	if !n.there() {
		e.add(`{}`)
		return nil
	}
	return e.schema(n)
}

// content writes what a body or a parameter can be, by media type.
func (e *excerpt) content(content node) error {
	var err error
	e.add(`"content":{`)
	content.members(func(mediaType string, n node) {
		if err != nil {
			return
		}
		if n, err = e.resolve(n, 0); err != nil {
			return
		}
		e.name(mediaType)
		e.add(`{`)
		if schema := n.member("schema"); schema.there() {
			e.add(`"schema":`)
			err = e.schema(schema)
			e.add(`,`)
		}
		e.encodings(n.member("encoding"))
		e.add(`},`)
	})
	e.end(`}`)
	return err
}

// encodings writes how the fields of a form are written.
func (e *excerpt) encodings(encoding node) {
	e.add(`"encoding":{`)
	encoding.members(func(field string, n node) {
		e.name(field)
		e.add(`{"contentType":`)
		e.string(n.textOf("contentType"))
		if style := n.textOf("style"); style != "" {
			e.add(`,"style":`)
			e.string(style)
		}
		e.flags(n, "explode", "allowReserved")
		e.add(`},`)
	})
	e.end(`}`)
}

// refer writes a reference to a schema, which is then written, too.
func (e *excerpt) refer(ref node) error {
	target, err := e.target(ref, 0)
	if err == nil && target.member("$ref").isString() {
		_, err = e.resolve(target, 0) // Which does not lead to itself.
	}
	if err != nil {
		return err
	}
	text, _ := ref.text()
	e.add(`{"$ref":`)
	e.string(schemasPointer + e.named(target, text))
	e.add(`}`)
	return nil
}

const schemasPointer = "#/components/schemas/"

// named returns the name of a schema in the excerpt. It is the one it has in the document where that is possible, for
// discriminators say it.
func (e *excerpt) named(target node, ref string) string {
	if known := e.names[target.place()]; known != "" {
		return known
	}
	name := path.Base(ref)
	if !strings.Contains(ref, "#") {
		name = strings.TrimSuffix(name, path.Ext(name))
	}
	name = strings.Map(func(c rune) rune {
		if c < 0x80 && httptext.Unreserved.Has(byte(c)) && c != '~' { //nolint:gosec // It is ASCII.
			return c
		}
		return '_'
	}, name)
	unique := name
	for i := 2; e.taken[unique]; i++ {
		unique = name + "-" + strconv.Itoa(i)
	}
	e.taken[unique], e.names[target.place()] = true, unique
	e.pending = append(e.pending, target)
	return unique
}

// accepted lists the media types of an operation's good answers, JSON first.
func (d *document) accepted(operation node) string {
	var types []string
	produced := textsOf(d.root.root(), operation, "produces")
	if len(produced) == 0 {
		produced = []string{"application/json"}
	}
	operation.member("responses").members(func(status string, response node) {
		if status != "default" && !strings.HasPrefix(status, "2") {
			return
		}
		response, err := d.resolve(response, 0)
		if err != nil {
			return
		}
		if d.version == version20 && response.member("schema").there() {
			types = append(types, produced...)
		}
		if d.version == version20 {
			response.member("examples").members(func(mediaType string, _ node) { types = append(types, mediaType) })
		}
		response.member("content").members(func(mediaType string, _ node) { types = append(types, mediaType) })
	})
	slices.SortFunc(types, preferred)
	return strings.Join(slices.CompactFunc(types, sameMediaType), ", ")
}
