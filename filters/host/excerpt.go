package host

import (
	"encoding/binary"
	"math"
	"sync/atomic"
)

// Excerpt is a part of the metadata that something was compiled from, see [Stream.AppendExcerpt]. A process makes a few of
// them, not some for each filter block, since hosts keep what they know of each for as long as the process lives.
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

// Part is one namespace of a cluster's or a route's metadata.
type Part struct {
	Source    Source
	Namespace string
	// Kinds says of what kind the values are, by key; all other values are of the kind Other. What is of another kind than is
	// said here reads as nothing.
	Kinds map[string]Kind
	Other Kind
	// Named, if not empty, leaves but one key: the text at the first of these places that has one.
	Named []Place
}

// Place is where a text stands.
type Place struct {
	Source         Source
	Namespace, Key string
}

// Kind is that of a value.
type Kind uint8

// The kinds. A value of kind Unread is not looked at; that it is there counts.
const (
	Unread Kind = iota
	Text
	Number
	Bool
	List
)

// AppendExcerpt is [Stream.AppendExcerpt] for hosts without a faster way.
func AppendExcerpt(to []byte, metadata Metadata, excerpt *Excerpt) []byte {
	for i := range excerpt.parts {
		part := &excerpt.parts[i]
		if len(part.Named) > 0 {
			to = appendNamed(to, metadata, part)
			continue
		}
		keys := metadata.MetadataKeys(part.Source, part.Namespace)
		to = binary.AppendUvarint(to, uint64(len(keys)))
		for _, key := range keys {
			kind, known := part.Kinds[key]
			if !known {
				kind = part.Other
			}
			to = appendValue(appendText(to, key), metadata, part, key, kind)
		}
	}
	return to
}

func appendNamed(to []byte, metadata Metadata, part *Part) []byte {
	for _, place := range part.Named {
		if key, ok := metadata.MetadataText(place.Source, place.Namespace, place.Key); ok {
			return appendValue(to, metadata, part, key, part.Other)
		}
	}
	return append(to, byte(Unread))
}

func appendValue(to []byte, metadata Metadata, part *Part, key string, kind Kind) []byte {
	switch kind {
	case Text:
		if text, ok := metadata.MetadataText(part.Source, part.Namespace, key); ok {
			return appendText(append(to, byte(Text)), text)
		}
	case Number:
		if number, ok := metadata.MetadataNumber(part.Source, part.Namespace, key); ok {
			return binary.LittleEndian.AppendUint64(append(to, byte(Number)), math.Float64bits(number))
		}
	case Bool:
		if value, ok := metadata.MetadataBool(part.Source, part.Namespace, key); ok {
			if value {
				return append(to, byte(Bool), 1)
			}
			return append(to, byte(Bool), 0)
		}
	case List:
		if list, ok := metadata.MetadataList(part.Source, part.Namespace, key); ok {
			to = binary.AppendUvarint(append(to, byte(List)), uint64(len(list)))
			for _, text := range list {
				to = appendText(to, text)
			}
			return to
		}
	}
	return append(to, byte(Unread))
}

func appendText(to []byte, text string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}
