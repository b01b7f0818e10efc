package expression

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// digits is a number of JSON that neither an int nor a float64 keeps digit by digit. It goes on as it is, in one way of writing
// for each number, so that equal numbers are equal texts: plainly where that takes plainDigits or less, else with an exponent.
type digits struct{ text string }

const (
	plainDigits = 100
	// maxExact is the number from which on a float64 can be rounded to a whole number (2^53).
	maxExact = 1 << 53
)

var (
	errInexact  = errors.New("a number is too large to be computed with digit by digit")
	errOverflow = errors.New("a number is too large")
)

// number is the number that a JSON number stands for: an int if it is whole and fits, a float64 if that keeps its digits, else
// digits.
func number(text string) (any, error) {
	if whole, err := strconv.ParseInt(text, 10, 64); err == nil {
		return int(whole), nil
	}
	d, err := newDecimal(text)
	if err != nil {
		return nil, err
	}
	if d.exponent >= 0 {
		if len(d.digits)+d.exponent <= len("9223372036854775807") {
			if whole, err := strconv.ParseInt(d.plain(), 10, 64); err == nil {
				return int(whole), nil
			}
		}
		return digits{d.String()}, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err == nil && math.Abs(f) < maxExact {
		if kept, err := newDecimal(strconv.FormatFloat(f, 'e', -1, 64)); err == nil && kept == d {
			return f, nil
		}
	}
	return digits{d.String()}, nil
}

// decimal is a number as its digits, without zeros at either end, times a power of ten.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// newDecimal reads a number of JSON.
func newDecimal(text string) (decimal, error) {
	var d decimal
	text, d.negative = strings.CutPrefix(text, "-")
	mantissa, exponent := text, ""
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, exponent = text[:i], text[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	all := strings.TrimLeft(whole+fraction, "0")
	d.digits = strings.TrimRight(all, "0")
	if d.digits == "" {
		return decimal{digits: "0"}, nil
	}
	if exponent != "" {
		const most = 1_000_000_000
		var err error
		if d.exponent, err = strconv.Atoi(exponent); err != nil || d.exponent < -most || d.exponent > most {
			return d, errOverflow
		}
	}
	d.exponent += len(all) - len(d.digits) - len(fraction)
	return d, nil
}

// plain is the number without an exponent. It must be whole.
func (d decimal) plain() string { return d.sign() + d.digits + strings.Repeat("0", d.exponent) }

func (d decimal) sign() string {
	if d.negative {
		return "-"
	}
	return ""
}

// String is the one way in which the number is written.
func (d decimal) String() string {
	places := len(d.digits) + d.exponent // Those before the point.
	switch {
	case d.exponent >= 0 && places <= plainDigits:
		return d.plain()
	case d.exponent < 0 && places > 0 && len(d.digits) <= plainDigits:
		return d.sign() + d.digits[:places] + "." + d.digits[places:]
	case d.exponent < 0 && places <= 0 && -d.exponent <= plainDigits:
		return d.sign() + "0." + strings.Repeat("0", -places) + d.digits
	}
	text := d.sign() + d.digits[:1]
	if len(d.digits) > 1 {
		text += "." + d.digits[1:]
	}
	return text + "e" + strconv.Itoa(places-1)
}

// float is the number as a float64, for computing: its fraction may be rounded, as those of all float64s are, but it must not be
// so large that a whole number would be.
func (d digits) float() (float64, error) {
	f, err := strconv.ParseFloat(d.text, 64)
	if err != nil || math.Abs(f) >= maxExact || f == 0 {
		return 0, errInexact
	}
	return f, nil
}

// compare compares two numbers of which one is digits.
func compare(a, b any) (int, error) {
	left, err := rational(a)
	if err != nil {
		return 0, err
	}
	right, err := rational(b)
	if err != nil {
		return 0, err
	}
	return left.Cmp(right), nil
}

// rational is a number as it is. Those whose digits would fill much memory are refused.
func rational(of any) (*big.Rat, error) {
	switch of := of.(type) {
	case int:
		return new(big.Rat).SetInt64(int64(of)), nil
	case float64:
		if math.IsNaN(of) || math.IsInf(of, 0) {
			return nil, errInexact
		}
		of64, _ := new(big.Rat).SetString(strconv.FormatFloat(of, 'e', -1, 64))
		return of64, nil
	case digits:
		const most = 1000
		d, err := newDecimal(of.text)
		if err != nil || len(d.digits) > most || d.exponent > most || d.exponent < -most {
			return nil, errInexact
		}
		r, _ := new(big.Rat).SetString(of.text)
		return r, nil
	}
	return nil, errors.New("a number is compared with what is none")
}
