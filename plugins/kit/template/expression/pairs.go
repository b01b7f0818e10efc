package expression

import (
	"errors"
	"reflect"
)

var errNotObject = errors.New("only objects have members")

// members are an object's names in their order, and the object.
func members(of []any) ([]string, map[string]any, error) {
	o := &scopeOf(of).orders
	if object, ok := of[1].(map[string]any); ok {
		return o.names(object), object, nil
	}
	v := reflect.ValueOf(of[1])
	if v.Kind() != reflect.Map {
		return nil, nil, errNotObject
	}
	object, err := o.named(v)
	if err != nil {
		return nil, nil, err
	}
	return o.names(object), object, nil
}

// listed makes a list of an object's members.
func listed(of []any, element func(name string, value any) any) (any, error) {
	names, object, err := members(of)
	if err != nil {
		return nil, err
	}
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = element(name, object[name])
	}
	return list, nil
}

func keys(of ...any) (any, error) { return listed(of, func(name string, _ any) any { return name }) }

func values(of ...any) (any, error) {
	return listed(of, func(_ string, value any) any { return value })
}

func toPairs(of ...any) (any, error) {
	return listed(of, func(name string, value any) any { return []any{name, value} })
}

// fromPairs makes an object whose members are in the order of the pairs.
func fromPairs(of ...any) (any, error) {
	v := reflect.ValueOf(of[1])
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return nil, errors.New("an object is made of a list of pairs")
	}
	orders := &scopeOf(of).orders
	object, names := make(map[string]any, v.Len()), make([]string, 0, v.Len())
	for i := range v.Len() {
		pair := reflect.ValueOf(v.Index(i).Interface())
		if pair.Kind() != reflect.Slice && pair.Kind() != reflect.Array || pair.Len() != 2 {
			return nil, errors.New("a pair is a list of a name and a value")
		}
		name, err := orders.text(pair.Index(0).Interface())
		if err != nil {
			return nil, err
		}
		if _, again := object[name]; !again {
			names = append(names, name)
		}
		object[name] = pair.Index(1).Interface()
	}
	orders.note(object, names)
	return object, nil
}
