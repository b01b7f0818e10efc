package parameters

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/funcroute/funcroute/httptext"
)

// takeForms takes all `form.` parameters out of the body.
func takeForms(origins []origin, values []Value, contentType []string, body []byte) *Error {
	if len(body) == 0 {
		return takeEncodedForm(origins, values, "")
	}
	var header string
	if len(contentType) > 0 {
		header = contentType[0]
	}
	switch kind, subtype, _ := httptext.MediaType(header); {
	case strings.EqualFold(kind, "application") && strings.EqualFold(subtype, "x-www-form-urlencoded"):
		return takeEncodedForm(origins, values, string(body))
	case strings.EqualFold(kind, "multipart") && strings.EqualFold(subtype, "form-data"):
		return takeMultipart(origins, values, header, body)
	default:
		return &Error{Source: "body", Problem: problemContentType, Body: true}
	}
}

func takeEncodedForm(origins []origin, values []Value, encoded string) *Error {
	for i := range origins {
		if err := origins[i].takePairs(values, encoded); err != nil {
			return err
		}
	}
	return nil
}

// takeMultipart reads the form to its end even when it has found all it needs: half a form is not a form.
func takeMultipart(origins []origin, values []Value, contentType string, body []byte) *Error {
	_, attributes, err := mime.ParseMediaType(contentType)
	if err != nil || attributes["boundary"] == "" {
		return &Error{Source: "body", Problem: problemNoBoundary, Body: true}
	}
	found := make([][]string, len(origins))
	reader := multipart.NewReader(bytes.NewReader(body), attributes["boundary"])
	for {
		part, err := reader.NextPart()
		if err == io.EOF { // Not errors.Is: a form that is cut off is an error that wraps io.EOF.
			break
		}
		if err != nil {
			return &Error{Source: "body", Problem: problemMultipart, Body: true}
		}
		if err := takePart(origins, found, part); err != nil {
			return &Error{Source: "body", Problem: problemMultipart, Body: true}
		}
	}
	for i := range origins {
		if err := origins[i].takeRepeated(values, found[i]); err != nil {
			return err
		}
	}
	return nil
}

// takePart keeps the text of a field that a parameter names. Files are not fields.
func takePart(origins []origin, found [][]string, part *multipart.Part) error {
	if part.FileName() != "" {
		return nil
	}
	name := part.FormName()
	for i := range origins {
		o := &origins[i]
		if o.name != name || !o.list && len(found[i]) > 0 {
			continue
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		// No two keys are the same, so no other parameter wants this field.
		found[i] = append(found[i], string(content))
		return nil
	}
	return nil
}
