package functions

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// schema says of what kind each key of the settings namespace is, for one type.
type schema map[string]plugins.Kind

func schemaOf(settings []plugins.Setting) schema {
	s := schema{typeKey: plugins.Text, functionKey: plugins.Text, defaultFunctionKey: plugins.Text}
	for _, setting := range settings {
		s[setting.Name] = setting.Kind
	}
	return s
}

// read copies the settings namespace out of Envoy's memory.
func (s schema) read(metadata host.Metadata, source host.Source) plugins.Settings {
	settings := plugins.Settings{}
	for _, name := range metadata.MetadataKeys(source, settingsNamespace) {
		settings[strings.Clone(name)] = s.value(metadata, source, name)
	}
	return settings
}

func (s schema) value(metadata host.Metadata, source host.Source, name string) any {
	kind, known := s[name]
	if !known {
		return plugins.Unreadable{}
	}
	switch kind {
	case plugins.Text:
		if text, ok := metadata.MetadataText(source, settingsNamespace, name); ok {
			return strings.Clone(text)
		}
	case plugins.Number:
		if number, ok := metadata.MetadataNumber(source, settingsNamespace, name); ok {
			return number
		}
	case plugins.Bool:
		if value, ok := metadata.MetadataBool(source, settingsNamespace, name); ok {
			return value
		}
	case plugins.List:
		if list, ok := metadata.MetadataList(source, settingsNamespace, name); ok {
			return cloneAll(list)
		}
	}
	return plugins.Unreadable{}
}

// checkUnused looks for settings that there are not on a route that names no function. No function is made there that would
// refuse them, and the key that is misspelled may be the one that should have named it: without the check, a request that was to
// become a call would go to the upstream as it is.
func (s schema) checkUnused(levels []level) error {
	for _, l := range levels {
		for _, name := range slices.Sorted(maps.Keys(l.settings)) {
			if _, known := s[name]; !known {
				routes := maps.Clone(s)
				delete(routes, typeKey)
				delete(routes, defaultFunctionKey)
				return fmt.Errorf("%s: setting %q is unknown; there are %s", l.name, name, strings.Join(slices.Sorted(maps.Keys(routes)), ", "))
			}
		}
	}
	return nil
}

func cloneAll(texts []string) []string {
	clones := make([]string, len(texts))
	for i, text := range texts {
		clones[i] = strings.Clone(text)
	}
	return clones
}

// overlay returns the first settings with those of the second put over them.
func overlay(under, over plugins.Settings) plugins.Settings {
	merged := maps.Clone(under)
	maps.Copy(merged, over)
	return merged
}
