package host

import (
	"encoding/binary"
	"errors"
	"math"
)

// Entry is a key with its value. The value of a part that has but one key stands without the key.
type Entry struct {
	Key   string
	Value Value
}

// errNoContent is the error of bytes that are no excerpt's content.
var errNoContent = errors.New("these bytes are not what an excerpt contains")

// Read reads an excerpt's content: for each part its entries, in the order of their keys. Nothing of the content is kept. No host gives
// bytes that cannot be read.
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

// FirstText returns the text that an excerpt's first part has, if that is a part of one key, and false if it is unreadable. It is a view of
// the content.
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

// Empty reports whether the first parts of an excerpt, so many, have no keys. None of them may be a part of one key.
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

// How many bytes the number of something takes, and an entry at least: a key and a value's kind.
const (
	countSize  = 4
	leastEntry = countSize + 1
)

// reader reads what AppendExcerpt appends. Once something was bad, it reads nothing any more.
type reader struct {
	rest string
	bad  bool
}

// take takes so many bytes.
func (r *reader) take(size uint64) string {
	if r.bad || size > uint64(len(r.rest)) {
		r.bad = true
		return ""
	}
	taken := r.rest[:size]
	r.rest = r.rest[size:]
	return taken
}

// number takes a number of so many bytes, 0 if there are not as many.
func (r *reader) number(size uint64) (number uint64) {
	taken := r.take(size)
	for i := range len(taken) {
		number |= uint64(taken[i]) << (8 * i)
	}
	return number
}

// count takes the number of things that take at least so many bytes each. More than there are bytes for would be a lie.
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
