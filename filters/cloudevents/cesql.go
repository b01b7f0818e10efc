package cloudevents

import (
	"errors"
	"fmt"
	"strings"

	"github.com/antlr/antlr4/runtime/Go/antlr"
	cesql "github.com/cloudevents/sdk-go/sql/v2"
	sqlerrors "github.com/cloudevents/sdk-go/sql/v2/errors"
	"github.com/cloudevents/sdk-go/sql/v2/gen"
	"github.com/cloudevents/sdk-go/sql/v2/parser"
	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/funcroute/funcroute/events"
)

// expression is a filter in CESQL.
type expression struct{ parsed cesql.Expression }

var errNoCondition = errors.New("the expression's value is neither true nor false")

// compileCESQL parses an expression, and tries it on an event without optional attributes, for some mistakes only show when it is
// evaluated.
func compileCESQL(text string) (matcher, error) {
	parsed, err := parseCESQL(text)
	if err != nil {
		return nil, fmt.Errorf("%q cannot be parsed: %w", text, err)
	}
	value, err := evaluate(parsed, trial())
	if sqlerrors.IsMissingFunctionError(err) {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	if _, is := value.(bool); !is && err == nil {
		return nil, fmt.Errorf("%q is not a condition: its value is never true or false, but %v for instance", text, value)
	}
	return expression{parsed}, nil
}

func trial() *subject {
	return &subject{Event: events.Event{Attributes: []events.Attribute{
		{Name: events.SpecVersion, Value: events.Version},
		{Name: events.ID, Value: "an id"},
		{Name: events.Source, Value: "a source"},
		{Name: events.Type, Value: "a type"},
	}}}
}

func (x expression) match(s *subject) (bool, error) {
	value, err := evaluate(x.parsed, s)
	if err != nil {
		return false, err
	}
	switch value := value.(type) {
	case bool:
		return value, nil
	case string:
		// A header's value has no type, so an attribute that is a condition comes as a text (CESQL §3.7 casts it).
		switch strings.ToLower(value) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	}
	return false, errNoCondition
}

// evaluate evaluates an expression. It turns a panic of the SDK into an error.
func evaluate(parsed cesql.Expression, s *subject) (value any, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			value, err = nil, fmt.Errorf("panic: %v", panicked)
		}
	}()
	return parsed.Evaluate(event.Event{Context: (*sqlContext)(s)})
}

// parseCESQL parses an expression, and returns an error for each mistake that the SDK's parser does not report. The SDK writes to
// standard error what it cannot make a token of, and goes on without it. It says nothing of syntax errors, because its errorListener
// asks the exception for a message and there is none. On some texts it panics.
func parseCESQL(text string) (parsed cesql.Expression, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			parsed, err = nil, errors.New("syntax error")
		}
	}()
	var wrong syntaxErrors
	lexer := gen.NewCESQLParserLexer(parser.NewCaseChangingStream(antlr.NewInputStream(text), true))
	lexer.RemoveErrorListeners()
	lexer.AddErrorListener(&wrong)
	tree := gen.NewCESQLParserParser(antlr.NewCommonTokenStream(lexer, antlr.TokenDefaultChannel))
	tree.RemoveErrorListeners()
	tree.AddErrorListener(&wrong)
	tree.Cesql()
	if len(wrong.list) > 0 {
		return nil, errors.New(wrong.list[0])
	}
	parsed, err = parser.Parse(text)
	if err == nil && parsed == nil {
		err = errors.New("it is empty")
	}
	return parsed, err
}

// syntaxErrors collects what is no token, and tokens that cannot stand where they stand.
type syntaxErrors struct {
	antlr.DefaultErrorListener
	list []string
}

// SyntaxError notes a mistake. For a token in the wrong place it leaves out the SDK's message, which lists all that could stand there.
func (e *syntaxErrors) SyntaxError(_ antlr.Recognizer, symbol any, line, column int, message string, _ antlr.RecognitionException) {
	if token, is := symbol.(antlr.Token); is {
		message = fmt.Sprintf("%q is out of place", token.GetText())
		if token.GetTokenType() == antlr.TokenEOF {
			message = "it ends too early"
		}
	}
	where := fmt.Sprintf("at character %d", column+1)
	if line > 1 {
		where = fmt.Sprintf("in line %d, %s", line, where)
	}
	e.list = append(e.list, where+": "+message)
}
