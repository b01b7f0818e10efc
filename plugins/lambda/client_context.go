package lambda

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/parameters"
)

const clientContextHeader = "x-amz-client-context"

// maxClientContext is the largest client context in base64.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#lambda-Invoke-request-ClientContext
const maxClientContext = 3583

// clientContext is JSON cut into pieces: text that stays as it is, and strings that parameters are inserted into.
type clientContext []contextPiece

// contextPiece is a piece of text, or a string without its quotes if inserted is not nil.
type contextPiece struct {
	text     string
	inserted *parameters.Text
}

// compileClientContext compiles JSON in whose strings {parameter}s may stand. Braces outside of strings are JSON's own.
func compileClientContext(template string, set *parameters.Set) (callHeader, error) {
	text := bytes.Trim([]byte(template), jsontext.Space)
	if !jsontext.Valid(text) || text[0] != '{' {
		return callHeader{}, errors.New(`it must be a JSON object like {"custom":{"user":"{user}"}}; {parameter}s stand in its strings`)
	}
	var pieces clientContext
	start, constant := 0, true
	for i := 0; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		end := i + jsontext.StringEnd(text[i:])
		if bytes.ContainsAny(text[i:end], "{}") {
			inserted, err := parameters.CompileText(string(jsontext.Unquote(text[i:end])), set)
			if err != nil {
				return callHeader{}, fmt.Errorf("in %s: %w", text[i:end], err)
			}
			_, is := inserted.Constant()
			if !is && isName(text[end:]) { // A client could give what it likes in place of another member.
				return callHeader{}, fmt.Errorf("in %s: a parameter cannot stand in a member's name", text[i:end])
			}
			pieces = append(pieces, contextPiece{text: string(text[start:i])}, contextPiece{inserted: inserted})
			start, constant = end, constant && is
		}
		i = end - 1
	}
	pieces = append(pieces, contextPiece{text: string(text[start:])})
	if !constant {
		return callHeader{name: clientContextHeader, expand: pieces.expand}, nil
	}
	value, err := pieces.expand(parameters.Values{})
	return callHeader{name: clientContextHeader, value: value}, err
}

// isName reports whether a string is the name of a member, by what follows it.
func isName(rest []byte) bool {
	rest = bytes.TrimLeft(rest, jsontext.Space)
	return len(rest) > 0 && rest[0] == ':'
}

// expand inserts the parameters and encodes the whole.
func (c clientContext) expand(values parameters.Values) (string, error) {
	var buffer [512]byte
	json := buffer[:0]
	for _, piece := range c {
		if piece.inserted == nil {
			json = append(json, piece.text...)
			continue
		}
		value, err := piece.inserted.Expand(values)
		if err != nil {
			return "", err
		}
		json = jsontext.AppendString(json, value)
	}
	if size := base64.StdEncoding.EncodedLen(len(json)); size > maxClientContext {
		return "", fmt.Errorf("client_context has %d bytes in base64, at most %d are allowed", size, maxClientContext)
	}
	return base64.StdEncoding.EncodeToString(json), nil
}
