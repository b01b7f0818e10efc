package xmltext

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxDepth is how deeply elements may be nested, as in JSON. It bounds the stack that a document can make us use.
const maxDepth = 1000

// Name is the name of an element or an attribute.
type Name struct {
	// Prefix and Local are what is written, URI is the namespace's, "" if it is in none.
	Prefix, Local, URI string
}

// String is the name as it is written.
func (n *Name) String() string {
	if n.Prefix == "" {
		return n.Local
	}
	return n.Prefix + ":" + n.Local
}

// Attribute is an attribute, but for those that declare namespaces.
type Attribute struct {
	Name  Name
	Value string
}

// Handler gets what is in a document, in its order. An error ends the reading.
type Handler interface {
	Start(element Name, attributes []Attribute) error
	End() error
	// Text gets all the text between two of the others at once, CDATA sections included. It is never empty.
	Text(text string) error
	Comment(text string) error
	Instruction(target, text string) error
}

// xmlURI is the namespace that the prefix xml always has.
const xmlURI = "http://www.w3.org/XML/1998/namespace"

// reader reads a document and checks what encoding/xml does not.
type reader struct {
	document []byte
	decoder  *xml.Decoder
	handler  Handler
	// text is what has been read since the last of the others.
	text []byte
	// open are the elements that have not ended.
	open []element
	// scopes has the namespaces of each prefix, the innermost last.
	scopes map[string][]scope
	roots  int
	// begun is whether something stands before, so that the XML declaration cannot follow.
	begun bool
}

// scope is where a prefix stands for a namespace: in an element of that depth.
type scope struct {
	uri   string
	depth int
}

// element is an element that has not ended.
type element struct {
	name xml.Name
	// declared are the prefixes that it declares.
	declared []string
}

// Read reads a document in UTF-8. It must be well-formed and keep to the rules for namespaces, with no document type: without
// that there are no entities but the five of XML itself, so nothing can explode or be fetched.
func Read(document []byte, handler Handler) error {
	r := &reader{document: document, decoder: newDecoder(document), handler: handler, scopes: map[string][]scope{"xml": {{xmlURI, -1}}}}
	for {
		before := r.decoder.InputOffset()
		token, err := r.decoder.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := r.token(token, before); err != nil {
			return err
		}
	}
	if len(r.open) > 0 {
		return fmt.Errorf("the element %s has no end", written(r.open[len(r.open)-1].name))
	}
	if r.roots != 1 {
		return errors.New("it must have one root element")
	}
	return nil
}

// newDecoder returns a decoder for what is in UTF-8, whatever its declaration says.
func newDecoder(document []byte) *xml.Decoder {
	d := xml.NewDecoder(bytes.NewReader(document))
	d.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	return d
}

func (r *reader) token(token xml.Token, before int64) error {
	if text, ok := token.(xml.CharData); ok {
		if len(r.open) == 0 && len(bytes.TrimSpace(text)) > 0 {
			return errors.New("there is text outside of the root element")
		}
		if len(r.open) > 0 {
			r.text = append(r.text, text...)
		}
		return nil
	}
	if err := r.flush(); err != nil {
		return err
	}
	begun := r.begun
	r.begun = true
	switch token := token.(type) {
	case xml.StartElement:
		return r.start(token, before)
	case xml.EndElement:
		return r.end(token)
	case xml.Comment:
		return r.handler.Comment(string(token))
	case xml.ProcInst:
		if !strings.EqualFold(token.Target, "xml") {
			return r.handler.Instruction(token.Target, string(token.Inst))
		}
		if begun || token.Target != "xml" {
			return errors.New("an XML declaration can only stand at the beginning")
		}
		return nil
	default:
		return errors.New("a document type is not allowed")
	}
}

// flush hands over the text so far.
func (r *reader) flush() error {
	if len(r.text) == 0 {
		return nil
	}
	text := string(r.text)
	r.text = r.text[:0]
	return r.handler.Text(text)
}

