package host

import (
	"encoding/binary"
	"math"
	"sync/atomic"
)

// Excerpt says which part of the metadata of the chosen cluster and route is meant. What [Stream.AppendExcerpt] appends is the
// excerpt's content: the same bytes on every host where the metadata is the same, and others where it is not. So what is compiled of an
// excerpt is kept under its content, and compiled from it, see [Excerpt.Read].
//
// A process makes a few excerpts, not some for each filter block, since hosts keep what they know of each for as long as the
// process lives.
type Excerpt struct {
	parts  []Part
	number int
}

// madeExcerpts counts the excerpts of the process.
var madeExcerpts atomic.Int64

// NewExcerpt returns an excerpt of these parts, which must not be changed any more.
func NewExcerpt(parts ...Part) *Excerpt {
	return &Excerpt{parts: parts, number: int(madeExcerpts.Add(1)) - 1}
}

// Parts are the parts, in their order.
func (e *Excerpt) Parts() []Part { return e.parts }

// Number is the excerpt's among those of the process, counted from 0. What a host knows of it can stand in a list there.
func (e *Excerpt) Number() int { return e.number }

// Source says whose metadata is meant.
type Source int

// The sources of metadata.
const (
	Cluster Source = iota
	Route
)

// Part is one namespace of a cluster's or a route's metadata: all of its keys, or one.
type Part struct {
	Source    Source
	Namespace string
	// Kinds says of what kind the values are, by key; all other values are of the kind Other. Hosts can read one kind of
	// value at a time, so what is of another kind than is said here is unreadable; so is an empty text, and a list that has
	// anything but texts.
	Kinds map[string]Kind
	Other Kind
	// Given, if true, leaves but one key, the name given to AppendExcerpt. Its value is of the kind Other.
	Given bool
	// Named, if not empty, leaves but one key: the text at the first of these places that has one. Its value is of the kind
	// Other, and unreadable where no place has a text.
	Named []Place
}

// one reports whether the part has but one key.
func (p *Part) one() bool { return p.Given || len(p.Named) > 0 }

// kind is that of a key's value.
func (p *Part) kind(key string) Kind {
	if kind, known := p.Kinds[key]; known {
		return kind
	}
	return p.Other
}

// Place is where a text stands.
type Place struct {
	Source         Source
	Namespace, Key string
}

// Kind is that of a value.
type Kind uint8

// The kinds. A value of kind Unreadable is not looked at; that it is there counts. The numbers stand in contents.
const (
	Unreadable Kind = iota
	Text
	Number
	Bool
	List
)

// Value is a value of metadata. The member of its kind counts.
type Value struct {
	Kind   Kind
	Text   string
	Number float64
	Bool   bool
	List   []string
}

// Metadata is how hosts without a faster way read it.
type Metadata interface {
	// Keys lists a namespace's keys, in their order.
	Keys(source Source, namespace string) []string
	// Value returns what stands under a key, which is unreadable if that is nothing, or of a kind that there is not here. A list that has
	// anything but texts is such a kind.
	Value(source Source, namespace, key string) Value
}

// AppendExcerpt is [Stream.AppendExcerpt] for hosts without a faster way. A part of all keys is their number, and then each key
// with its value, in the order of the keys' bytes; a part of one key is the value alone. A value is one byte that says its kind,
// then its text, eight bytes of its number, one of its bool (1 is true), or the number of its list's texts and these. A text is the
// number of its bytes and these. Numbers of things have four bytes, and all numbers begin with the lowest byte.
func AppendExcerpt(to []byte, metadata Metadata, excerpt *Excerpt, name string) []byte {
	for i := range excerpt.parts {
		part := &excerpt.parts[i]
		if part.one() {
			key, there := part.key(metadata, name)
			value := Value{}
			if there {
				value = metadata.Value(part.Source, part.Namespace, key)
			}
			to = appendValue(to, value, part.Other)
			continue
		}
		keys := metadata.Keys(part.Source, part.Namespace)
		to = appendCount(to, len(keys))
		for _, key := range keys {
			to = appendValue(appendText(to, key), metadata.Value(part.Source, part.Namespace, key), part.kind(key))
		}
	}
	return to
}

// key is the one key of a part that has but one.
func (p *Part) key(metadata Metadata, name string) (key string, there bool) {
	if p.Given {
		return name, true
	}
	for _, place := range p.Named {
		if named := metadata.Value(place.Source, place.Namespace, place.Key); named.Kind == Text && named.Text != "" {
			return named.Text, true
		}
	}
	return "", false
}

// appendValue appends a value that should be of a kind.
func appendValue(to []byte, value Value, kind Kind) []byte {
	if value.Kind != kind || kind == Text && value.Text == "" {
		return append(to, byte(Unreadable))
	}
	to = append(to, byte(kind))
	switch kind {
	case Text:
		return appendText(to, value.Text)
	case Number:
		return binary.LittleEndian.AppendUint64(to, math.Float64bits(value.Number))
	case Bool:
		if value.Bool {
			return append(to, 1)
		}
		return append(to, 0)
	case List:
		to = appendCount(to, len(value.List))
		for _, text := range value.List {
			to = appendText(to, text)
		}
	}
	return to
}

func appendText(to []byte, text string) []byte { return append(appendCount(to, len(text)), text...) }

func appendCount(to []byte, count int) []byte {
	return binary.LittleEndian.AppendUint32(to, uint32(count)) //nolint:gosec // Metadata has less.
}
