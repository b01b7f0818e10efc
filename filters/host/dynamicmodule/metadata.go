package dynamicmodule

import (
	"github.com/envoyproxy/envoy/source/extensions/dynamic_modules/sdk/go/shared"

	"github.com/funcroute/funcroute/filters/host"
)

func metadataSource(source host.Source) shared.MetadataSourceType {
	if source == host.Route {
		return shared.MetadataSourceTypeRoute
	}
	return shared.MetadataSourceTypeCluster
}

// MetadataKeys implements the same method as documented on host.Metadata.
func (s *stream) MetadataKeys(source host.Source, namespace string) []string {
	found := s.handle.GetMetadataKeys(metadataSource(source), namespace)
	if len(found) == 0 {
		return nil
	}
	keys := make([]string, len(found))
	for i := range found {
		keys[i] = found[i].ToUnsafeString()
	}
	return keys
}

// MetadataText implements the same method as documented on host.Metadata.
func (s *stream) MetadataText(source host.Source, namespace, key string) (string, bool) {
	value, ok := s.handle.GetMetadataString(metadataSource(source), namespace, key)
	return value.ToUnsafeString(), ok && value.Len > 0
}

// MetadataNumber implements the same method as documented on host.Metadata.
func (s *stream) MetadataNumber(source host.Source, namespace, key string) (float64, bool) {
	return s.handle.GetMetadataNumber(metadataSource(source), namespace, key)
}

// MetadataBool implements the same method as documented on host.Metadata.
func (s *stream) MetadataBool(source host.Source, namespace, key string) (value, ok bool) {
	return s.handle.GetMetadataBool(metadataSource(source), namespace, key)
}

// MetadataList implements the same method as documented on host.Metadata.
func (s *stream) MetadataList(source host.Source, namespace, key string) ([]string, bool) {
	size, ok := s.handle.GetMetadataListSize(metadataSource(source), namespace, key)
	if !ok {
		return nil, false
	}
	list := make([]string, size)
	for i := range list {
		element, ok := s.handle.GetMetadataListString(metadataSource(source), namespace, key, i)
		if !ok {
			return nil, false
		}
		list[i] = element.ToUnsafeString()
	}
	return list, true
}
