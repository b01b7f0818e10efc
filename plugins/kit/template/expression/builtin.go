package expression

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/vm/runtime"

	"github.com/funcroute/funcroute/parameters"
)

// ours is a function that replaces one of expr's of the same name.
type ours struct {
	arguments int
	// scoped is whether it is also given the environment, as its first argument.
	scoped bool
	apply  func(...any) (any, error)
}

var builtins = map[string]ours{
	"int":         {1, false, func(of ...any) (any, error) { return toWhole(of[0]) }},
	"float":       {1, false, func(of ...any) (any, error) { return fraction(of[0]) }},
	"abs":         {1, false, absolute},
	"ceil":        {1, false, rounded("ceil")},
	"floor":       {1, false, rounded("floor")},
	"round":       {1, false, rounded("round")},
	"sum":         {1, false, func(of ...any) (any, error) { return sum(of[0]) }},
	"mean":        {1, false, averaged("mean")},
	"median":      {1, false, averaged("median")},
	"bitshl":      {2, false, shifted},
	"type":        {1, false, typeOf},
	"indexOf":     {2, false, found(strings.Index)},
	"lastIndexOf": {2, false, found(strings.LastIndex)},
	"string":      {1, true, func(of ...any) (any, error) { return scopeOf(of).orders.text(of[1]) }},
	"toJSON":      {1, true, toJSON},
	"fromJSON":    {1, true, fromJSON},
	"keys":        {1, true, keys},
	"values":      {1, true, values},
	"toPairs":     {1, true, toPairs},
	"fromPairs":   {1, true, fromPairs},
}

func scopeOf(arguments []any) *Scope { return arguments[0].(environment).scope }

// original calls expr's own function.
func original(name string, of any) (any, error) {
	f := builtin.Builtins[builtin.Index[name]]
	if f.Fast != nil {
		return f.Fast(of), nil
	}
	return f.Func(of)
}

// toWhole is int(…): a fraction is cut off.
func toWhole(of any) (any, error) {
	switch of := of.(type) {
	case int:
		return of, nil
	case string:
		whole, err := strconv.Atoi(of)
		if err != nil {
			return nil, errors.New("a text is no whole number")
		}
		return whole, nil
	case float64:
		if math.IsNaN(of) || math.Abs(of) >= maxExact {
			return nil, errInexact
		}
		return int(of), nil
	case digits:
		f, err := of.float()
		return int(f), err
	}
	return original("int", of)
}

// fraction is float(…).
func fraction(of any) (any, error) {
	switch of := of.(type) {
	case string:
		f, err := strconv.ParseFloat(of, 64)
		if err != nil || math.IsNaN(f) {
			return nil, fmt.Errorf("a text is no number")
		}
		return finite(f)
	case float64:
		return of, nil
	}
	x, _, err := operand(of)
	if err != nil || x == nil {
		return nil, errInexact
	}
	return toFloat(x)
}

// finite is exact, but takes no infinity.
func finite(f float64) (any, error) {
	if math.Abs(f) >= maxExact {
		return nil, errInexact
	}
	return f, nil
}

func absolute(of ...any) (any, error) {
	if whole, ok := of[0].(int); ok && whole < 0 {
		return negate(whole)
	}
	if d, ok := of[0].(digits); ok {
		return digits{strings.TrimPrefix(d.text, "-")}, nil
	}
	return original("abs", of[0])
}

// rounded is for functions that make a float64 of a number.
func rounded(name string) func(...any) (any, error) {
	return func(of ...any) (any, error) {
		x, _, err := operand(of[0])
		if err != nil {
			return nil, err
		}
		if whole, ok := x.(int); ok {
			return toFloat(whole)
		}
		return original(name, x)
	}
}

// sum adds the elements of a list.
func sum(of any) (any, error) {
	v := reflect.ValueOf(of)
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return nil, errors.New("only lists have a sum")
	}
	var total any = 0
	for i := range v.Len() {
		element := v.Index(i).Interface()
		if x, _, err := operand(element); err != nil || x == nil {
			return nil, errors.Join(err, errors.New("only numbers have a sum"))
		}
		var err error
		if total, err = arithmetic("+", total, element); err != nil {
			return nil, err
		}
	}
	return total, nil
}

