package template

import (
	"fmt"
	"mime"
	"strings"

	"github.com/funcroute/funcroute/httptext"
)

// Format is what the text of a template is.
type Format interface {
	// contexts says for each piece that is an expression where it stands, or what is wrong with the text.
	contexts([]piece) ([]context, error)
}

// Header is the value of a header: one line without control characters.
var Header Format = line{}

// FormatOf returns the format of a body by its content type.
func FormatOf(contentType string) (Format, error) {
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, fmt.Errorf("content-type %q: %w", contentType, err)
	}
	if charset := strings.ToLower(parameters["charset"]); charset != "" && charset != "utf-8" && charset != "us-ascii" {
		return nil, fmt.Errorf("content-type %q: the charset must be utf-8", contentType)
	}
	_, subtype, _ := strings.Cut(mediaType, "/")
	switch {
	case subtype == "json", strings.HasSuffix(subtype, "+json"):
		return jsonText{}, nil
	case subtype == "xml", strings.HasSuffix(subtype, "+xml"):
		return xmlText{}, nil
	case mediaType == "application/x-www-form-urlencoded":
		return form{}, nil
	case mediaType == "text/html", strings.HasSuffix(subtype, "javascript"), mediaType == "text/css",
		strings.HasPrefix(mediaType, "multipart/"):
		return unsupported{mediaType}, nil
	default:
		return plain{}, nil
	}
}

// plain is a text of which nothing is known.
type plain struct{}

func (plain) contexts(pieces []piece) ([]context, error) { return oneContext(pieces, plainText), nil }

// line is a header's value.
type line struct{}

func (line) contexts(pieces []piece) ([]context, error) {
	for i := range pieces {
		p := &pieces[i]
		if p.isExpression && p.raw {
			return nil, fmt.Errorf("raw(…) has no meaning in a header, whose values are not escaped")
		}
		if !p.isExpression && httptext.ControlByte(p.text) >= 0 {
			return nil, fmt.Errorf("a header cannot hold the control character %q", p.text[httptext.ControlByte(p.text)])
		}
	}
	return oneContext(pieces, headerValue), nil
}

// unsupported is a format with more places than are known here.
type unsupported struct{ mediaType string }

func (u unsupported) contexts(pieces []piece) ([]context, error) {
	for i := range pieces {
		if pieces[i].isExpression && !pieces[i].raw {
			return nil, fmt.Errorf("line %d, {{ %s }}: %s: %w", pieces[i].line, pieces[i].text, u.mediaType, errNoExpressions)
		}
	}
	return oneContext(pieces, rawText), nil
}
