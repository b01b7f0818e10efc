package harness

import "maps"

// NewConfig returns a configuration for stock Envoy with no listeners and no clusters yet.
func NewConfig() Config {
	return Config{
		"admin":            Object{"address": socketAddress("127.0.0.1:0")},
		"static_resources": Object{"listeners": []any{}, "clusters": []any{}},
	}
}

// AddCluster adds a cluster with one endpoint. Extra is the rest of it, as Envoy has it; its name is there.
func (c Config) AddCluster(address string, extra Object) {
	cluster := Object{
		"type":            "STATIC",
		"connect_timeout": "2s",
		"load_assignment": loadAssignment(extra["name"].(string), address),
	}
	maps.Copy(cluster, extra)
	c.add("clusters", cluster)
}

// AddListener adds a listener on a free port, with the `functions` filter. Its access log goes to standard output.
// Listener and manager are added to what they are named after.
func (c Config) AddListener(name string, routes []any, listener, manager Object) {
	connection := Object{
		"@type":        "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
		"stat_prefix":  "http",
		"access_log":   []any{accessLog()},
		"http_filters": []any{FunctionsFilter(), RouterFilter()},
		"route_config": Object{"virtual_hosts": []any{
			Object{"name": "all", "domains": []any{"*"}, "routes": routes},
		}},
	}
	maps.Copy(connection, manager)
	if manager["rds"] != nil {
		delete(connection, "route_config")
	}
	whole := Object{
		"name":    name,
		"address": socketAddress("127.0.0.1:0"),
		"filter_chains": []any{Object{"filters": []any{Object{
			"name": "envoy.filters.network.http_connection_manager", "typed_config": connection,
		}}}},
	}
	maps.Copy(whole, listener)
	c.add("listeners", whole)
}

func (c Config) add(kind string, resource Object) {
	resources := c["static_resources"].(Object)
	resources[kind] = append(resources[kind].([]any), resource)
}

// HelloConfig is the plainest configuration: its only route calls the only function of a Lambda cluster, hello, with the body alone.
func HelloConfig(upstream string) Config {
	config := NewConfig()
	config.AddCluster(upstream, Object{"name": "lambda", "metadata": Object{"filter_metadata": Object{
		"funcroute":           Object{"type": "lambda", "region": "us-east-1", "payload": "body"},
		"funcroute.functions": Object{"hello": "hello"},
	}}})
	config.AddListener("http", []any{Object{
		"match": Object{"prefix": "/"}, "route": Object{"cluster": "lambda"},
		"metadata": Object{"filter_metadata": Object{"funcroute": Object{"function": "hello"}}},
	}}, nil, nil)
	return config
}

// ConfigureFilter gives the `functions` filter a configuration of its own.
func (c Config) ConfigureFilter(settings Object) {
	for _, manager := range c.ConnectionManagers() {
		for _, filter := range Objects(manager, "http_filters") {
			if isFunctions(filter) {
				filter["typed_config"].(Object)["filter_config"] = AsStruct(settings)
			}
		}
	}
}

// FunctionsFilter is a `functions` filter as it stands in an HTTP connection manager.
func FunctionsFilter() Object {
	return Object{"name": "functions", "typed_config": Object{
		"@type":                 dynamicModuleFilter,
		"dynamic_module_config": Object{"name": "funcroute", "do_not_close": true},
		"filter_name":           "functions",
	}}
}

// EventsFilters are the filters of a listener with a `cloudevents` filter of that configuration.
func EventsFilters(config Object) []any {
	events := FunctionsFilter()
	events["name"] = "cloudevents"
	typed := events["typed_config"].(Object)
	typed["filter_name"] = "cloudevents"
	if len(config) > 0 {
		typed["filter_config"] = AsStruct(config)
	}
	return []any{events, FunctionsFilter(), RouterFilter()}
}

// RouterFilter is Envoy's router, the last filter of an HTTP connection manager.
func RouterFilter() Object {
	return Object{"name": "envoy.filters.http.router", "typed_config": Object{
		"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
	}}
}

// accessLog writes the fields that steps can ask for, see testdata/README.md.
func accessLog() Object {
	return Object{"name": "envoy.access_loggers.stdout", "typed_config": Object{
		"@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
		"log_format": Object{"json_format": Object{
			"client":    "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
			"status":    "%RESPONSE_CODE%",
			"details":   "%RESPONSE_CODE_DETAILS%",
			"flags":     "%RESPONSE_FLAGS%",
			"attempts":  "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
			"funcroute": "%DYNAMIC_METADATA(funcroute)%",
			"event":     "%DYNAMIC_METADATA(funcroute.cloudevents)%",
		}},
	}}
}