// averaged is for functions that compute with float64s of a list.
func averaged(name string) func(...any) (any, error) {
	return func(of ...any) (any, error) {
		numbers, err := asFloats(nil, of[0], 0)
		if err != nil {
			return nil, err
		}
		return original(name, numbers)
	}
}

// asFloats appends the numbers in a list, and in the lists in it, as float64s.
func asFloats(to []float64, of any, depth int) ([]float64, error) {
	x, _, err := operand(of)
	if err != nil || depth > maxDepth {
		return to, errInexact
	}
	if x != nil {
		f, err := toFloat(x)
		return append(to, f), err
	}
	v := reflect.ValueOf(of)
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return to, errors.New("only numbers have a mean")
	}
	for i := range v.Len() {
		if to, err = asFloats(to, v.Index(i).Interface(), depth+1); err != nil {
			return to, err
		}
	}
	return to, nil
}

func shifted(of ...any) (any, error) {
	x, ok := of[0].(int)
	by, alsoInt := of[1].(int)
	if !ok || !alsoInt || by < 0 {
		return nil, errors.New("only whole numbers can be shifted, by a number of bits")
	}
	if by >= strconv.IntSize || x<<by>>by != x {
		return nil, errOverflow
	}
	return x << by, nil
}

func typeOf(of ...any) (any, error) {
	d, ok := of[0].(digits)
	switch {
	case !ok:
		return original("type", of[0])
	case strings.ContainsAny(d.text, ".e"):
		return "float", nil
	default:
		return "int", nil
	}
}

// found is where a text is in another, in characters.
func found(find func(text, part string) int) func(...any) (any, error) {
	return func(of ...any) (any, error) {
		text, ok := of[0].(string)
		part, alsoText := of[1].(string)
		if !ok || !alsoText {
			return nil, errors.New("only texts have a place in a text")
		}
		i := find(text, part)
		if i < 0 {
			return i, nil
		}
		return utf8.RuneCountInString(text[:i]), nil
	}
}

// sliced is a part of a text, in characters, or of a list. Numbers below 0 count from the end.
func sliced(of, from, to any) (any, error) {
	text, ok := of.(string)
	if !ok {
		v := reflect.ValueOf(of)
		if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
			return nil, errors.New("only texts and lists have parts")
		}
		if from == nil {
			from = 0
		}
		if to == nil {
			to = v.Len()
		}
		return runtime.Slice(of, from, to), nil
	}
	begin, end := 0, len(text)
	if from != nil {
		begin = place(text, runtime.ToInt(from))
	}
	if to != nil {
		end = place(text, runtime.ToInt(to))
	}
	return text[min(begin, end):end], nil
}

// place is where a character of a text begins, in bytes. It goes over no more characters than it has to.
func place(text string, characters int) int {
	at := 0
	for ; characters > 0 && at < len(text); characters-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	if characters >= 0 {
		return at
	}
	for at = len(text); characters < 0 && at > 0; characters++ {
		_, size := utf8.DecodeLastRuneInString(text[:at])
		at -= size
	}
	return at
}

// maxBound is how large the ends of a range may be.
const maxBound = 1 << 31

// checkedBound is an end of a range. expr would cut off a fraction, and make an empty list of one that is too long to count.
func checkedBound(of any) (any, error) {
	x, _, err := operand(of)
	if f, ok := x.(float64); ok && f == math.Trunc(f) && math.Abs(f) < maxBound {
		x = int(f)
	}
	whole, ok := x.(int)
	if err != nil || !ok || whole > maxBound || whole < -maxBound {
		return nil, errors.New("the ends of a range must be whole numbers, and not that large")
	}
	return whole, nil
}

func toJSON(of ...any) (any, error) {
	text, err := scopeOf(of).orders.appendNative(nil, of[1], 0)
	return string(text), err
}

// document finds the whole of a JSON document, and with it whether it is one.
var document = func() *parameters.Lookup {
	l := &parameters.Lookup{}
	l.Add()
	return l
}()

func fromJSON(of ...any) (any, error) {
	text, ok := of[1].(string)
	if !ok || text == "" {
		return nil, errors.New("only a text can be read as JSON")
	}
	found, err := document.Find([]byte(text), nil)
	if err != nil {
		return nil, err
	}
	return decode(found[0], &scopeOf(of).orders)
}
