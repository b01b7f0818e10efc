package harness

import (
	"path/filepath"
	"testing"
)

// intoContrib replaces the dynamic-module filters of a configuration by contrib's golang filter.
func intoContrib(t testing.TB, from libraries, config Config) {
	t.Helper()
	ForContrib(config, from.path(t, "libfuncroute-contrib.so"))
}

// ForContrib turns a configuration for stock Envoy into one for contrib Envoy, with a library at that path. It changes the
// configuration itself.
func ForContrib(config Config, library string) {
	visit(Object(config), func(typed Object) {
		switch typed["@type"] {
		case dynamicModuleFilter:
			plugin, settings := typed["filter_name"], typed["filter_config"]
			clear(typed)
			typed["@type"] = contribFilter
			typed["library_id"], typed["library_path"], typed["plugin_name"] = "funcroute", library, plugin
			if settings != nil {
				typed["plugin_config"] = settings
			}
		case DynamicModulePerRoute:
			plugin, settings := typed["filter_name"].(string), typed["filter_config"]
			clear(typed)
			typed["@type"] = ContribPerRoute
			typed["plugins_config"] = Object{plugin: Object{"config": settings}}
		}
	})
}

// intoContribHost is intoContrib for stock Envoy with the contrib test host, see contribhost/README.md.
func intoContribHost(t testing.TB, from libraries, config Config) {
	t.Helper()
	library := from.path(t, "libfuncroute-contrib.so")
	visit(Object(config), func(typed Object) {
		plugin, _ := typed["filter_name"].(string)
		given, _ := typed["filter_config"].(Object)
		switch typed["@type"] {
		case dynamicModuleFilter:
			settings := Object{"library_id": "funcroute", "library_path": library, "plugin_name": plugin}
			if given != nil {
				settings["plugin_config"] = given
			}
			typed["filter_config"] = AsStruct(settings)
		case DynamicModulePerRoute:
			typed["filter_config"] = AsStruct(Object{"plugins_config": Object{plugin: Object{"config": given}}})
		default:
			return
		}
		typed["filter_name"] = "contribhost"
		typed["dynamic_module_config"] = Object{"name": "contribhost", "do_not_close": true, "load_globally": true}
	})
}

// AsStruct wraps settings as Envoy wants the configuration of a filter of ours.
func AsStruct(value Object) Object {
	return Object{"@type": "type.googleapis.com/google.protobuf.Struct", "value": value}
}

func contribHostEnvironment(t testing.TB, _ libraries) []string {
	t.Helper()
	return []string{"ENVOY_DYNAMIC_MODULES_SEARCH_PATH=" + filepath.Dir(libraries("").path(t, "libcontribhost.so"))}
}
