package lambda

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

// cloudEvent is `payload: cloudevent`: the CloudEvent that the request is, in the JSON format, whether it came in binary
// or in structured mode.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
type cloudEvent struct {
	types contentTypes
}

const (
	cloudEventType  = "application/cloudevents"
	cloudEventJSON  = cloudEventType + "+json"
	attributePrefix = "ce-"
	specVersion     = "1.0"
)

// required are the attributes that every event has (CloudEvents §REQUIRED Attributes).
var required = [...]string{"specversion", "id", "source", "type"}

// event implements the same method as documented on payload.
func (p *cloudEvent) event(c *client) error {
	mode := c.header("content-type")
	switch {
	case hasPrefixFold(mode, cloudEventType+"-batch"):
		return invalidEvent("a batch holds several events, and the function takes one")
	case hasPrefixFold(mode, cloudEventType):
		return p.structured(c, mode)
	case c.header(attributePrefix+"specversion") == "":
		return invalidEvent("the request is no event; it has neither a ce-specversion nor the content type " + cloudEventJSON)
	default:
		return p.binary(c, mode)
	}
}

func invalidEvent(problem string) error {
	return plugins.Errorf(plugins.InvalidEvent, "The event is not valid: %s.", problem)
}

func hasPrefixFold(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

// structured checks an event in structured mode. It is the function's event as it stands.
func (p *cloudEvent) structured(c *client, mode string) error {
	kind, subtype := mediaType(mode)
	if !strings.EqualFold(kind+"/"+subtype, cloudEventJSON) {
		return invalidEvent("of all formats of structured mode, only JSON can be read")
	}
	if c.isCompressed() {
		return plugins.Errorf(plugins.BadBody, "The function takes an event that is not compressed.")
	}
	body := c.request.Body()
	object := bytes.Trim(body, jsontext.Space)
	if !utf8.Valid(body) || !jsontext.Valid(object) || object[0] != '{' {
		return invalidEvent("the body must be a JSON object")
	}
	var found attributes
	hasData := false
	err := jsontext.Members(object, func(name, value []byte) error {
		switch {
		case string(name) == "data", string(name) == "data_base64":
			if jsontext.IsNull(value) {
				return nil
			}
			if hasData {
				return invalidEvent("data and data_base64 exclude each other")
			}
			if string(name) == "data_base64" && !jsontext.IsString(value) {
				return invalidEvent("data_base64 must be a string")
			}
			hasData = true
			return nil
		case jsontext.IsNull(value):
			return nil
		case value[0] == '{' || value[0] == '[':
			return invalidEvent("an attribute must be a string, a number, true or false")
		case jsontext.IsString(value):
			return found.add(string(name), string(jsontext.Unquote(value)))
		}
		return found.addOther(string(name))
	})
	if err == nil {
		err = found.complete()
	}
	if err == nil {
		c.keepBody()
	}
	return err
}

// binary writes an event of binary mode in one pass into one buffer: the ce- headers are its attributes, the body is its
// data. Values of headers have no types, so extensions are strings.
func (p *cloudEvent) binary(c *client, contentType string) error {
	if c.isCompressed() {
		return plugins.Errorf(plugins.BadBody, "The function takes an event that is not compressed.")
	}
	list := c.pairs[:0]
	for _, h := range c.headers {
		if name, is := strings.CutPrefix(h.name, attributePrefix); is && name != "datacontenttype" {
			list = append(list, pair{name, h.value})
		}
	}
	c.gathered(list)
	body := c.request.Body()
	kind := p.kindOf(contentType, body)
	to := append(c.newEvent(100, 1, kind != dataBytes), '{')
	var found attributes
	for i := range c.pairs {
		if !c.group.first[i] {
			continue
		}
		name := c.pairs[i].name
		if c.group.next[i] != 0 {
			return invalidEvent("an attribute is there twice")
		}
		value, ok := attributeValue(c.pairs[i].value)
		if !ok {
			return invalidEvent("the value of an attribute is not UTF-8 once its percent-encoding is taken off")
		}
		if value == "" && name != "specversion" {
			continue // An attribute must not be empty; to the required ones it is as if they were missing.
		}
		if err := found.add(name, value); err != nil {
			return err
		}
		to = jsontext.AppendString(append(jsontext.AppendString(to, name), ':'), value)
		to = append(to, ',')
	}
	if err := found.complete(); err != nil {
		return err
	}
	to = to[:len(to)-1]
	if contentType != "" {
		to = jsontext.AppendMember(to, `,"datacontenttype":`, contentType)
	}
	switch kind {
	case dataNone:
	case dataJSON:
		to = append(append(to, `,"data":`...), bytes.Trim(body, jsontext.Space)...)
	case dataText:
		to = jsontext.AppendString(append(to, `,"data":`...), body)
	case dataBytes:
		to = jsontext.AppendBase64(append(to, `,"data_base64":`...), body)
	}
	c.request.SetBody(append(to, '}'))
	return nil
}

// dataKind is the form that the data of an event in binary mode takes in JSON (JSON format §3.1).
type dataKind int

const (
	dataNone  dataKind = iota
	dataJSON           // a JSON value
	dataText           // a string
	dataBytes          // data_base64
)

// kindOf never loses a byte: what claims to be JSON or a text and is not goes in base64. Data without a type counts as
// JSON in the JSON format, so only what is JSON can be written as such.
func (p *cloudEvent) kindOf(contentType string, body []byte) dataKind {
	kind, subtype := mediaType(contentType)
	switch {
	case len(body) == 0:
		return dataNone
	case !utf8.Valid(body) || p.types.isBinary(contentType):
		return dataBytes
	case contentType == "" || kind != "" && (strings.EqualFold(subtype, "json") || hasSuffixFold(subtype, "+json")):
		if jsontext.Valid(body) {
			return dataJSON
		}
		return dataBytes
	case p.types.isText(contentType, isTextData):
		return dataText
	}
	return dataBytes
}

// isTextData also takes what the gateways take for text, and XML of any kind.
func isTextData(contentType string) bool {
	_, subtype := mediaType(contentType)
	return isGatewayType(contentType) || hasSuffixFold(subtype, "+xml")
}

func hasSuffixFold(text, suffix string) bool {
	return len(text) >= len(suffix) && strings.EqualFold(text[len(text)-len(suffix):], suffix)
}

// attributes are the required attributes that have been found, a bit for each.
type attributes uint8

// add checks an attribute that is a text.
func (a *attributes) add(name, value string) error {
	for i, r := range required {
		if name == r && value != "" {
			*a |= 1 << i
		}
	}
	switch name {
	case "specversion":
		if value != specVersion {
			return invalidEvent("specversion must be " + specVersion)
		}
	case "time":
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			return invalidEvent("time must be a timestamp like 2026-03-01T12:00:00Z")
		}
	}
	for _, r := range value {
		if r < ' ' || 0x7f <= r && r < 0xa0 {
			return invalidEvent("the value of an attribute holds a control character")
		}
	}
	return a.checkName(name)
}

