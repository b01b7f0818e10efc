package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/funcroute/funcroute/jsontext"
)

// unique is `uniqueItems` under another name. The library compares all elements that have the same hash, and a client can
// easily have that be all of them: to its hash [[[]]] and [[],[]] are the same.
type unique struct{}

// uniqueKeyword is what uniqueItems becomes, see forRequests.
const (
	uniqueItems   = "uniqueItems"
	uniqueKeyword = "x-funcroute-uniqueItems"
)

// uniqueVocabulary has the library know the keyword.
func uniqueVocabulary() *jsonschema.Vocabulary {
	return &jsonschema.Vocabulary{
		URL: "urn:funcroute:unique",
		Compile: func(_ *jsonschema.CompilerContext, schema map[string]any) (jsonschema.SchemaExt, error) {
			var extension jsonschema.SchemaExt // None for a schema without the keyword.
			if schema[uniqueKeyword] == true {
				extension = unique{}
			}
			return extension, nil
		},
	}
}

// Validate implements the same method as documented on jsonschema.SchemaExt.
func (unique) Validate(context *jsonschema.ValidatorContext, value any) {
	list, is := value.([]any)
	if !is {
		return
	}
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
		number, _ := new(big.Rat).SetString(string(value)) // It can be read, see isHoldable.
		return append(out, number.RatString()...)
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
