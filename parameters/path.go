package parameters

import (
	"errors"
	"fmt"
	"strings"
)

// pathOrigin is the template of the path.
type pathOrigin struct {
	origin
	// short is the pattern of the path without an optional last placeholder and the slash before it, or nil.
	short *pattern
	// stem is the pattern of the path without a required last placeholder and the slash before it, or nil. It serves
	// to tell a path that lacks the parameter from one that is altogether different.
	stem *pattern
}

// newPath makes the tokens of the path's template ready. The literals among them are percent-decoded.
func newPath(o origin, tokens []token) (*pathOrigin, error) {
	if err := checkPath(o.template, tokens); err != nil {
		return nil, err
	}
	p := &pathOrigin{origin: o}
	p.pattern = newPattern(tokens, true)
	// There is a literal before a placeholder, for the template begins with a slash and placeholders are not adjacent.
	final := &tokens[len(tokens)-1]
	if final.name == "" {
		return p, nil
	}
	rest := tokens[:len(tokens)-1]
	before := rest[len(rest)-1].literal
	trimmed, slash := strings.CutSuffix(before, "/")
	if final.required() {
		p.stem = withEnd(rest, trimmed)
	} else if slash {
		p.short = withEnd(rest, trimmed)
	}
	return p, nil
}

// withEnd is the pattern of tokens whose last one, a literal, is replaced.
func withEnd(tokens []token, literal string) *pattern {
	last := len(tokens) - 1
	tokens = append([]token(nil), tokens...)
	tokens[last].literal = literal
	if literal == "" && last > 0 {
		tokens = tokens[:last]
	}
	return newPattern(tokens, true)
}

// checkPath checks what only the path's template must keep to, and decodes its literals.
func checkPath(template string, tokens []token) error {
	if !strings.HasPrefix(template, "/") {
		return errors.New(`the path begins with a slash: write "/…"`)
	}
	for i := range tokens {
		t := &tokens[i]
		if t.name != "" {
			if t.list {
				return fmt.Errorf("{%s*}: a path has no repeated values; {+%s} takes several segments", t.name, t.name)
			}
			if !t.required() && i < len(tokens)-1 {
				return fmt.Errorf("{%s}: in a path only the last placeholder can be optional or have a default, "+
					"and nothing can follow it", t.name)
			}
			continue
		}
		if strings.Contains(t.literal, "?") {
			return errors.New(`the query is no part of the path; write query.NAME: "{name}" for what follows the "?"`)
		}
		if strings.Contains(t.literal, "#") {
			return errors.New(`a fragment ("#") is never sent to a server; leave it out, or write %23 for a literal "#"`)
		}
		decoded, problem := decodePath(t.literal)
		if problem != "" {
			return fmt.Errorf("the template %s", problem)
		}
		t.literal = decoded
	}
	return nil
}

// take takes the captures out of a request's `:path`.
func (p *pathOrigin) take(values []Value, target string) *Error {
	path := target
	if query := strings.IndexByte(target, '?'); query >= 0 {
		path = target[:query]
	}
	decoded, problem := decodePath(path)
	if problem != "" {
		return &Error{Source: p.key, Problem: problem}
	}
	var scratch [spansOnStack]span
	found := spans(&scratch, p.pattern.captures)
	if path == "" || !p.pattern.match(decoded, found) {
		switch {
		case path == "":
			return p.mismatch()
		case p.short != nil && p.short.match(decoded, found):
			found[len(found)-1] = span{len(decoded), len(decoded)}
		case p.stem != nil && (p.stem.match(decoded, found) || p.stem.match(strings.TrimSuffix(decoded, "/"), found)):
			return &Error{
				Parameter: p.captures[len(p.captures)-1].name, Source: p.key,
				Problem: problemMissing + ": the path must look like " + quote(p.template),
			}
		default:
			return p.mismatch()
		}
	}
	return p.fill(values, path, decoded, found)
}

// mismatch never names a parameter: the path as a whole is a different one.
func (p *pathOrigin) mismatch() *Error {
	if len(p.captures) == 0 {
		return &Error{Source: p.key, Problem: "must be " + quote(p.template)}
	}
	return &Error{Source: p.key, Problem: "must look like " + quote(p.template)}
}

// fill turns the spans of the decoded path into values. Captures stand in the path in their order, so one walk over the
// path finds where each of them is in what was received.
func (p *pathOrigin) fill(values []Value, path, decoded string, found []span) *Error {
	escaped := len(decoded) != len(path)
	at, rawAt := 0, 0
	for i := range p.captures {
		c, s := &p.captures[i], found[i]
		if s.start == s.end {
			values[c.index] = c.standard
			continue
		}
		value := Value{kind: isText, fromPath: true, text: decoded[s.start:s.end]}
		if escaped {
			rawAt += rawLength(path[rawAt:], s.start-at)
			length := rawLength(path[rawAt:], s.end-s.start)
			value.raw = path[rawAt : rawAt+length]
			at, rawAt = s.end, rawAt+length
			if strings.IndexByte(value.text, encodedSlash) >= 0 {
				value.text = strings.ReplaceAll(value.text, string(encodedSlash), "/")
			}
		} else {
			value.raw = value.text
		}
		if problem := p.policy.problem(value.text); problem != "" {
			return &Error{Parameter: c.name, Source: p.key, Problem: problem}
		}
		values[c.index] = value
	}
	return nil
}

// rawLength is the length of the n first characters of a path whose escapes are sound.
func rawLength(path string, n int) int {
	length := 0
	for range n {
		if path[length] == '%' {
			length += 2
		}
		length++
	}
	return length
}
