package openapi

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Numbers are kept as they are written, digit by digit: a float64 knows only some of the integers beyond 2^53.

// isInteger reports whether a text is a JSON number without fraction and exponent.
func isInteger(s string) bool {
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
	}
	if s == "" || s[0] == '0' && len(s) > 1 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// isNumber reports whether a text is a JSON number that programs can hold.
func isNumber(s string) bool {
	if s == "" || s[0] != '-' && (s[0] < '0' || s[0] > '9') || strings.ContainsAny(s, " \t\r\n") || !json.Valid([]byte(s)) {
		return false
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// isHoldable reports whether a float64 can hold a JSON number. What is a little too near to zero for it counts as zero.
func isHoldable(number string) bool {
	const farthest, longest = 400, 1 << 10
	if _, err := strconv.ParseFloat(number, 64); err != nil || len(number) > longest {
		return false
	}
	at := strings.IndexAny(number, "eE")
	if at < 0 {
		return true
	}
	exponent, err := strconv.Atoi(number[at+1:])
	return err == nil && exponent >= -farthest && exponent <= farthest
}

// exact returns a number that can be held, nil for any other.
func exact(n json.Number) *big.Rat {
	if !isHoldable(string(n)) {
		return nil
	}
	value, _ := new(big.Rat).SetString(string(n))
	return value
}

// isWhole reports whether a number is an integer; JSON does not tell 1.0 from 1.
func isWhole(n json.Number) bool {
	if isInteger(string(n)) {
		return true
	}
	value := exact(n)
	return value != nil && value.IsInt()
}

// integer checks the range of an integer, which may be written as 3e9 or 3.0.
func (s *schema) integer(n json.Number) (any, error) {
	if s.bits == 0 || inRange(n, s.bits) {
		return n, nil
	}
	return nil, fmt.Errorf("must be an integer of %d bits", s.bits)
}

// inRange reports whether an integer can be held in so many bits, one of which is for the sign.
func inRange(n json.Number, bits int) bool {
	if isInteger(string(n)) {
		_, err := strconv.ParseInt(string(n), 10, bits)
		return err == nil
	}
	value := exact(n)
	return value != nil && value.IsInt() && inRange(json.Number(value.Num().String()), bits)
}

// asNumber returns a number of JSON as it is written, "" for any other value.
func asNumber(value any) json.Number {
	n, _ := value.(json.Number)
	return n
}

// exactIntegers is where the integers begin that a float64 cannot tell from their neighbours.
const exactIntegers = 1 << 53

// isRounded reports whether there is a number in a part of the document that may be another one there. Documents are read with
// float64.
func isRounded(part any) bool {
	switch part := part.(type) {
	case float64:
		return math.Abs(part) >= exactIntegers
	case []any:
		return slices.ContainsFunc(part, isRounded)
	case map[string]any:
		for _, member := range part {
			if isRounded(member) {
				return true
			}
		}
	}
	return false
}
