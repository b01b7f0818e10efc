// Package events reads and writes CloudEvents 1.0 in the HTTP binding's three modes (binary, structured and batch) and in
// the JSON format. It reads an event's attributes only: data stays where it is, and no document is built.
//
//	https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
//	https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
//	https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
package events

// Names of attributes. All others are extensions.
const (
	SpecVersion     = "specversion"
	ID              = "id"
	Source          = "source"
	Type            = "type"
	Subject         = "subject"
	Time            = "time"
	DataSchema      = "dataschema"
	DataContentType = "datacontenttype"
)

// Version is the only specversion there is.
const Version = "1.0"

// HeaderPrefix is what the headers of binary mode begin with.
const HeaderPrefix = "ce-"

// The content types of structured and of batch mode.
const (
	StructuredJSON = "application/cloudevents+json"
	BatchJSON      = "application/cloudevents-batch+json"
)

// required are the attributes that every event has.
var required = [...]string{SpecVersion, ID, Source, Type}

// Event is an event's attributes, and where its data is. The zero Event is empty and ready to be read into.
type Event struct {
	// Attributes are the event's attributes, each name once. An attribute that is null or empty is not among them.
	Attributes []Attribute
	// Form says how Data is written. Only [Event.Read] sets it.
	Form Form
	// Data is the data of an event in structured mode, as it is written there with its quotes.
	Data []byte
	// absent are the names that were given without a value. Given again, they would count for us and not for a reader that takes
	// the last, or the first.
	absent []string
	// places says where in Attributes each name is. It is nil while there are few attributes.
	places map[string]int
	size   int // of names and values
	// otherType is the data's type according to a header beside content-type. claimed says that there is such a header.
	otherType string
	claimed   bool
}

// Attribute is one attribute of an event.
type Attribute struct {
	Name string
	// Value is in the text form that all bindings share (specification §3.1).
	Value string
	Kind  Kind
}

// Kind is the type of an attribute, as far as it is known. Headers have no types, so in binary mode every attribute is a Text.
type Kind uint8

// The kinds. In JSON, all other types of the specification are strings.
const (
	Text Kind = iota
	Integer
	Boolean
)

// Form is how an event's data is written in JSON.
type Form uint8

// The forms.
const (
	NoData   Form = iota
	JSONData      // a JSON value as `data`
	TextData      // a string as `data`
	Base64Data
)

// Reset makes the event empty and keeps its memory.
func (e *Event) Reset() {
	clear(e.Attributes)
	clear(e.absent)
	*e = Event{Attributes: e.Attributes[:0], absent: e.absent[:0]} // Places are many, and seldom needed.
}

// Lookup returns an attribute. It reports false if the event has none of that name.
func (e *Event) Lookup(name string) (Attribute, bool) {
	if e.places != nil {
		if i, known := e.places[name]; known && i != nowhere {
			return e.Attributes[i], true
		}
		return Attribute{}, false
	}
	for i := range e.Attributes {
		if e.Attributes[i].Name == name {
			return e.Attributes[i], true
		}
	}
	return Attribute{}, false
}

// Get returns an attribute's value, or "".
func (e *Event) Get(name string) string {
	attribute, _ := e.Lookup(name)
	return attribute.Value
}

// Complete checks that no required attribute is missing. Call it when all attributes have been added.
func (e *Event) Complete() error {
	for _, name := range required {
		if e.Get(name) == "" {
			return invalid(name + " is missing")
		}
	}
	return nil
}

// Error says what is wrong with an event. It is safe to show to the client.
type Error struct {
	// Problem is a sentence without its dot: "type is missing".
	Problem string
	// Unsupported says that the event may be valid, but is written in a form that cannot be read here.
	Unsupported bool
}

func (e *Error) Error() string { return e.Problem }

func invalid(problem string) error { return &Error{Problem: problem} }
