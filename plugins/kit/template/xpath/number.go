package xpath

import (
	"math"
	"strconv"
	"strings"
)

// maxExact is the number from which on not every whole number is a float64 any more (2^53). Results that reach it could be
// rounded, so they are refused.
const maxExact = 1 << 53

// parseNumber reads what the function number() takes (XPath 1.0 section 4.4), NaN if a text is no such number. It reports
// false for a number whose digits a float64 would not keep.
func parseNumber(text string) (number float64, exact bool) {
	text = strings.Trim(text, " \t\r\n")
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || digits == "." || numberLength(digits) != len(digits) {
		return math.NaN(), true
	}
	// It is out of range if it has hundreds of digits; then its digits cannot be the same.
	number, _ = strconv.ParseFloat(text, 64)
	if math.Abs(number) < maxExact {
		return number, true
	}
	digits = strings.TrimLeft(digits, "0")
	if strings.Contains(digits, ".") {
		digits = strings.TrimRight(strings.TrimRight(digits, "0"), ".")
	}
	return number, digits == formatNumber(math.Abs(number))
}

// formatNumber writes a number as the function string() does (XPath 1.0 section 4.2): without an exponent.
func formatNumber(number float64) string {
	switch {
	case math.IsNaN(number):
		return "NaN"
	case math.IsInf(number, 1):
		return "Infinity"
	case math.IsInf(number, -1):
		return "-Infinity"
	case number == 0:
		return "0" // Also for the negative zero.
	}
	return strconv.FormatFloat(number, 'f', -1, 64)
}

// round is the whole number that is closest, the one closer to positive infinity of two.
func round(number float64) float64 {
	floor := math.Floor(number)
	if number-floor >= 0.5 {
		floor++
	}
	return math.Copysign(floor, number)
}
