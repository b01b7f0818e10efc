// Command emptymodule is a dynamic module that does next to nothing through the official Go SDK: it looks up one metadata
// value with each request. What it costs is what entering Go costs.
package main

import (
	sdk "github.com/envoyproxy/envoy/source/extensions/dynamic_modules/sdk/go"
	_ "github.com/envoyproxy/envoy/source/extensions/dynamic_modules/sdk/go/abi" // The module's entry points.
	"github.com/envoyproxy/envoy/source/extensions/dynamic_modules/sdk/go/shared"
)

func init() {
	sdk.RegisterHttpFilterConfigFactories(map[string]shared.HttpFilterConfigFactory{"empty": &configFactory{}})
}

func main() {}

type configFactory struct {
	shared.EmptyHttpFilterConfigFactory
}

func (*configFactory) Create(shared.HttpFilterConfigHandle, []byte) (shared.HttpFilterFactory, error) {
	return &filterFactory{}, nil
}

type filterFactory struct{ shared.EmptyHttpFilterFactory }

func (*filterFactory) Create(handle shared.HttpFilterHandle) shared.HttpFilter {
	return &filter{handle: handle}
}

type filter struct {
	shared.EmptyHttpFilter
	handle shared.HttpFilterHandle
}

func (f *filter) OnRequestHeaders(shared.HeaderMap, bool) shared.HeadersStatus {
	f.handle.GetMetadataString(shared.MetadataSourceTypeCluster, "funcroute", "type")
	return shared.HeadersStatusContinue
}
