package cloudevents

import (
	"strconv"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/funcroute/funcroute/events"
)

// sqlContext is a subject as the expressions of the SDK see it. They only read attributes. The rest of the SDK's interface is not there:
// calling it panics.
type sqlContext subject

var _ event.EventContext = (*sqlContext)(nil)

// This method and those below give one attribute each.
func (c *sqlContext) GetSpecVersion() string     { return c.Get(events.SpecVersion) }
func (c *sqlContext) GetType() string            { return c.Get(events.Type) }
func (c *sqlContext) GetSource() string          { return c.Get(events.Source) }
func (c *sqlContext) GetSubject() string         { return c.Get(events.Subject) }
func (c *sqlContext) GetID() string              { return c.Get(events.ID) }
func (c *sqlContext) GetDataSchema() string      { return c.Get(events.DataSchema) }
func (c *sqlContext) GetDataContentType() string { return c.Get(events.DataContentType) }

func (c *sqlContext) GetTime() time.Time {
	// It has been checked when the event was read; the zero time is none.
	parsed, _ := time.Parse(time.RFC3339, c.Get(events.Time))
	return parsed
}

func (c *sqlContext) GetExtensions() map[string]any {
	if c.extended {
		return c.extensions
	}
	c.extended = true
	if c.extensions == nil {
		c.extensions = map[string]any{}
	}
	for i := range c.Attributes {
		a := &c.Attributes[i]
		switch {
		case !events.IsExtension(a.Name):
		case a.Kind == events.Integer:
			number, _ := strconv.ParseInt(a.Value, 10, 32)
			c.extensions[a.Name] = int32(number)
		case a.Kind == events.Boolean:
			c.extensions[a.Name] = a.Value == "true"
		default:
			c.extensions[a.Name] = a.Value
		}
	}
	return c.extensions
}

const notRead = "cloudevents: an expression did more than read attributes"

func (*sqlContext) DeprecatedGetDataContentEncoding() string      { panic(notRead) }
func (*sqlContext) GetDataMediaType() (string, error)             { panic(notRead) }
func (*sqlContext) ExtensionAs(string, any) error                 { panic(notRead) }
func (*sqlContext) GetExtension(string) (any, error)              { panic(notRead) }
func (*sqlContext) SetType(string) error                          { panic(notRead) }
func (*sqlContext) SetSource(string) error                        { panic(notRead) }
func (*sqlContext) SetSubject(string) error                       { panic(notRead) }
func (*sqlContext) SetID(string) error                            { panic(notRead) }
func (*sqlContext) SetTime(time.Time) error                       { panic(notRead) }
func (*sqlContext) SetDataSchema(string) error                    { panic(notRead) }
func (*sqlContext) SetDataContentType(string) error               { panic(notRead) }
func (*sqlContext) DeprecatedSetDataContentEncoding(string) error { panic(notRead) }
func (*sqlContext) SetExtension(string, any) error                { panic(notRead) }
func (*sqlContext) AsV03() *event.EventContextV03                 { panic(notRead) }
func (*sqlContext) AsV1() *event.EventContextV1                   { panic(notRead) }
func (*sqlContext) Validate() event.ValidationError               { panic(notRead) }
func (*sqlContext) Clone() event.EventContext                     { panic(notRead) }
func (*sqlContext) String() string                                { panic(notRead) }
