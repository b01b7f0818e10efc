package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Capability is something that some hosts can do and others cannot.
type Capability string

// UpstreamFilter is the capability to have a `functions` filter in a cluster. Envoy's retries, outlier detection and upstream statistics
// then see mapped answers, and each attempt is signed anew.
const UpstreamFilter Capability = "upstream filter"

// StrictRoutes is the capability to refuse a mistake in `typed_per_filter_config` at load. Contrib Envoy may read routes before it has
// loaded the library, and would end itself if the library then refused one (golang_filter.cc, getMergedConfigId). So there a mistake
// only shows when a request meets it.
const StrictRoutes Capability = "per-route configuration read at load"

// Host is a library in an Envoy that loads it.
type Host struct {
	Name   string
	Offers []Capability

	// adapt turns a configuration for stock Envoy into one for this host.
	adapt       func(testing.TB, libraries, Config)
	environment func(testing.TB, libraries) []string
	binary      func(testing.TB) string
	libraries   libraries
	// since is the first minor version of Envoy on which the host can run, 0 if it can run on any.
	since release
}

// Faulty is the host with the libraries of e2e/faulty, which have more function types and filters than those for users.
func (h Host) Faulty(t testing.TB) Host {
	t.Helper()
	h.libraries = faultyLibraries(t)
	return h
}

// AsWritten is the host for configurations that are written for it already.
func (h Host) AsWritten() Host {
	h.adapt = func(testing.TB, libraries, Config) {}
	return h
}

// Hosts lists the hosts on which every case runs.
func Hosts() []Host { return append(stockHosts(), contribHost()) }

// stockHosts are those of the dynamic module.
func stockHosts() []Host {
	return []Host{
		{
			Name:        "dynamic module, listener filter",
			Offers:      []Capability{StrictRoutes},
			adapt:       func(testing.TB, libraries, Config) {},
			environment: searchPath,
			binary:      EnvoyBinary,
		},
		{
			Name:        "dynamic module, cluster filter",
			Offers:      []Capability{StrictRoutes, UpstreamFilter},
			adapt:       intoClusters,
			environment: searchPath,
			binary:      EnvoyBinary,
		},
	}
}

// OnEveryHost runs a test on every host that offers what it needs. That a host does not is shown, not skipped.
func OnEveryHost(t *testing.T, needs []Capability, f func(*testing.T, Host)) {
	t.Helper()
	for _, host := range Hosts() {
		host.run(t, needs, f)
	}
}

func (h Host) run(t *testing.T, needs []Capability, f func(*testing.T, Host)) {
	t.Helper()
	if why := h.Absence(t, needs); why != "" {
		t.Run(h.Name+": "+why, func(*testing.T) {})
		return
	}
	t.Run(h.Name, func(t *testing.T) { f(t, h) })
}

// Absence says why a test does not run on the host. It is "" if the test runs.
func (h Host) Absence(t *testing.T, needs []Capability) string {
	t.Helper()
	if missing := slices.DeleteFunc(slices.Clone(needs), h.Can); len(missing) > 0 {
		return "not offered by this host: " + string(missing[0])
	}
	if h.since > 0 && releaseOf(t, h.binary(t)) < h.since {
		return fmt.Sprintf("not offered before Envoy 1.%d", h.since)
	}
	return ""
}

// Can reports whether the host offers something.
func (h Host) Can(c Capability) bool { return slices.Contains(h.Offers, c) }

// Adapted turns a configuration for stock Envoy into one for this host.
func (h Host) Adapted(t testing.TB, config Config) Config {
	t.Helper()
	config = config.Clone()
	h.adapt(t, h.libraries, config)
	if releaseOf(t, h.binary(t)) < 39 {
		routesAsText(t, config)
	}
	return config
}

func searchPath(t testing.TB, from libraries) []string {
	t.Helper()
	return []string{"ENVOY_DYNAMIC_MODULES_SEARCH_PATH=" + filepath.Dir(from.path(t, "libfuncroute.so"))}
}

