package golden

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/headermap"
)

// The placeholders of expectations, see README.md.
const (
	anyPlaceholder    = "<any>"
	numberPlaceholder = "<number>"
	absentPlaceholder = "<absent>"
	morePlaceholder   = "<more>"
)

// MatchRequest compares what an upstream received with a case's expectation. It returns one line per difference.
func MatchRequest(want *Message, got *headermap.Map, body []byte) []string {
	method, target, _ := want.RequestLine()
	var differences []string
	differences = append(differences, matchValue("method", method, got.Get(":method"))...)
	differences = append(differences, matchValue("path", target, got.Get(":path"))...)
	return append(differences, matchMessage(want, got, body)...)
}

// MatchAnswer compares what a client received with a case's expectation. It returns one line per difference.
func MatchAnswer(want *Message, got *headermap.Map, body []byte) []string {
	differences := matchValue("status", fmt.Sprint(want.Status()), got.Get(":status"))
	return append(differences, matchMessage(want, got, body)...)
}

// MatchError compares what a client received with an error that a case expects: the problem, RFC 9457, that all errors of ours are. It
// returns one line per difference. The reason is not in the problem, see [Outcome].
func MatchError(want *Error, got *headermap.Map, body []byte) []string {
	status := want.Status
	if status == 0 {
		status = want.Reason.Status()
	}
	problem := &Message{
		Start:   fmt.Sprint(status),
		Headers: [][2]string{{"content-type", "application/problem+json"}},
		HasJSON: true,
		JSON: map[string]any{
			"status": float64(status), "title": anyPlaceholder,
			"detail": anyPlaceholder + want.Detail + anyPlaceholder, morePlaceholder: anyPlaceholder,
		},
	}
	if want.RetryAfter == 0 {
		problem.Absent = []string{"retry-after"}
	} else {
		problem.Headers = append(problem.Headers, [2]string{"retry-after", fmt.Sprint(want.RetryAfter)})
	}
	return MatchAnswer(problem, got, body)
}

// MatchAnnotation reports whether an entry of the dynamic metadata is as expected, where `<absent>` stands for none.
func MatchAnnotation(want, got string, there bool) bool {
	if want == absentPlaceholder {
		return !there
	}
	return there && MatchText(want, got)
}

// MatchText reports whether a text is as expected, where `<any>` stands for any text.
func MatchText(want, got string) bool {
	pieces := strings.Split(want, anyPlaceholder)
	if len(pieces) == 1 {
		return want == got
	}
	last := len(pieces) - 1
	if !strings.HasPrefix(got, pieces[0]) || !strings.HasSuffix(got[len(pieces[0]):], pieces[last]) {
		return false
	}
	got = got[len(pieces[0]) : len(got)-len(pieces[last])]
	for _, piece := range pieces[1:last] {
		at := strings.Index(got, piece)
		if at < 0 {
			return false
		}
		got = got[at+len(piece):]
	}
	return true
}

// MatchJSON compares a JSON text with an expected value. It returns one line per difference.
func MatchJSON(want any, got []byte) []string {
	var value any
	if err := json.Unmarshal(got, &value); err != nil {
		return []string{fmt.Sprintf("body: got %q, which is no JSON: %v", abridge(got), err)}
	}
	return matchJSON("body", want, value)
}

func matchMessage(want *Message, got *headermap.Map, body []byte) []string {
	var differences []string
	for _, name := range headerNames(want.Headers) {
		actual := name
		if name == "host" {
			actual = ":authority"
		}
		wantValues, gotValues := headermap.New(want.Headers...).Values(name), got.Values(actual)
		if len(wantValues) != len(gotValues) {
			differences = append(differences, fmt.Sprintf("header %s: got %q, want %q", name, gotValues, wantValues))
			continue
		}
		for i := range wantValues {
			differences = append(differences, matchValue("header "+name, wantValues[i], gotValues[i])...)
		}
	}
	for _, name := range want.Absent {
		if values := got.Values(strings.ToLower(name)); len(values) > 0 {
			differences = append(differences, fmt.Sprintf("header %s: got %q, want none", name, values))
		}
	}
	switch {
	case want.HasJSON:
		differences = append(differences, MatchJSON(want.JSON, body)...)
	case want.HasBody && !bytes.Equal(want.Body, body):
		differences = append(differences, fmt.Sprintf("body: got %q, want %q", abridge(body), abridge(want.Body)))
	}
	return differences
}

func headerNames(headers [][2]string) []string {
	var names []string
	for _, header := range headers {
		if !slices.Contains(names, header[0]) {
			names = append(names, header[0])
		}
	}
	return names
}

func matchValue(what, want, got string) []string {
	if MatchText(want, got) {
		return nil
	}
	return []string{fmt.Sprintf("%s: got %q, want %q", what, got, want)}
}

func matchJSON(path string, want, got any) []string {
	switch want := want.(type) {
	case string:
		return matchJSONText(path, want, got)
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			return matchObjects(path, want, got)
		}
	case []any:
		if got, ok := got.([]any); ok && len(got) == len(want) {
			var differences []string
			for i := range want {
				differences = append(differences, matchJSON(fmt.Sprintf("%s[%d]", path, i), want[i], got[i])...)
			}
			return differences
		}
	default: // A number, true, false or null.
		if want == got {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s: got %s, want %s", path, show(got), show(want))}
}

func matchJSONText(path, want string, got any) []string {
	text, isText := got.(string)
	_, isNumber := got.(float64)
	if want == anyPlaceholder || want == numberPlaceholder && isNumber || isText && MatchText(want, text) {
		return nil
	}
	return []string{fmt.Sprintf("%s: got %s, want %q", path, show(got), want)}
}

func matchObjects(path string, want, got map[string]any) []string {
	var differences []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if name == morePlaceholder {
			continue
		}
		value, ok := got[name]
		if !ok {
			differences = append(differences, fmt.Sprintf("%s.%s: got nothing, want %s", path, name, show(want[name])))
			continue
		}
		differences = append(differences, matchJSON(path+"."+name, want[name], value)...)
	}
	if _, more := want[morePlaceholder]; more {
		return differences
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			differences = append(differences, fmt.Sprintf("%s.%s: got %s, want nothing", path, name, show(got[name])))
		}
	}
	return differences
}

func show(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(abridge(text))
}

// abridge keeps a failure readable when a body has megabytes.
func abridge(text []byte) []byte {
	const enough = 2000
	if len(text) <= enough {
		return text
	}
	return fmt.Appendf(nil, "%s… (%d bytes)", text[:enough], len(text))
}
