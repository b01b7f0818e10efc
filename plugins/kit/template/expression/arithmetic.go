package expression

import (
	"math"
	"math/bits"
	"reflect"

	"github.com/expr-lang/expr/vm/runtime"
)

// arithmetic does what expr's operator does, but for numbers: whole numbers that become too large are an error, and so are
// numbers that a float64 could round to another whole number. What expr does by itself it does still: adding texts, times.
func arithmetic(operator string, a, b any) (any, error) {
	x, whole, err := operand(a)
	y, alsoWhole, err2 := operand(b)
	if err != nil || err2 != nil {
		return nil, errInexact
	}
	if x == nil || y == nil {
		return byExpr(operator, a, b), nil
	}
	if whole && alsoWhole {
		switch operator {
		case "+", "-", "*":
			return wholeNumbers(operator, x.(int), y.(int))
		case "%":
			return runtime.Modulo(x, y), nil
		}
	}
	if operator == "%" {
		return byExpr(operator, x, y), nil // Which says that there is none for fractions.
	}
	left, err := toFloat(x)
	if err != nil {
		return nil, err
	}
	right, err := toFloat(y)
	if err != nil {
		return nil, err
	}
	return exact(floats(operator, left, right))
}

// operand is a number as an int or a float64, nil if it is none.
func operand(of any) (number any, whole bool, err error) {
	switch of := of.(type) {
	case int:
		return of, true, nil
	case float64:
		return of, false, nil
	case digits:
		f, err := of.float()
		return f, false, err
	}
	v := reflect.ValueOf(of)
	switch {
	case !v.IsValid() || v.Type().PkgPath() != "": // A duration is no number.
		return nil, false, nil
	case v.CanInt():
		return int(v.Int()), true, nil
	case v.CanUint() && v.Uint() <= math.MaxInt64:
		return int(v.Uint()), true, nil //nolint:gosec // It fits.
	}
	return nil, false, nil
}

func byExpr(operator string, a, b any) any {
	switch operator {
	case "+":
		return runtime.Add(a, b)
	case "-":
		return runtime.Subtract(a, b)
	case "*":
		return runtime.Multiply(a, b)
	case "/":
		return runtime.Divide(a, b)
	case "%":
		return runtime.Modulo(a, b)
	default:
		return runtime.Exponent(a, b)
	}
}

func wholeNumbers(operator string, a, b int) (any, error) {
	switch operator {
	case "+":
		sum := a + b
		if (sum > a) != (b > 0) && b != 0 {
			return nil, errOverflow
		}
		return sum, nil
	case "-":
		difference := a - b
		if (difference < a) != (b > 0) && b != 0 {
			return nil, errOverflow
		}
		return difference, nil
	}
	high, low := bits.Mul64(magnitude(a), magnitude(b))
	negative := (a < 0) != (b < 0)
	if high != 0 || low > math.MaxInt64 && (!negative || low > 1<<63) {
		return nil, errOverflow
	}
	return a * b, nil
}

func magnitude(a int) uint64 {
	if a < 0 {
		return -uint64(a) //nolint:gosec // Two's complement, also of the least.
	}
	return uint64(a)
}

func floats(operator string, a, b float64) float64 {
	switch operator {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	default:
		return math.Pow(a, b)
	}
}

// toFloat is an int or a float64 as a float64.
func toFloat(of any) (float64, error) {
	if whole, ok := of.(int); ok {
		if whole > maxExact || whole < -maxExact {
			return 0, errInexact
		}
		return float64(whole), nil
	}
	return of.(float64), nil
}

// exact returns a number that was computed, if it cannot have been rounded to a whole number.
func exact(f float64) (any, error) {
	if math.Abs(f) >= maxExact && !math.IsInf(f, 0) {
		return nil, errInexact
	}
	return f, nil
}

func negate(of any) (any, error) {
	x, _, err := operand(of)
	switch x := x.(type) {
	case int:
		if x == math.MinInt {
			return nil, errOverflow
		}
		return -x, nil
	case float64:
		return -x, err
	}
	if err != nil {
		return nil, err
	}
	return runtime.Negate(of), nil
}

// ordered is one of < <= > >=.
func ordered(operator string, a, b any) (any, error) {
	_, one := a.(digits)
	_, other := b.(digits)
	if one || other {
		order, err := compare(a, b)
		if err != nil {
			return nil, err
		}
		a, b = order, 0
	}
	switch operator {
	case "<":
		return runtime.Less(a, b), nil
	case "<=":
		return runtime.LessOrEqual(a, b), nil
	case ">":
		return runtime.More(a, b), nil
	default:
		return runtime.MoreOrEqual(a, b), nil
	}
}
