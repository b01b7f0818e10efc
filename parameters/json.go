package parameters

// maxDepth is how deeply objects and arrays may be nested. It bounds the stack that a request can make us use.
const maxDepth = 1000

// scanner reads a JSON document once, checks all of it and notes where the wanted values are.
type scanner struct {
	data []byte
	pos  int
	// found says where in data the wanted values stand, nowhere if the span is empty. Of members with the same name the
	// last one counts, as it does in encoding/json and in JavaScript.
	found []span
	deep  bool
}

// document scans all of data. If it reports false, pos is where data is not JSON, or deep is set.
func (s *scanner) document(root *node) bool {
	if !s.value(root, 0) {
		return false
	}
	s.space()
	return s.pos == len(s.data)
}

// value scans a value and the space before it; n is nil if nothing in it is wanted.
func (s *scanner) value(n *node, depth int) bool {
	s.space()
	if s.pos >= len(s.data) {
		return false
	}
	start, ok := s.pos, false
	switch c := s.data[s.pos]; c {
	case '{', '[':
		if depth >= maxDepth {
			s.deep = true
			return false
		}
		s.pos++
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
		s.found[n.target] = span{start, s.pos}
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
		start := s.pos
		escaped, ok := s.quoted()
		if !ok {
			return false
		}
		member := s.member(n, s.data[start:s.pos], escaped)
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
		member = n.child(unquote(quoted))
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

// forget drops what an earlier member of the same name has left.
func (s *scanner) forget(n *node) {
	if n.target >= 0 {
		s.found[n.target] = span{}
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
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return escaped, true
		case c == '\\':
			escaped = true
			s.pos++
			if !s.escape() {
				return false, false
			}
		case c < ' ':
			return false, false
		default:
			s.pos++
		}
	}
	return false, false
}

// escape scans what follows a backslash.
func (s *scanner) escape() bool {
	if s.pos >= len(s.data) {
		return false
	}
	switch s.data[s.pos] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos++
		return true
	case 'u':
		s.pos++
		for range 4 {
			if s.pos >= len(s.data) || nibble(s.data[s.pos]) > 15 {
				return false
			}
			s.pos++
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

// digits scans one digit at least.
func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
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
	if s.pos < len(s.data) && s.data[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) space() {
	for s.pos < len(s.data) && isSpace(s.data[s.pos]) {
		s.pos++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
