package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// jsonSchemas compiles the schemas of a document of version 3.1, which are JSON Schemas of 2020-12. kin-openapi would
// compile them anew for each value.
type jsonSchemas struct {
	compiler *jsonschema.Compiler
	count    int
	// works are what may still be spent on the lists and objects that are being checked, by where they are in memory: the library
	// has no other way to tell a check of ours what it belongs to. Nobody else knows them meanwhile.
	works sync.Map
}

// documentURL is what the document is called among schemas. Nothing is ever loaded from it.
const documentURL = "urn:funcroute:document"

// newJSONSchemas prepares the compiler. All references of the document must lead into itself.
func newJSONSchemas(t *openapi3.T) (*jsonSchemas, error) {
	if err := t.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		names := map[string]bool{}
		readOnlyOf(ref.Value, names, map[*openapi3.Schema]bool{})
		spare(ref, names)
		return nil
	}); err != nil {
		return nil, err
	}
	tree, err := treeOf(t)
	if err != nil {
		return nil, err
	}
	s := &jsonSchemas{}
	countComponents(tree)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	registerFormats(compiler, s.look)
	compiler.RegisterVocabulary(uniqueVocabulary(s.spend))
	compiler.AssertVocabs()
	compiler.UseLoader(nothing{})
	compiler.UseRegexpEngine(func(pattern string) (jsonschema.Regexp, error) {
		compiled, err := regexp.Compile(codePoint.ReplaceAllString(pattern, `\x{$1}`))
		if err != nil {
			return unchecked{pattern}, nil //nolint:nilerr // See patterns.compile.
		}
		return compiled, nil
	})
	s.compiler = compiler
	return s, compiler.AddResource(documentURL, tree)
}

// nothing is a loader that loads nothing.
type nothing struct{}

var _ jsonschema.URLLoader = nothing{}

func (nothing) Load(url string) (any, error) {
	return nil, fmt.Errorf("it refers to %s, which is not in it", url)
}

// check compiles a schema.
func (s *jsonSchemas) check(schema *openapi3.Schema) (check, error) {
	tree, err := treeOf(schema)
	if err != nil {
		return nil, err
	}
	walk(tree, intoDocument)
	url := "urn:funcroute:schema:" + strconv.Itoa(s.count)
	s.count++
	if err := s.compiler.AddResource(url, tree); err != nil {
		return nil, err
	}
	compiled, err := s.compiler.Compile(url)
	if err != nil {
		return nil, err
	}
	return func(value any) error {
		if err := holdable(value); err != nil {
			return err
		}
		err := s.validate(compiled, value)
		var invalid *jsonschema.ValidationError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &invalid):
			return explain(invalid)
		case errors.Is(err, errBranching):
			return err
		}
		return errUnexplained
	}, nil
}

// unholdable finds a number that is out of the range of a float64, or far longer than one.
func unholdable(value any, at []string) (where []string, found bool) {
	switch value := value.(type) {
	case json.Number:
		return at, !isHoldable(string(value))
	case []any:
		for i, element := range value {
			if where, found = unholdable(element, append(at, strconv.Itoa(i))); found {
				return where, true
			}
		}
	case map[string]any:
		for name, member := range value {
			if where, found = unholdable(member, append(at, name)); found {
				return where, true
			}
		}
	}
	return nil, false
}

// treeOf returns what JSON says of a part of the document.
func treeOf(part any) (any, error) {
	raw, err := json.Marshal(part)
	if err != nil {
		return nil, err
	}
	tree, err := decodeJSON(raw)
	walk(tree, forRequests)
	return tree, err
}

// walk calls f for all objects of a tree.
func walk(tree any, f func(map[string]any)) {
	switch tree := tree.(type) {
	case map[string]any:
		f(tree)
		for _, member := range tree {
			walk(member, f)
		}
	case []any:
		for _, element := range tree {
			walk(element, f)
		}
	}
}

// forRequests has numbers and lists compared as we do.
func forRequests(schema map[string]any) {
	loosen(schema)
	if schema[uniqueItems] == true {
		delete(schema, uniqueItems)
		schema[uniqueKeyword] = true
	}
}

// spare makes members optional that only answers have, in a schema and in the parts that are its own. That a part stands elsewhere
// in the document, where they may be required, is no reason to require them here, but it is not known here who refers to it.
// https://spec.openapis.org/oas/v3.1.1.html#fixed-fields-for-schema-object
func spare(ref *openapi3.SchemaRef, names map[string]bool) {
	if len(names) == 0 || ref.Value == nil {
		return
	}
	ref.Value.Required = slices.DeleteFunc(ref.Value.Required, func(name string) bool { return names[name] })
	for _, part := range ref.Value.AllOf {
		if part.Ref == "" {
			spare(part, names)
		}
	}
}

// loosen makes limits that the reader of documents may have rounded a little wider, and leaves out values that it may have: the
// upstream knows which numbers these are.
func loosen(schema map[string]any) {
	for _, keyword := range []string{"enum", "const"} {
		if isRoundedJSON(schema[keyword]) {
			delete(schema, keyword)
		}
	}
	for keyword, outwards := range map[string]float64{
		"maximum": math.Inf(1), "exclusiveMaximum": math.Inf(1), "minimum": math.Inf(-1), "exclusiveMinimum": math.Inf(-1),
	} {
		if n := asNumber(schema[keyword]); isRoundedJSON(n) {
			rough, _ := n.Float64()
			schema[keyword] = json.Number(strconv.FormatFloat(math.Nextafter(rough, outwards), 'f', 0, 64))
		}
	}
}

// isRoundedJSON is isRounded for what has been written as JSON since.
func isRoundedJSON(part any) bool {
	switch part := part.(type) {
	case json.Number:
		rough, err := part.Float64()
		return err == nil && isRounded(rough)
	case []any:
		return slices.ContainsFunc(part, isRoundedJSON)
	}
	return false
}

// intoDocument makes references out of a schema lead into the document.
func intoDocument(schema map[string]any) {
	if ref, ok := schema["$ref"].(string); ok && strings.HasPrefix(ref, "#/components/") {
		schema["$ref"] = documentURL + ref
	}
}

var english = message.NewPrinter(language.English)

// explain finds the innermost reason, in the place where the most of the value was right.
func explain(e *jsonschema.ValidationError) error {
	for len(e.Causes) > 0 {
		deepest := e.Causes[0]
		for _, cause := range e.Causes[1:] {
			if len(cause.InstanceLocation) > len(deepest.InstanceLocation) {
				deepest = cause
			}
		}
		e = deepest
	}
	return &violation{pointer: pointer(e.InstanceLocation), reason: "is wrong: " + e.ErrorKind.LocalizedString(english)}
}
