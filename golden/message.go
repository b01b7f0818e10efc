package golden

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/headermap"
)

// Message is an HTTP message, sent or expected.
type Message struct {
	// Start is the request line ("GET /path HTTP/1.1") or begins with the status ("200 OK").
	Start string
	// Headers are as written, in order.
	Headers [][2]string
	// Absent are headers that must not be there.
	Absent []string
	// HasBody reports whether anything is said of the body, HasJSON whether it is said in JSON.
	HasBody, HasJSON bool
	Body             []byte
	// JSON is the expected body as encoding/json decodes it, placeholders among its texts.
	JSON any
}

var _ yaml.Unmarshaler = (*Message)(nil)

// ParseMessage makes a message of a head and a body. The head is written as in golden files: `POST /path HTTP/1.1` or `200`, then a line
// for each header. The error says what of it is no head.
func ParseMessage(head, body string) (*Message, error) {
	m := &Message{HasBody: true, Body: []byte(body)}
	return m, m.parseHead(head)
}

func (m *Message) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		var text string
		if err := node.Decode(&text); err != nil {
			return err
		}
		head, body, hasBody := strings.Cut(text, "\n\n")
		m.Body, m.HasBody = []byte(strings.TrimSuffix(body, "\n")), hasBody
		return m.parseHead(head)
	}
	return m.unmarshalMapping(node)
}

func (m *Message) unmarshalMapping(node *yaml.Node) error {
	var fields struct {
		Head   string    `yaml:"head"`
		Absent []string  `yaml:"absent"`
		Body   yaml.Node `yaml:"body"`
		JSON   yaml.Node `yaml:"json"`
	}
	for i := 0; i+1 < len(node.Content); i += 2 { // KnownFields does not reach into a custom unmarshaler.
		switch key := node.Content[i].Value; key {
		case "head", "absent", "body", "json":
		default:
			return fmt.Errorf("line %d: a message has no %q, only head, absent, body, json", node.Content[i].Line, key)
		}
	}
	if err := node.Decode(&fields); err != nil {
		return err
	}
	m.Absent = fields.Absent
	if !fields.Body.IsZero() {
		var text string
		if err := fields.Body.Decode(&text); err != nil {
			return err
		}
		if fields.Body.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			text = strings.TrimSuffix(text, "\n")
		}
		m.HasBody, m.Body = true, []byte(text)
	}
	if !fields.JSON.IsZero() {
		if m.HasBody {
			return fmt.Errorf("line %d: a message has a body or json, not both", node.Line)
		}
		m.HasBody, m.HasJSON = true, true
		if err := m.decodeJSON(&fields.JSON); err != nil {
			return fmt.Errorf("line %d: json: %w", node.Line, err)
		}
	}
	return m.parseHead(fields.Head)
}

// decodeJSON takes JSON written as a text or as YAML. The body is then what can be sent.
func (m *Message) decodeJSON(node *yaml.Node) error {
	var value any
	if err := node.Decode(&value); err != nil {
		return err
	}
	text, isText := value.(string)
	m.Body = []byte(strings.TrimSuffix(text, "\n"))
	if !isText {
		var err error
		if m.Body, err = json.Marshal(value); err != nil {
			return err
		}
	}
	return json.Unmarshal(m.Body, &m.JSON)
}

func (m *Message) parseHead(head string) error {
	lines := strings.Split(strings.TrimSuffix(head, "\n"), "\n")
	m.Start = strings.TrimSpace(lines[0])
	if m.Start == "" {
		return errors.New("a message must begin with a request line or a status")
	}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" {
			return fmt.Errorf("%q is not a header like `name: value`", line)
		}
		m.Headers = append(m.Headers, [2]string{strings.ToLower(name), strings.TrimSpace(value)})
	}
	return nil
}

// checkLength checks that a message that is sent has the length it claims.
func (m *Message) checkLength() error {
	if m == nil {
		return nil
	}
	for _, header := range m.Headers {
		if header[0] == "content-length" && header[1] != strconv.Itoa(len(m.Body)) {
			return fmt.Errorf("its content-length must be %d, not %s", len(m.Body), header[1])
		}
	}
	return nil
}

// RequestLine returns the method and the target of a request. The target may hold spaces only in expectations.
func (m *Message) RequestLine() (method, target string, ok bool) {
	method, target, ok = strings.Cut(m.Start, " ")
	if at := strings.LastIndex(target, " HTTP/"); at >= 0 {
		target = target[:at]
	}
	return method, target, ok && target != ""
}

// Protocol returns the protocol of a request line, HTTP/1.1 where it gives none.
func (m *Message) Protocol() string {
	if at := strings.LastIndex(m.Start, " HTTP/"); at >= 0 {
		return m.Start[at+1:]
	}
	return "HTTP/1.1"
}

// Status returns the status of an answer, 0 if it has none.
func (m *Message) Status() int {
	for word := range strings.FieldsSeq(m.Start) {
		if strings.HasPrefix(word, "HTTP/") {
			continue
		}
		status, err := strconv.Atoi(word)
		if err != nil || status < 100 || status > 599 {
			return 0
		}
		return status
	}
	return 0
}

// RequestHeaders returns a request as Envoy has it: `host` as `:authority` among the pseudo-headers.
func (m *Message) RequestHeaders() *headermap.Map {
	method, target, _ := m.RequestLine()
	headers := headermap.New([2]string{":method", method}, [2]string{":path", target}, [2]string{":scheme", "http"})
	for _, header := range m.Headers {
		if header[0] == "host" {
			headers.Set(":authority", header[1])
			continue
		}
		headers.Add(header[0], header[1])
	}
	return headers
}

// AnswerHeaders returns an answer as Envoy has it.
func (m *Message) AnswerHeaders() *headermap.Map {
	headers := headermap.New([2]string{":status", strconv.Itoa(m.Status())})
	for _, header := range m.Headers {
		headers.Add(header[0], header[1])
	}
	return headers
}
