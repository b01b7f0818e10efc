// Package xmltext checks XML documents before anything else is done with them.
package xmltext

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"

	"golang.org/x/net/html/charset"
)

// maxDepth is how deeply elements may be nested, as in JSON. It bounds the stack that a document can make us use.
const maxDepth = 1000

// Check reports whether a document is well-formed, with one root and no document type. Without that there are no entities
// but the five of XML itself, so nothing can explode or be fetched.
func Check(document []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	decoder.CharsetReader = charset.NewReaderLabel
	depth, roots := 0, 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.Directive:
			return errors.New("a document type is not allowed")
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			if depth++; depth > maxDepth {
				return errors.New("it is nested too deeply")
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(token)) > 0 {
				return errors.New("there is text outside of the root element")
			}
		}
	}
	if roots != 1 {
		return errors.New("it must have one root element")
	}
	return nil
}
