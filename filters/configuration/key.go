package configuration

import (
	"encoding/binary"
	"math"

	"github.com/funcroute/funcroute/filters/host"
)

// Key collects metadata into the bytes under which its compiled form is cached. Each part is preceded by its length, so
// that no two different configurations give the same bytes.
type Key []byte

// Text adds a text.
func (k Key) Text(s string) Key {
	return append(binary.AppendUvarint(k, uint64(len(s))), s...)
}

// Number adds a number.
func (k Key) Number(f float64) Key {
	return binary.LittleEndian.AppendUint64(k, math.Float64bits(f))
}

// ID adds a whole number that is not negative.
func (k Key) ID(id uint64) Key { return binary.AppendUvarint(k, id) }

// Texts adds a namespace whose values are texts.
func (k Key) Texts(metadata host.Metadata, source host.Source, namespace string) Key {
	names := metadata.MetadataKeys(source, namespace)
	k = k.ID(uint64(len(names)))
	for _, name := range names {
		text, _ := metadata.MetadataText(source, namespace, name)
		k = k.Text(name).Text(text)
	}
	return k
}

// Numbers adds a namespace whose values are numbers.
func (k Key) Numbers(metadata host.Metadata, source host.Source, namespace string) Key {
	names := metadata.MetadataKeys(source, namespace)
	k = k.ID(uint64(len(names)))
	for _, name := range names {
		number, ok := metadata.MetadataNumber(source, namespace, name)
		if !ok {
			number = math.NaN()
		}
		k = k.Text(name).Number(number)
	}
	return k
}
