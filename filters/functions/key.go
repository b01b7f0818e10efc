package functions

import (
	"encoding/binary"
	"math"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// key collects metadata into the bytes under which its compiled form is cached. Each part is preceded by its length, so
// that no two different configurations give the same bytes.
type key []byte

func (k key) text(s string) key {
	return append(binary.AppendUvarint(k, uint64(len(s))), s...)
}

func (k key) number(f float64) key {
	return binary.LittleEndian.AppendUint64(k, math.Float64bits(f))
}

func (k key) id(id uint64) key { return binary.AppendUvarint(k, id) }

// Marks of what follows a setting's name.
const (
	unreadableMark = iota
	textMark
	numberMark
	trueMark
	falseMark
	listMark
)

// settings adds a namespace whose values are of the kinds that the schema says.
func (k key) settings(metadata host.Metadata, source host.Source, schema schema) key {
	names := metadata.MetadataKeys(source, settingsNamespace)
	k = k.id(uint64(len(names)))
	for _, name := range names {
		k = k.text(name)
		kind, known := schema[name]
		if !known {
			k = append(k, unreadableMark)
			continue
		}
		k = k.setting(metadata, source, name, kind)
	}
	return k
}

func (k key) setting(metadata host.Metadata, source host.Source, name string, kind plugins.Kind) key {
	switch kind {
	case plugins.Text:
		if text, ok := metadata.MetadataText(source, settingsNamespace, name); ok {
			return append(k, textMark).text(text)
		}
	case plugins.Number:
		if number, ok := metadata.MetadataNumber(source, settingsNamespace, name); ok {
			return append(k, numberMark).number(number)
		}
	case plugins.Bool:
		if value, ok := metadata.MetadataBool(source, settingsNamespace, name); ok {
			if value {
				return append(k, trueMark)
			}
			return append(k, falseMark)
		}
	case plugins.List:
		if list, ok := metadata.MetadataList(source, settingsNamespace, name); ok {
			k = append(k, listMark).id(uint64(len(list)))
			for _, text := range list {
				k = k.text(text)
			}
			return k
		}
	}
	return append(k, unreadableMark)
}

// texts adds a namespace whose values are texts.
func (k key) texts(metadata host.Metadata, source host.Source, namespace string) key {
	names := metadata.MetadataKeys(source, namespace)
	k = k.id(uint64(len(names)))
	for _, name := range names {
		text, _ := metadata.MetadataText(source, namespace, name)
		k = k.text(name).text(text)
	}
	return k
}

// numbers adds a namespace whose values are numbers.
func (k key) numbers(metadata host.Metadata, source host.Source, namespace string) key {
	names := metadata.MetadataKeys(source, namespace)
	k = k.id(uint64(len(names)))
	for _, name := range names {
		number, ok := metadata.MetadataNumber(source, namespace, name)
		if !ok {
			number = math.NaN()
		}
		k = k.text(name).number(number)
	}
	return k
}