// The types of what a configuration says of our filters.
const (
	// DynamicModulePerRoute is that of a filter's configuration on a route, for stock Envoy.
	DynamicModulePerRoute = "type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilterPerRoute"
	// ContribPerRoute is the same for contrib Envoy.
	ContribPerRoute = "type.googleapis.com/envoy.extensions.filters.http.golang.v3alpha.ConfigsPerRoute"
	// ProtocolOptions is a cluster's entry where its protocol and its own filters stand.
	ProtocolOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

	dynamicModuleFilter = "type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter"
	contribFilter       = "type.googleapis.com/envoy.extensions.filters.http.golang.v3alpha.Config"
	upstreamCodec       = "type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec"
)

// isFunctions reports whether an HTTP filter is a `functions` filter for stock Envoy.
func isFunctions(filter Object) bool { return filterName(filter) == "functions" }

// filterName is the name of the filter if it is one of ours, else "".
func filterName(filter Object) string {
	typed, _ := filter["typed_config"].(Object)
	name, _ := typed["filter_name"].(string)
	if typed["@type"] != dynamicModuleFilter {
		return ""
	}
	return name
}

// intoClusters moves our filters from the listeners to all clusters, except those that can only stand in a listener.
func intoClusters(_ testing.TB, _ libraries, config Config) {
	moved := map[string]any{}
	var order []string
	for _, manager := range config.ConnectionManagers() {
		filters, _ := manager["http_filters"].([]any)
		manager["http_filters"] = slices.DeleteFunc(filters, func(filter any) bool {
			object, _ := filter.(Object)
			name := filterName(object)
			if name == "" || name == "vitals" || strings.HasSuffix(name, "cloudevents") { // These belong into listeners.
				return false
			}
			if moved[name] == nil {
				order = append(order, name)
			}
			moved[name] = object
			return true
		})
	}
	var filters []any
	for _, name := range order {
		filters = append(filters, moved[name])
	}
	if filters != nil {
		visitClusters(config, func(cluster Object) { AddClusterFilters(cluster, filters) })
	}
}

// AddClusterFilters puts filters into a cluster, before its upstream codec.
func AddClusterFilters(cluster Object, filters []any) {
	extensions, _ := cluster["typed_extension_protocol_options"].(Object)
	if extensions == nil {
		extensions = Object{}
		cluster["typed_extension_protocol_options"] = extensions
	}
	options, _ := extensions["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"].(Object)
	if options == nil {
		options = Object{
			"@type":                "type.googleapis.com/" + ProtocolOptions,
			"explicit_http_config": Object{"http_protocol_options": Object{}},
		}
		extensions[ProtocolOptions] = options
	}
	codec := Object{"name": "envoy.filters.http.upstream_codec", "typed_config": Object{"@type": upstreamCodec}}
	options["http_filters"] = append(Clone(filters).([]any), codec)
}

// visitClusters calls f for the clusters of a bootstrap, or of a CDS file.
func visitClusters(config Config, f func(Object)) {
	for _, cluster := range config.Clusters() {
		f(cluster)
	}
	for _, resource := range Objects(Object(config), "resources") {
		if resource["@type"] == "type.googleapis.com/envoy.config.cluster.v3.Cluster" {
			f(resource)
		}
	}
}

// contribHost is the contrib artifact: in a real contrib Envoy where there is one ($ENVOY_CONTRIB), else in stock Envoy
// by way of the contrib test host, see contribhost/README.md.
func contribHost() Host {
	if envoy := os.Getenv("ENVOY_CONTRIB"); envoy != "" {
		return Host{
			Name:        "contrib artifact, contrib Envoy",
			adapt:       intoContrib,
			environment: func(testing.TB, libraries) []string { return nil },
			binary:      func(testing.TB) string { return envoy },
		}
	}
	return Host{
		Name:        "contrib artifact, test host",
		adapt:       intoContribHost,
		environment: contribHostEnvironment,
		binary:      EnvoyBinary,
		since:       39, // Without it the stand-in has no metrics to offer.
	}
}