// addOther checks an attribute that is a number or a truth, which no required one may be.
func (a *attributes) addOther(name string) error {
	for _, r := range required {
		if name == r {
			return invalidEvent(name + " must be a string")
		}
	}
	return a.checkName(name)
}

func (*attributes) checkName(name string) error {
	letterOrDigit := func(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }
	if name == "data" || !all(name, letterOrDigit) {
		return invalidEvent("the name of an attribute must consist of small letters and digits, and not be data")
	}
	return nil
}

// complete checks that no required attribute is missing.
func (a *attributes) complete() error {
	for i, name := range required {
		if *a&(1<<i) == 0 {
			return invalidEvent(name + " is missing")
		}
	}
	return nil
}

// attributeValue decodes the value of a ce- header (HTTP binding §3.1.3.2): a quoted string loses its quotes and
// backslashes, then percent-encoding is taken off, once. It reports false for what is not UTF-8 then.
func attributeValue(header string) (string, bool) {
	if len(header) >= 2 && header[0] == '"' && header[len(header)-1] == '"' {
		header = unquoteHeader(header[1 : len(header)-1])
	}
	value := unescape(header, false)
	return value, utf8.ValidString(value)
}

// unquoteHeader takes the backslashes out of a quoted string (RFC 9110 §5.6.4).
func unquoteHeader(inside string) string {
	if strings.IndexByte(inside, '\\') < 0 {
		return inside
	}
	text := make([]byte, 0, len(inside))
	for i := 0; i < len(inside); i++ {
		if inside[i] == '\\' && i+1 < len(inside) {
			i++
		}
		text = append(text, inside[i])
	}
	return string(text)
}
