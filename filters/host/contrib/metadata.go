package contrib

import (
	"maps"
	"slices"
	"strings"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/funcroute/funcroute/cache"
	"github.com/funcroute/funcroute/filters/host"
)

// properties are where the golang filter has a cluster's and a route's metadata, each a serialized core.v3.Metadata.
var properties = map[host.Source]string{
	host.Cluster: "xds.cluster_metadata",
	host.Route:   "xds.route_metadata",
}

// metadata is one cluster's or one route's, by namespace.
type metadata map[string]namespace

type namespace struct {
	keys   []string
	fields map[string]*structpb.Value
}

// maxMetadata bounds what is kept parsed.
const maxMetadata = 1 << 14

// metadataCache keeps metadata parsed, under its own bytes. All blocks share one. A cluster with many functions takes
// kilobytes, and each update of it is another entry, so none stays that nobody asks for.
type metadataCache struct {
	parsed *cache.Cache[string, metadata]
}

func newMetadataCache() *metadataCache {
	return &metadataCache{cache.New[string, metadata](cache.Policy{Capacity: maxMetadata})}
}

func (c *metadataCache) parse(serialized string) metadata {
	if found, ok := c.parsed.Get(serialized); ok {
		return found
	}
	parsed := parseMetadata([]byte(serialized))
	c.parsed.Put(strings.Clone(serialized), parsed)
	return parsed
}

func parseMetadata(serialized []byte) metadata {
	var message core.Metadata
	// What does not parse reads as empty. Envoy itself has made these bytes.
	_ = proto.Unmarshal(serialized, &message)
	parsed := make(metadata, len(message.GetFilterMetadata()))
	for name, fields := range message.GetFilterMetadata() {
		parsed[name] = namespace{slices.Sorted(maps.Keys(fields.GetFields())), fields.GetFields()}
	}
	return parsed
}

// namespace returns a namespace. It may be empty.
func (s *stream) namespace(source host.Source, name string) namespace {
	found, ok := s.metadata[source]
	if !ok {
		if serialized, err := s.callbacks.GetProperty(properties[source]); err == nil {
			found = s.block.metadata.parse(serialized)
		}
		s.metadata[source] = found
	}
	return found[name]
}

func (s *stream) Keys(source host.Source, namespace string) []string {
	return s.namespace(source, namespace).keys
}

func (s *stream) Value(source host.Source, namespace, key string) host.Value {
	switch value := s.namespace(source, namespace).fields[key].GetKind().(type) {
	case *structpb.Value_StringValue:
		return host.Value{Kind: host.Text, Text: value.StringValue}
	case *structpb.Value_NumberValue:
		return host.Value{Kind: host.Number, Number: value.NumberValue}
	case *structpb.Value_BoolValue:
		return host.Value{Kind: host.Bool, Bool: value.BoolValue}
	case *structpb.Value_ListValue:
		return listValue(value.ListValue)
	}
	return host.Value{}
}

func listValue(list *structpb.ListValue) host.Value {
	texts := make([]string, len(list.GetValues()))
	for i, element := range list.GetValues() {
		text, ok := element.GetKind().(*structpb.Value_StringValue)
		if !ok {
			return host.Value{}
		}
		texts[i] = text.StringValue
	}
	return host.Value{Kind: host.List, List: texts}
}

func (s *stream) AppendExcerpt(to []byte, excerpt *host.Excerpt, name string) []byte {
	return host.AppendExcerpt(to, s, excerpt, name)
}
