package harness

import (
	"bytes"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"gopkg.in/yaml.v3"
)

// Object is a mapping of Envoy's YAML.
type Object = map[string]any

// Config is an Envoy configuration as a tree. It is also changed as a tree, never as text, so that the very files that users read can be
// run on free ports and against local counterparts.
type Config Object

// LoadConfig reads a file of this repository.
func LoadConfig(t testing.TB, path string) Config {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(Root(t), path))
	if err != nil {
		t.Fatal(err)
	}
	config := Object{}
	if err := yaml.Unmarshal(content, &config); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return Config(config)
}

// Clone returns a copy that shares nothing with the original.
func (c Config) Clone() Config { return Config(Clone(Object(c)).(Object)) }

// Clone returns a copy of mappings and lists that shares nothing with the original.
func Clone(value any) any {
	switch value := value.(type) {
	case Object:
		copied := make(Object, len(value))
		for k, v := range value {
			copied[k] = Clone(v)
		}
		return copied
	case []any:
		copied := make([]any, len(value))
		for i, v := range value {
			copied[i] = Clone(v)
		}
		return copied
	}
	return value
}

// YAML returns the configuration as text.
func (c Config) YAML() string {
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(map[string]any(c)); err != nil {
		panic(err) // Only maps, lists and scalars are in it.
	}
	return text.String()
}

// OnFreePorts has all listeners bind to a free port of the loopback interface.
func (c Config) OnFreePorts() Config {
	for _, listener := range c.Listeners() {
		listener["address"] = socketAddress("127.0.0.1:0")
	}
	c["admin"] = Object{"address": socketAddress("127.0.0.1:0")}
	return c
}

// To has a cluster connect to a local counterpart.
func (c Config) To(cluster, address string) Config {
	for _, candidate := range c.Clusters() {
		if candidate["name"] == cluster {
			candidate["type"] = "STATIC"
			candidate["load_assignment"] = loadAssignment(cluster, address)
		}
	}
	return c
}

func loadAssignment(cluster, address string) Object {
	endpoint := Object{"endpoint": Object{"address": socketAddress(address)}}
	return Object{"cluster_name": cluster, "endpoints": []any{Object{"lb_endpoints": []any{endpoint}}}}
}

func socketAddress(address string) Object {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		panic(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		panic(err)
	}
	return Object{"socket_address": Object{"address": host, "port_value": number}}
}

// Listeners returns the listeners themselves. Changing them changes the configuration.
func (c Config) Listeners() []Object { return Objects(Object(c), "static_resources", "listeners") }

// Clusters returns the clusters themselves. Changing them changes the configuration.
func (c Config) Clusters() []Object { return Objects(Object(c), "static_resources", "clusters") }

// ConnectionManagers returns the configuration of every HTTP connection manager.
func (c Config) ConnectionManagers() []Object {
	var managers []Object
	for _, listener := range c.Listeners() {
		for _, chain := range Objects(listener, "filter_chains") {
			for _, filter := range Objects(chain, "filters") {
				if filter["name"] == "envoy.filters.network.http_connection_manager" {
					managers = append(managers, filter["typed_config"].(Object))
				}
			}
		}
	}
	return managers
}

// Objects returns the mappings of the list at a path, none if the path leads nowhere.
func Objects(from Object, path ...string) []Object {
	var at any = from
	for _, key := range path {
		object, ok := at.(Object)
		if !ok {
			return nil
		}
		at = object[key]
	}
	list, _ := at.([]any)
	var found []Object
	for _, entry := range list {
		if object, ok := entry.(Object); ok {
			found = append(found, object)
		}
	}
	return found
}

// visit calls f for every mapping below value, outer ones first, in a stable order.
func visit(value any, f func(Object)) {
	switch value := value.(type) {
	case Object:
		f(value)
		for _, key := range slices.Sorted(maps.Keys(value)) {
			visit(value[key], f)
		}
	case []any:
		for _, entry := range value {
			visit(entry, f)
		}
	}
}
