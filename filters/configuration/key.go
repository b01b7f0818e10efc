// Package configuration has what filters need to read configuration and to keep what they have compiled from it: strict decoding, a cache,
// and the cache's keys.
package configuration

import "encoding/binary"

// Key is the key of something in a cache. It is made of all from which the thing was compiled, such as the content of a host.Excerpt. Each
// part is preceded by its length, so that different configurations never have the same key.
type Key []byte

// Text adds a text.
func (k Key) Text(s string) Key {
	return append(binary.AppendUvarint(k, uint64(len(s))), s...)
}

// ID adds a whole number that is not negative.
func (k Key) ID(id uint64) Key { return binary.AppendUvarint(k, id) }
