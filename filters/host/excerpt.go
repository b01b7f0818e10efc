package host

import (
	"encoding/binary"
	"math"
	"sync/atomic"
)

// Excerpt says which part of the metadata of the chosen cluster and route something is compiled from.
//
// [Stream.AppendExcerpt] appends the excerpt's content. All hosts give the same bytes for the same metadata, and other bytes for other
// metadata. So the content serves twice: something is compiled from it, see [Excerpt.Read], and is cached with the content as its key.
//
// A process makes a few excerpts, and not some for each filter block, because hosts keep what they know of each for as long as the process
// lives.
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

// Number is the excerpt's number among those of the process, counted from 0. A host can keep what it knows of excerpts in a list.
func (e *Excerpt) Number() int { return e.number }

// Source says whose metadata is meant.
type Source int

// The sources of metadata.
const (
	Cluster Source = iota
	Route
)

// Part is one namespace of a cluster's or a route's metadata: all of its keys, or one of them.
type Part struct {
	Source    Source
	Namespace string
	// Kinds says of which kind the values of some keys are. All other values are of the kind Other. A value of another kind is
	// unreadable, because hosts can only read a value whose kind they know. An empty text is unreadable as well, and so is a list that
	// has anything but texts.
	Kinds map[string]Kind
	Other Kind
	// Given says that the part has only one key, which is the name given to AppendExcerpt. Its value is of the kind Other.
	Given bool
	// Named, if it is not empty, says that the part has only one key, which stands as a text in the metadata itself: at the first of
	// these places that has a text. The key's value is of the kind Other. It is unreadable if no place has a text.
	Named []Place
}

// one reports whether the part has only one key.
func (p *Part) one() bool { return p.Given || len(p.Named) > 0 }

// kind is the kind of a key's value.
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

// Kind is the kind of a value.
type Kind uint8

// The kinds. Of a value of kind Unreadable nothing is known but that it is there. The numbers stand in the content of excerpts.
const (
	Unreadable Kind = iota
	Text
	Number
	Bool
	List
)

// Value is a value of metadata. Only the field of its kind counts.
type Value struct {
	Kind   Kind
	Text   string
	Number float64
	Bool   bool
	List   []string
}

// Metadata is the metadata of the chosen cluster and route, for hosts that have no faster way to give excerpts.
type Metadata interface {
	// Keys lists a namespace's keys, in their order.
	Keys(source Source, namespace string) []string
	// Value returns the value of a key. It is unreadable if there is none, and if it is of none of the kinds, such as a list that has
	// anything but texts.
	Value(source Source, namespace, key string) Value
}

// AppendExcerpt is [Stream.AppendExcerpt] for hosts that have no faster way. The parts of an excerpt are encoded one after the other:
//
//	part of all keys  the number of keys, then each key (a text) and its value, in the order of the keys' bytes
//	part of one key   the value
//	value             one byte for its kind, then the text, the number, the bool or the list
//	text              the number of its bytes, then the bytes
//	number            8 bytes (IEEE 754)
//	bool              1 byte, which is 1 for true
//	list              the number of its texts, then the texts
//
// The number of keys, bytes and texts takes 4 bytes. All numbers begin with the lowest byte.
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

// key is the key of a part that has only one.
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

// appendValue appends a value if it is of the kind, and else an unreadable one.
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
