package functions

import (
	"github.com/funcroute/funcroute/filters/configuration"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// Marks of what follows a setting's name in a cache key.
const (
	unreadableMark = iota
	textMark
	numberMark
	trueMark
	falseMark
	listMark
)

// appendSettings adds the settings, whose values are of the kinds that the schema says, to a cache key.
func appendSettings(k configuration.Key, metadata host.Metadata, source host.Source, schema schema) configuration.Key {
	names := metadata.MetadataKeys(source, settingsNamespace)
	k = k.ID(uint64(len(names)))
	for _, name := range names {
		k = k.Text(name)
		kind, known := schema[name]
		if !known {
			k = append(k, unreadableMark)
			continue
		}
		k = appendSetting(k, metadata, source, name, kind)
	}
	return k
}

func appendSetting(k configuration.Key, metadata host.Metadata, source host.Source, name string, kind plugins.Kind) configuration.Key {
	switch kind {
	case plugins.Text:
		if text, ok := metadata.MetadataText(source, settingsNamespace, name); ok {
			return append(k, textMark).Text(text)
		}
	case plugins.Number:
		if number, ok := metadata.MetadataNumber(source, settingsNamespace, name); ok {
			return append(k, numberMark).Number(number)
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
			k = append(k, listMark).ID(uint64(len(list)))
			for _, text := range list {
				k = k.Text(text)
			}
			return k
		}
	}
	return append(k, unreadableMark)
}
