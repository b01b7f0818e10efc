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

// settingsOf returns what a part of an excerpt says of settings. An excerpt's kinds are those of the schema.
func settingsOf(part []host.Entry) plugins.Settings {
	settings := make(plugins.Settings, len(part))
	for _, entry := range part {
		settings[entry.Key] = settingOf(entry.Value)
	}
	return settings
}

func settingOf(value host.Value) any {
	switch value.Kind {
	case host.Text:
		return value.Text
	case host.Number:
		return value.Number
	case host.Bool:
		return value.Bool
	case host.List:
		return value.List
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

// overlay returns the first settings with those of the second put over them.
func overlay(under, over plugins.Settings) plugins.Settings {
	merged := maps.Clone(under)
	maps.Copy(merged, over)
	return merged
}
