package expression

import (
	"reflect"
	"strings"

	"github.com/funcroute/funcroute/jsontext"
)

// orders are the objects that have been read, each with its names in the order of the document. Objects are Go maps in the
// virtual machine, which have none.
type orders struct {
	known map[uintptr]order
	// left is how much may still be written, in bytes.
	left int
}

// newOrders are those of a message. What is written of its values is bounded by its body, for an expression can put a value that
// is as large as half the body into each element of a list that is as long as the other half.
func newOrders(body []byte) orders {
	const least, times = 1 << 20, 16
	return orders{left: least + times*len(body)}
}

// order keeps the object, so that its address is not used again.
type order struct {
	object map[string]any
	names  []string
}

// note notes the order of an object's names.
func (o *orders) note(object map[string]any, names []string) {
	if o.known == nil {
		o.known = map[uintptr]order{}
	}
	o.known[reflect.ValueOf(object).Pointer()] = order{object, names}
}

// decoder reads JSON that is known to be valid, and not nested too deeply, into what the virtual machine computes with.
type decoder struct {
	text   []byte
	orders *orders
}

func decode(document []byte, orders *orders) (any, error) {
	d := &decoder{document, orders}
	return d.value()
}

// space skips what may stand between tokens.
func (d *decoder) space() {
	for len(d.text) > 0 && strings.IndexByte(jsontext.Space, d.text[0]) >= 0 {
		d.text = d.text[1:]
	}
}

func (d *decoder) value() (any, error) {
	d.space()
	switch d.text[0] {
	case '{':
		return d.object()
	case '[':
		return d.array()
	case '"':
		return d.quoted(), nil
	}
	end := 0
	for end < len(d.text) && strings.IndexByte(jsontext.Space+",]}", d.text[end]) < 0 {
		end++
	}
	word := string(d.text[:end])
	d.text = d.text[end:]
	switch word {
	case "null":
		return nil, nil
	case "true", "false":
		return word == "true", nil
	}
	return number(word)
}

func (d *decoder) quoted() string {
	end := jsontext.StringEnd(d.text)
	text := jsontext.Unquote(d.text[:end])
	d.text = d.text[end:]
	return string(text)
}

// more goes over what stands before an element: the bracket that opens the list, or a comma. It reports false at the end.
func (d *decoder) more(closing byte) bool {
	d.text = d.text[1:]
	d.space()
	if d.text[0] != closing {
		return true
	}
	d.text = d.text[1:]
	return false
}

// next reports whether a comma comes next, and otherwise goes over the closing bracket.
func (d *decoder) next() bool {
	d.space()
	if d.text[0] == ',' {
		return true
	}
	d.text = d.text[1:]
	return false
}

func (d *decoder) array() (any, error) {
	elements := []any{}
	for more := d.more(']'); more; more = d.next() && d.more(']') {
		element, err := d.value()
		if err != nil {
			return nil, err
		}
		elements = append(elements, element)
	}
	return elements, nil
}

func (d *decoder) object() (any, error) {
	object, names := map[string]any{}, []string(nil)
	for more := d.more('}'); more; more = d.next() && d.more('}') {
		name := d.quoted()
		d.space()
		d.text = d.text[1:] // The colon.
		value, err := d.value()
		if err != nil {
			return nil, err
		}
		if _, again := object[name]; !again {
			names = append(names, name)
		}
		object[name] = value // Of members with the same name the last counts.
	}
	d.orders.note(object, names)
	return object, nil
}
