package host

import (
	"encoding/binary"
	"errors"
	"math"
)

// Entry is a key with its value. In a part that has only one key, Key is empty.
type Entry struct {
	Key   string
	Value Value
}

// errNoContent is the error for bytes that are not an excerpt's content.
var errNoContent = errors.New("these bytes are not what an excerpt contains")

// Read reads an excerpt's content. It returns the entries of each part, in the order of their keys, and keeps nothing of the content. The error
// says that the bytes are not the content of this excerpt, which no host gives.
func (e *Excerpt) Read(content []byte) ([][]Entry, error) {
	r := reader{rest: string(content)}
	read := make([][]Entry, len(e.parts))
	for i := range e.parts {
		if e.parts[i].one() {
			read[i] = []Entry{{Value: r.value()}}
			continue
		}
		for range r.count(leastEntry) {
			key := r.text()
			read[i] = append(read[i], Entry{key, r.value()})
		}
	}
	if r.bad || r.rest != "" {
		return nil, errNoContent
	}
	return read, nil
}

// FirstText returns the text of an excerpt's first part, which must be a part of one key. readable is false if it is no text. The text is a view
// of the content.
func FirstText(content []byte) (text []byte, readable bool) {
	const head = 1 + countSize
	if len(content) < head || Kind(content[0]) != Text {
		return nil, false
	}
	size := binary.LittleEndian.Uint32(content[1:])
	if int64(size) > int64(len(content)-head) {
		return nil, false
	}
	return content[head : head+int(size)], true
}

// Empty reports whether none of an excerpt's first parts has a key. parts is the number of parts to look at; none of them may be a part of one
// key.
func Empty(content []byte, parts int) bool {
	if len(content) < parts*countSize {
		return false
	}
	for _, b := range content[:parts*countSize] {
		if b != 0 {
			return false
		}
	}
	return true
}

// Sizes in bytes.
const (
	countSize  = 4             // of the number of something
	leastEntry = countSize + 1 // of the smallest entry: the length of its key, and the kind of its value
)

// reader reads what AppendExcerpt appends. Once it has met something wrong, it reads nothing more.
type reader struct {
	rest string
	bad  bool
}

// take takes size bytes off the rest.
func (r *reader) take(size uint64) string {
	if r.bad || size > uint64(len(r.rest)) {
		r.bad = true
		return ""
	}
	taken := r.rest[:size]
	r.rest = r.rest[size:]
	return taken
}

// number takes a number of size bytes, 0 if fewer bytes are left.
func (r *reader) number(size uint64) (number uint64) {
	taken := r.take(size)
	for i := range len(taken) {
		number |= uint64(taken[i]) << (8 * i)
	}
	return number
}

// count takes the number of things that follow. Each takes at least least bytes, so a number is wrong for which too few bytes are left.
func (r *reader) count(least uint64) uint64 {
	count := r.number(countSize)
	if count*least > uint64(len(r.rest)) {
		r.bad = true
		return 0
	}
	return count
}

func (r *reader) text() string { return r.take(r.number(countSize)) }

func (r *reader) value() Value {
	value := Value{Kind: Kind(r.number(1))} //nolint:gosec // Of one byte.
	switch value.Kind {
	case Unreadable:
	case Text:
		value.Text = r.text()
		r.bad = r.bad || value.Text == ""
	case Number:
		value.Number = math.Float64frombits(r.number(8))
	case Bool:
		flag := r.number(1)
		value.Bool = flag == 1
		r.bad = r.bad || flag > 1
	case List:
		value.List = []string{}
		for range r.count(countSize) {
			value.List = append(value.List, r.text())
		}
	default:
		r.bad = true
	}
	return value
}
