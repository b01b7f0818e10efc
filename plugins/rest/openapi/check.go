package openapi

import (
	"errors"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// errUnexplained is what a client is told where the reason cannot be told.
var errUnexplained = errors.New("is not what the API allows")

// check makes the check of a schema.
func (c *compiler) check(ref *openapi3.SchemaRef) (check, error) {
	if c.jsonSchemas != nil {
		return c.jsonSchemas.check(ref.Value)
	}
	options, schema := c.checkOptions, ref.Value
	return func(value any) error {
		if err := schema.VisitJSON(value, options...); err != nil {
			return readable(err)
		}
		return nil
	}, nil
}

func checkOptions() []openapi3.SchemaValidationOption {
	return []openapi3.SchemaValidationOption{
		openapi3.VisitAsRequest(),
		openapi3.DisableReadOnlyValidation(), // Such properties should not be sent; clients that send back what they got do.
		openapi3.EnableFormatValidation(),
		openapi3.WithStringFormatValidators(formats),
		openapi3.WithIntegerFormatValidators(map[string]openapi3.IntegerFormatValidator{
			"int32": openapi3.NewRangeFormatValidator[int64](-1<<31, 1<<31-1),
			"int64": openapi3.NewRangeFormatValidator[int64](-1<<63, 1<<63-1),
		}),
		openapi3.SetSchemaRegexCompiler(new(patterns).compile),
	}
}

// formats are those that are checked. OpenAPI leaves all others to who knows them.
var formats = map[string]openapi3.StringFormatValidator{
	"date":      layout(time.DateOnly, "a date like 2006-01-02"),
	"date-time": layout(time.RFC3339, "a time like 2006-01-02T15:04:05Z"),
	"uuid":      openapi3.NewRegexpFormatValidator(openapi3.FormatOfStringForUUIDOfRFC4122),
	"email":     openapi3.NewCallbackValidator(isEmail),
	"ipv4":      openapi3.NewIPValidator(true),
	"ipv6":      openapi3.NewIPValidator(false),
}

func layout(layout, likeThis string) openapi3.StringFormatValidator {
	return openapi3.NewCallbackValidator(func(s string) error {
		if _, err := time.Parse(layout, s); err != nil {
			return errors.New("it must be " + likeThis)
		}
		return nil
	})
}

func isEmail(s string) error {
	if address, err := mail.ParseAddress(s); err != nil || address.Address != s {
		return errors.New("it must be an address like ada@example.com")
	}
	return nil
}

// patterns are those of one document, each compiled once.
type patterns struct{ compiled sync.Map }

// compile compiles a pattern of a schema, which is ECMAScript's. One that uses what Go's expressions lack (RE2 looks
// neither ahead nor back) is not checked here; the upstream does that.
func (p *patterns) compile(pattern string) (openapi3.RegexMatcher, error) {
	if known, ok := p.compiled.Load(pattern); ok {
		return known.(openapi3.RegexMatcher), nil
	}
	var matcher openapi3.RegexMatcher = unchecked{pattern}
	if compiled, err := regexp.Compile(codePoint.ReplaceAllString(pattern, `\x{$1}`)); err == nil {
		matcher = compiled
	}
	p.compiled.Store(pattern, matcher)
	return matcher, nil
}

var codePoint = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)

type unchecked struct{ pattern string }

// String implements the same method as documented on fmt.Stringer.
func (u unchecked) String() string { return u.pattern }

// MatchString implements the same method as documented on openapi3.RegexMatcher.
func (unchecked) MatchString(string) bool { return true }

// violation is what is wrong with a value, and where in it.
type violation struct {
	pointer string
	reason  string
}

func (v *violation) Error() string {
	if v.pointer == "" {
		return v.reason
	}
	return "at " + v.pointer + ": " + v.reason
}

// readable turns an error of a check into one that may be shown to clients.
func readable(err error) error {
	var many openapi3.MultiError
	if errors.As(err, &many) && len(many) > 0 {
		err = many[0]
	}
	var schemaError *openapi3.SchemaError
	if !errors.As(err, &schemaError) {
		return errUnexplained
	}
	reason := schemaError.Reason
	if reason == "" {
		reason = "is not what the API allows (" + schemaError.SchemaField + ")"
	}
	return &violation{pointer: pointer(schemaError.JSONPointer()), reason: reason}
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
