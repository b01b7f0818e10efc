package parameters

import "strings"

// piece is a token made ready for matching: a literal, or a capture.
type piece struct {
	literal string
	// slash is where the literal's first slash is if captures end at slashes, else -1.
	slash int
	// capture is the index of the capture among those of its pattern, -1 for a literal.
	capture int
	// least is how many bytes the capture has at least, 0 or 1.
	least int
}

// span is the part of a text that a capture has taken.
type span struct{ start, end int }

// chunk is a part of a pattern without a capture that spans slashes: literals and captures in turn.
//
// All captures are as short as possible, the first one first. A search that goes back to lengthen captures is not
// needed for that. Within a chunk, the first place where the literal after a capture is found leaves the most text for
// the rest, and the captures after it may take whatever a later place would have skipped.
type chunk struct {
	pieces []piece
	// slashes is how many slashes the literals hold.
	slashes int
	// segmented is whether captures end at slashes.
	segmented bool
}

// match matches the chunk against text from pos on, up to the end of text if anchored. It returns where the chunk ends.
func (c *chunk) match(text string, pos int, anchored bool, spans []span) (end int, ok bool) {
	for i := 0; i < len(c.pieces); i++ {
		p := &c.pieces[i]
		if p.capture < 0 {
			if !strings.HasPrefix(text[pos:], p.literal) {
				return 0, false
			}
			pos += len(p.literal)
			continue
		}
		least := pos + p.least
		if least > len(text) {
			return 0, false
		}
		limit := len(text)
		if c.segmented {
			if slash := strings.IndexByte(text[pos:], '/'); slash >= 0 {
				limit = pos + slash
			}
		}
		stop := len(text)
		if i+1 < len(c.pieces) {
			i++
			next := &c.pieces[i]
			switch {
			case anchored && i == len(c.pieces)-1:
				stop = len(text) - len(next.literal)
				ok = stop >= least && strings.HasSuffix(text, next.literal)
			case next.slash >= 0:
				// The capture ends before the next slash of the text, so that is the literal's.
				stop = limit - next.slash
				ok = stop >= least && strings.HasPrefix(text[stop:], next.literal)
			default:
				ok = least <= limit
				if ok {
					found := strings.Index(text[least:limit], next.literal)
					stop, ok = least+found, found >= 0
				}
			}
			if !ok {
				return 0, false
			}
			end = stop + len(next.literal)
		} else {
			end = stop
		}
		if stop < least || stop > limit {
			return 0, false
		}
		spans[p.capture] = span{pos, stop}
		pos = end
	}
	return pos, !anchored || pos == len(text)
}

// pattern is a whole template: chunks with a capture that spans slashes between each two of them, at most one chunk
// where there is no such capture. The last chunk is empty if the template ends with such a capture.
type pattern struct {
	chunks []chunk
	// wide are the captures that span slashes; wide[i] stands after chunks[i].
	wide []piece
	// captures is how many captures there are.
	captures int
}

// match matches a whole text. It has to go back over a chunk only to find the next place where the chunk may begin, and
// never to one before the next slash, see below; thus the time it takes grows linearly with the text.
func (p *pattern) match(text string, spans []span) bool {
	last := len(p.chunks) - 1
	pos, ok := p.chunks[0].match(text, 0, last == 0, spans)
	if !ok {
		return false
	}
	for i := 1; i <= last; i++ {
		wide, c := &p.wide[i-1], &p.chunks[i]
		start := pos
		least := start + wide.least
		if least > len(text) {
			return false
		}
		var begin int
		switch {
		case len(c.pieces) == 0:
			begin, pos = len(text), len(text)
		case i == last:
			begin, pos, ok = c.matchEnd(text, least, spans)
		default:
			begin, pos, ok = c.find(text, least, spans)
		}
		if !ok {
			return false
		}
		spans[wide.capture] = span{start, begin}
	}
	return true
}

// find finds the first place at or after least where the chunk matches.
func (c *chunk) find(text string, least int, spans []span) (begin, end int, ok bool) {
	for {
		found := strings.Index(text[least:], c.pieces[0].literal)
		if found < 0 {
			return 0, 0, false
		}
		begin = least + found
		if end, ok = c.match(text, begin, false, spans); ok {
			return begin, end, true
		}
		// What has failed fails as well from any later beginning that has the same next slash: as captures hold no
		// slash, either the chunk has one, which must be that one, or all of the chunk lies before it.
		slash := strings.IndexByte(text[begin:], '/')
		if slash < 0 {
			return 0, 0, false
		}
		least = begin + slash + 1
	}
}

// matchEnd finds the first place at or after least from which the chunk matches all the rest of the text.
func (c *chunk) matchEnd(text string, least int, spans []span) (begin, end int, ok bool) {
	if len(c.pieces) == 1 {
		begin = len(text) - len(c.pieces[0].literal)
		return begin, len(text), begin >= least && strings.HasSuffix(text, c.pieces[0].literal)
	}
	// The chunk takes exactly the last slashes of the text, so it begins in the segment before them.
	segment := len(text)
	for range c.slashes + 1 {
		segment = strings.LastIndexByte(text[:segment], '/')
		if segment < 0 {
			break
		}
	}
	least = max(least, segment+1)
	found := strings.Index(text[least:], c.pieces[0].literal)
	if found < 0 {
		return 0, 0, false
	}
	begin = least + found
	end, ok = c.match(text, begin, true, spans)
	return begin, end, ok
}

// newPattern makes tokens ready for matching. Captures are numbered in the order of the tokens.
func newPattern(tokens []token, segmented bool) *pattern {
	p := &pattern{}
	current := chunk{segmented: segmented}
	for _, t := range tokens {
		next := piece{literal: t.literal, slash: -1, capture: -1}
		if t.name == "" {
			if segmented {
				next.slash = strings.IndexByte(t.literal, '/')
				current.slashes += strings.Count(t.literal, "/")
			}
			current.pieces = append(current.pieces, next)
			continue
		}
		next.capture = p.captures
		p.captures++
		if t.required() {
			next.least = 1
		}
		if t.multi {
			p.wide = append(p.wide, next)
			p.chunks = append(p.chunks, current)
			current = chunk{segmented: segmented}
			continue
		}
		current.pieces = append(current.pieces, next)
	}
	p.chunks = append(p.chunks, current)
	return p
}
