package openapi

import (
	"errors"
	"regexp"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// errUnexplained is what a client is told where the reason cannot be told.
var errUnexplained = errors.New("is not what the API allows")

// check makes the check of a schema.
func (c *compiler) check(ref *openapi3.SchemaRef) (check, error) {
	if c.jsonSchemas != nil {
		return c.jsonSchemas.check(ref.Value)
	}
	compiled := c.rules(ref)
	return func(value any) error {
		if err := holdable(value); err != nil {
			return err
		}
		return checkWith(compiled, value)
	}, nil
}

// patterns are those of one document, each compiled once.
type patterns struct{ compiled sync.Map }

// compile compiles a pattern of a schema, which is ECMAScript's. One that uses what Go's expressions lack (RE2 looks
// neither ahead nor back) is not checked here; the upstream does that.
func (p *patterns) compile(pattern string) openapi3.RegexMatcher {
	if known, ok := p.compiled.Load(pattern); ok {
		return known.(openapi3.RegexMatcher)
	}
	var matcher openapi3.RegexMatcher = unchecked{pattern}
	if compiled, err := regexp.Compile(codePoint.ReplaceAllString(pattern, `\x{$1}`)); err == nil {
		matcher = compiled
	}
	p.compiled.Store(pattern, matcher)
	return matcher
}

var codePoint = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)

type unchecked struct{ pattern string }

var _ openapi3.RegexMatcher = unchecked{}

func (u unchecked) String() string { return u.pattern }

func (unchecked) MatchString(string) bool { return true }

// violation is what is wrong with a value, and where in it. The reason is what a sentence says of that: "must be an integer".
type violation struct {
	pointer string
	reason  string
}

func (v *violation) Error() string {
	if v.pointer == "" {
		return v.reason
	}
	return "at " + v.pointer + " " + v.reason
}

// reasons are why a value is none of several alternatives.
type reasons struct{ deepest *violation }

func (r *reasons) add(err error) {
	if wrong, is := err.(*violation); is && (r.deepest == nil || len(wrong.pointer) > len(r.deepest.pointer)) { //nolint:errorlint // It is never wrapped.
		r.deepest = wrong
	}
}

// best is the reason from where the most of the value was right, or else that it is none of them.
func (r *reasons) best(none error) error {
	if all, is := none.(*violation); is && r.deepest != nil && len(r.deepest.pointer) > len(all.pointer) { //nolint:errorlint // It is never wrapped.
		return r.deepest
	}
	return none
}

// holdable reports what is wrong with a number that is out of the range of a float64, or far longer than one. To compare
// them takes all of their digits, of which 1e999999 has a million.
func holdable(value any) error {
	if at, found := unholdable(value, nil); found {
		return &violation{pointer: pointer(at), reason: "must be a number that programs can hold"}
	}
	return nil
}

// pointer makes a JSON Pointer of names.
func pointer(names []string) string {
	var out strings.Builder
	for _, name := range names {
		out.WriteByte('/')
		out.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
	}
	return out.String()
}
