package format

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

// separator stands between the prelude, which describes the answer in JSON, and the answer's body.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
var separator = make([]byte, 8)

// maxPrelude bounds what is held back. API Gateway allows a prelude of 16 KB and headers of 10 KB.
const maxPrelude = 64 << 10

// preludeAnswer is what a prelude describes; behind API Gateway and function URLs one that is not valid is a 502.
var preludeAnswer = answerFormat{
	invalid: http.StatusBadGateway, contentType: defaultStreamType, repeats: true, lists: true,
}

// defaultStreamType is the content type of an answer of which nothing says any.
const defaultStreamType = "application/octet-stream"

// StreamType is the content type of a streamed answer without a prelude. AWS's own types say what the answer is wrapped in;
// any other one is the function's (ResponseStreamContentType of the API).
func StreamType(header string) string {
	media, _, _ := strings.Cut(header, ";")
	switch strings.ToLower(strings.TrimSpace(media)) {
	case "", "application/vnd.amazon.eventstream", "application/vnd.awslambda.http-integration-response":
		return defaultStreamType
	}
	return header
}

// Prelude takes the beginning of a streamed result, which may be a prelude: a JSON object that describes the answer, and the separator
// behind it. The zero value is ready.
type Prelude struct {
	held    []byte
	scanner preludeScanner
}

// Add takes the next piece of the result. As long as that may yet become a prelude, or a whole result, everything is held, and begun is
// false. Once it is true, the prelude, if there was one, has become the answer's status and headers; body is what the answer's
// body begins with, and Add is not called again, as the rest of the result goes on as it is. What does not begin like a JSON object
// has no prelude, whatever zeros are in it. An error is fit to be shown to the client.
func (p *Prelude) Add(r *plugins.Answer, piece []byte) (body []byte, begun bool, err error) {
	p.held = append(p.held, piece...)
	switch state := p.scanner.scan(p.held); {
	case state == preludeThere:
		end := p.scanner.at
		head, body := bytes.Trim(p.held[:end-len(separator)], jsontext.Space), p.held[end:]
		p.held = nil
		if !jsontext.Valid(head) {
			return nil, true, preludeAnswer.invalidAnswer("what stands before eight zero bytes must be a JSON object")
		}
		return body, true, preludeAnswer.prelude(r, describe(head))
	case state == preludeAbsent, len(p.held) > maxPrelude:
		body, p.held = p.held, nil
		return body, true, nil
	}
	return nil, false, nil
}

// Held is what is held. At the end of a result that has never begun, it is the whole result.
func (p *Prelude) Held() []byte { return p.held }

// prelude makes the answer's status and headers what a prelude says. Without a status it is 200.
func (f *answerFormat) prelude(r *plugins.Answer, d description) error {
	if d.statusCode == nil {
		d.statusCode = []byte("200")
	}
	d.body, d.isBase64Encoded = nil, nil // What follows the prelude is the body.
	return f.write(r, d)
}

// preludeState is what is known of the beginning of a result.
type preludeState int

const (
	preludeOpen   preludeState = iota // it may yet become a prelude, or a whole result
	preludeAbsent                     // it cannot
	preludeThere                      // it is followed by the separator
)

// preludeScanner looks for the end of the JSON object that a result may begin with. It looks at each byte once, however small the
// pieces are that the result comes in. It does not check the object: one that is none, but is followed by the separator,
// is a mistake of the function's and not a body.
type preludeScanner struct {
	at      int // how far it has looked
	depth   int // how many brackets are open
	zeros   int // how many zero bytes it has just seen
	begun   bool
	quoted  bool // within a string
	escaped bool // behind a backslash
	ended   bool // behind the object
	// describes is known once the object has ended: it is a description of an answer, of which a function that does not stream
	// may have written no more, perhaps with a line feed behind it.
	describes bool
}

// scan goes on with what is held of a result. With preludeThere at is behind the separator.
func (p *preludeScanner) scan(held []byte) preludeState {
	for ; p.at < len(held); p.at++ {
		c := held[p.at]
		if c == 0 && p.begun {
			if p.zeros++; p.zeros == len(separator) {
				p.at++
				return preludeThere
			}
			continue
		}
		if p.ended && p.mayFollow(c) {
			continue
		}
		if p.ended || !p.object(c) {
			return preludeAbsent
		}
		if p.ended {
			object := bytes.TrimLeft(held[:p.at+1], jsontext.Space)
			p.describes = jsontext.Valid(object) && describe(object).any()
		}
	}
	return preludeOpen
}

// mayFollow reports whether a byte that is not zero may stand behind the object. Nothing but space may, and no space where the
// object is one of many, each with its line.
func (p *preludeScanner) mayFollow(c byte) bool {
	return p.zeros == 0 && p.describes && strings.IndexByte(jsontext.Space, c) >= 0
}

// object goes on within the object. It reports false where none begins.
func (p *preludeScanner) object(c byte) bool {
	p.zeros = 0
	switch {
	case !p.begun:
		if c == '{' {
			p.begun, p.depth = true, 1
			return true
		}
		return strings.IndexByte(jsontext.Space, c) >= 0
	case p.escaped:
		p.escaped = false
	case p.quoted:
		p.escaped, p.quoted = c == '\\', c != '"'
	case c == '"':
		p.quoted = true
	case c == '{', c == '[':
		p.depth++
	case c == '}', c == ']':
		p.depth--
		p.ended = p.depth == 0
	}
	return true
}
