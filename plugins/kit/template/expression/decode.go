package expression

import (
	"reflect"

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
	jsontext.Cursor
	orders *orders
}

func decode(document []byte, orders *orders) (any, error) {
	d := &decoder{jsontext.NewCursor(document), orders}
	return d.value()
}

func (d *decoder) value() (any, error) {
	switch d.First() {
	case '{':
		return d.object()
	case '[':
		return d.array()
	case '"':
		return string(jsontext.Unquote(d.Value())), nil
	case 'n':
		d.Value()
		return nil, nil
	case 't', 'f':
		return string(d.Value()) == "true", nil
	}
	return number(string(d.Value()))
}

func (d *decoder) array() (any, error) {
	elements := []any{}
	err := d.Elements(func() error {
		element, err := d.value()
		elements = append(elements, element)
		return err
	})
	return elements, err
}

func (d *decoder) object() (any, error) {
	object, names := map[string]any{}, []string(nil)
	err := d.Members(func(name []byte) error {
		value, err := d.value()
		if err != nil {
			return err
		}
		key := string(name)
		if _, again := object[key]; !again {
			names = append(names, key)
		}
		object[key] = value // Of members with the same name the last counts.
		return nil
	})
	d.orders.note(object, names)
	return object, err
}
