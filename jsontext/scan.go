package jsontext

import "github.com/funcroute/funcroute/httptext"

// MaxDepth is how deep JSON may be nested. A text that is nested deeper does not count as JSON. This bounds the stack that a request can
// make us use.
const MaxDepth = 1000

// Valid reports whether a text is one JSON value (RFC 8259). It does what json.Valid does, at a third of the cost, and like it does not
// look at the encoding of strings.
func Valid(text []byte) bool {
	s := scanner{text: text}
	return s.document(nil)
}

// scanner reads a text once. It checks all of the text and notes where the wanted values are. Its methods move on in the text, and
// report false if the text is not JSON.
type scanner struct {
	text []byte
	at   int
	// found says where the wanted values stand. Of members with the same name the last one counts, as it does in encoding/json
	// and in JavaScript.
	found []Span
	deep  bool
}

// document scans all of the text. If it reports false, at is where the text is not JSON; deep says that it is nested too deep there.
func (s *scanner) document(root *node) bool {
	if !s.value(root, 0) {
		return false
	}
	s.space()
	return s.at == len(s.text)
}

// value scans a value and the space before it. n is nil if nothing in the value is wanted.
func (s *scanner) value(n *node, depth int) bool {
	s.space()
	if s.at >= len(s.text) {
		return false
	}
	start, ok := s.at, false
	switch c := s.text[s.at]; c {
	case '{', '[':
		if depth >= MaxDepth {
			s.deep = true
			return false
		}
		s.at++
		if c == '{' {
			ok = s.object(n, depth+1)
		} else {
			ok = s.array(n, depth+1)
		}
	case '"':
		_, ok = s.quoted()
	case 't':
		ok = s.word("true")
	case 'f':
		ok = s.word("false")
	case 'n':
		ok = s.word("null")
	default:
		ok = s.number()
	}
	if ok && n != nil && n.target >= 0 {
		s.found[n.target] = Span{start, s.at}
	}
	return ok
}

// object scans what follows an opening brace.
func (s *scanner) object(n *node, depth int) bool {
	if s.space(); s.next('}') {
		return true
	}
	for {
		s.space()
		start := s.at
		escaped, ok := s.quoted()
		if !ok {
			return false
		}
		member := s.member(n, s.text[start:s.at], escaped)
		if s.space(); !s.next(':') || !s.value(member, depth) {
			return false
		}
		if s.space(); s.next('}') {
			return true
		}
		if !s.next(',') {
			return false
		}
	}
}

// member returns the wanted member of n with a name as it stands in the document, or nil.
func (s *scanner) member(n *node, quoted []byte, escaped bool) *node {
	if n == nil || len(n.children) == 0 {
		return nil
	}
	var member *node
	if escaped {
		member = n.child(string(Unquote(quoted)))
	} else {
		name := quoted[1 : len(quoted)-1]
		for i := range n.children {
			if n.children[i].name == string(name) {
				member = n.children[i].node
				break
			}
		}
	}
	if member != nil {
		s.forget(member)
	}
	return member
}

// forget drops the values that an earlier member of the same name has left.
func (s *scanner) forget(n *node) {
	if n.target >= 0 {
		s.found[n.target] = Span{}
	}
	for i := range n.children {
		s.forget(n.children[i].node)
	}
}

// array scans what follows an opening bracket.
func (s *scanner) array(n *node, depth int) bool {
	if s.space(); s.next(']') {
		return true
	}
	for i := 0; ; i++ {
		var element *node
		if n != nil && len(n.children) > 0 {
			element = n.element(i)
		}
		if !s.value(element, depth) {
			return false
		}
		if s.space(); s.next(']') {
			return true
		}
		if !s.next(',') {
			return false
		}
	}
}

// quoted scans a string. It reports whether there are escapes in it.
func (s *scanner) quoted() (escaped, ok bool) {
	if !s.next('"') {
		return false, false
	}
	for {
		if s.at = plain(s.text, s.at, false); s.at == len(s.text) {
			return false, false
		}
		switch s.text[s.at] {
		case '"':
			s.at++
			return escaped, true
		case '\\':
			escaped = true
			s.at++
			if !s.escape() {
				return false, false
			}
		default: // A control character.
			return false, false
		}
	}
}

// escape scans what follows a backslash.
func (s *scanner) escape() bool {
	if s.at >= len(s.text) {
		return false
	}
	switch s.text[s.at] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at++
		return true
	case 'u':
		s.at++
		for range 4 {
			if s.at >= len(s.text) || httptext.HexDigit(s.text[s.at]) > 15 {
				return false
			}
			s.at++
		}
		return true
	default:
		return false
	}
}

func (s *scanner) number() bool {
	s.next('-')
	if !s.next('0') && !s.digits() {
		return false
	}
	if s.next('.') && !s.digits() {
		return false
	}
	if s.next('e') || s.next('E') {
		if !s.next('+') {
			s.next('-')
		}
		return s.digits()
	}
	return true
}

// digits scans digits, at least one.
func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at > start
}

func (s *scanner) word(word string) bool {
	for i := range len(word) {
		if !s.next(word[i]) {
			return false
		}
	}
	return true
}

// next scans one character if it is c.
func (s *scanner) next(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) space() {
	for s.at < len(s.text) && isSpace(s.text[s.at]) {
		s.at++
	}
}
