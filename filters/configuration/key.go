// Package configuration is what filters need to read configuration once and to keep what they made of it: strict decoding,
// a cache, and its keys.
package configuration

import "encoding/binary"

// Key collects what something was compiled from into the bytes under which it is cached, see also host.Excerpt. Each part is preceded by its length, so
// that no two different configurations give the same bytes.
type Key []byte

// Text adds a text.
func (k Key) Text(s string) Key {
	return append(binary.AppendUvarint(k, uint64(len(s))), s...)
}

// ID adds a whole number that is not negative.
func (k Key) ID(id uint64) Key { return binary.AppendUvarint(k, id) }