func (r *reader) start(token xml.StartElement, before int64) error {
	if len(r.open) == 0 {
		r.roots++
	}
	if len(r.open) >= maxDepth {
		return errors.New("it is nested too deeply")
	}
	written, err := r.attributes(token, before)
	if err != nil {
		return err
	}
	e := element{name: token.Name}
	for _, a := range written {
		if err := r.declare(&e, a); err != nil {
			return err
		}
	}
	r.open = append(r.open, e)
	name, err := r.resolve(token.Name, false)
	if err != nil {
		return err
	}
	if len(written) == 0 {
		return r.handler.Start(name, nil)
	}
	var attributes []Attribute
	seen := make(map[[2]string]bool, len(written))
	for _, a := range written {
		if isDeclaration(a.Name) {
			continue
		}
		name, err := r.resolve(a.Name, true)
		if err != nil {
			return err
		}
		if seen[[2]string{name.URI, name.Local}] {
			return fmt.Errorf("the attribute %s is there twice", name.Local)
		}
		seen[[2]string{name.URI, name.Local}] = true
		attributes = append(attributes, Attribute{name, a.Value})
	}
	return r.handler.Start(name, attributes)
}

// attributes are those of a tag. Line breaks and tabs in their values are spaces, unless they are written as references (XML 1.0
// section 3.3.3); encoding/xml does not tell the two apart. Elsewhere in a tag all space is alike, so a tag with other
// space than " " is read again without it.
func (r *reader) attributes(token xml.StartElement, before int64) ([]xml.Attr, error) {
	tag := r.document[before:r.decoder.InputOffset()]
	if len(token.Attr) == 0 || !bytes.ContainsAny(tag, "\t\r\n") {
		return token.Attr, nil
	}
	tag = bytes.ReplaceAll(tag, []byte("\r\n"), []byte(" "))
	for i, c := range tag {
		if c == '\t' || c == '\r' || c == '\n' {
			tag[i] = ' '
		}
	}
	again, err := newDecoder(tag).RawToken()
	if err != nil {
		return nil, err
	}
	return again.(xml.StartElement).Attr, nil
}

func isDeclaration(name xml.Name) bool {
	return name.Space == "xmlns" || name.Space == "" && name.Local == "xmlns"
}

// declare notes the namespace that an attribute declares, if it does (Namespaces in XML 1.0 sections 3 and 5).
func (r *reader) declare(e *element, a xml.Attr) error {
	if !isDeclaration(a.Name) {
		return nil
	}
	prefix := ""
	if a.Name.Space != "" {
		prefix = a.Name.Local
		if a.Value == "" || prefix == "xmlns" {
			return fmt.Errorf("the prefix %s is declared in a way that is not allowed", prefix)
		}
	}
	if (prefix == "xml") != (a.Value == xmlURI) || a.Value == "http://www.w3.org/2000/xmlns/" {
		return fmt.Errorf("the namespace %q cannot be declared so", a.Value)
	}
	// The innermost scope tells at once, however many prefixes an element declares.
	if scope := r.scopes[prefix]; len(scope) > 0 && scope[len(scope)-1].depth == len(r.open) {
		return fmt.Errorf("the prefix %q is declared twice", prefix)
	}
	e.declared = append(e.declared, prefix)
	r.scopes[prefix] = append(r.scopes[prefix], scope{a.Value, len(r.open)})
	return nil
}

// resolve finds the namespace of a name. Attributes without a prefix are in none.
func (r *reader) resolve(name xml.Name, attribute bool) (Name, error) {
	if strings.Contains(name.Local, ":") || name.Space == "xmlns" {
		return Name{}, fmt.Errorf("%s is not a name", written(name))
	}
	resolved := Name{Prefix: name.Space, Local: name.Local}
	if attribute && name.Space == "" {
		return resolved, nil
	}
	scope := r.scopes[name.Space]
	if len(scope) > 0 {
		resolved.URI = scope[len(scope)-1].uri
	} else if name.Space != "" {
		return Name{}, fmt.Errorf("the prefix %s is not declared", name.Space)
	}
	return resolved, nil
}

func (r *reader) end(token xml.EndElement) error {
	last := len(r.open) - 1
	if last < 0 || r.open[last].name != token.Name {
		return fmt.Errorf("the element %s ends where it has not begun", written(token.Name))
	}
	for _, prefix := range r.open[last].declared {
		scope := r.scopes[prefix]
		r.scopes[prefix] = scope[:len(scope)-1]
	}
	r.open = r.open[:last]
	return r.handler.End()
}

func written(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return name.Space + ":" + name.Local
}
