package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/funcroute/funcroute/jsontext"
)

// unique is `uniqueItems` under another name. The library compares all elements that have the same hash, and a client can
// easily have that be all of them: to its hash [[[]]] and [[],[]] are the same.
type unique struct {
	// spend counts what it takes, where a list in a list in a list is looked at with each of them.
	spend func(value any, looks int)
}

var _ jsonschema.SchemaExt = unique{}

// uniqueKeyword is what uniqueItems becomes, see forRequests.
const (
	uniqueItems   = "uniqueItems"
	uniqueKeyword = "x-funcroute-uniqueItems"
)

// uniqueVocabulary has the library know the keyword.
func uniqueVocabulary(spend func(value any, looks int)) *jsonschema.Vocabulary {
	return &jsonschema.Vocabulary{
		URL: "urn:funcroute:unique",
		Compile: func(_ *jsonschema.CompilerContext, schema map[string]any) (jsonschema.SchemaExt, error) {
			var extension jsonschema.SchemaExt // None for a schema without the keyword.
			if schema[uniqueKeyword] == true {
				extension = unique{spend}
			}
			return extension, nil
		},
	}
}

func (u unique) Validate(context *jsonschema.ValidatorContext, value any) {
	list, is := value.([]any)
	if !is {
		return
	}
	u.spend(list, sizeOf(list))
	if first, second, found := duplicates(list); found {
		context.AddError(&kind.UniqueItems{Duplicates: [2]int{first, second}})
	}
}

// duplicates finds an element that is in a list twice. All numbers can be held.
func duplicates(list []any) (first, second int, found bool) {
	seen := make(map[string]int, len(list))
	var text []byte
	for i, element := range list {
		text = appendCanonical(text[:0], element)
		if first, found = seen[string(text)]; found {
			return first, i, true
		}
		seen[string(text)] = i
	}
	return 0, 0, false
}

// appendCanonical writes a value as JSON that is the same for equal values.
func appendCanonical(out []byte, value any) []byte {
	switch value := value.(type) {
	case string:
		return jsontext.AppendString(out, value)
	case json.Number:
		return appendDecimal(out, string(value))
	case []any:
		out = append(out, '[')
		for _, element := range value {
			out = append(appendCanonical(out, element), ',')
		}
		return append(out, ']')
	case map[string]any:
		out = append(out, '{')
		for _, name := range slices.Sorted(maps.Keys(value)) {
			out = append(jsontext.AppendString(out, name), ':')
			out = append(appendCanonical(out, value[name]), ',')
		}
		return append(out, '}')
	}
	return fmt.Append(out, value) // true, false, nil
}

// appendDecimal writes a number as its digits and the power of ten of the last one, which are the same for equal numbers. To write
// 1e308 out would take three hundred digits.
func appendDecimal(out []byte, number string) []byte {
	digits, exponent := number, 0
	if at := strings.IndexAny(number, "eE"); at >= 0 {
		digits = number[:at]
		exponent, _ = strconv.Atoi(number[at+1:]) // It can be read, see isHoldable.
	}
	digits, negative := strings.CutPrefix(digits, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	exponent -= len(fraction)
	digits = strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return append(out, '0')
	}
	significant := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(significant)
	if negative {
		out = append(out, '-')
	}
	return strconv.AppendInt(append(append(out, significant...), 'e'), int64(exponent), 10)
}
