package abi

/*
#include "module.h"
*/
import "C"

import "github.com/funcroute/funcroute/filters/host"

func metadataSource(source host.Source) C.int {
	if source == host.Route {
		return C.envoy_dynamic_module_type_metadata_source_Route
	}
	return C.envoy_dynamic_module_type_metadata_source_Cluster
}

func (e envoy) DynamicText(namespace, key string) string {
	return copied(C.dynamic_text(e.module.envoy, start(namespace), C.size_t(len(namespace)), start(key), C.size_t(len(key))))
}

func (e envoy) HasDynamic(namespace, key string) bool {
	return bool(C.has_dynamic(e.module.envoy, start(namespace), C.size_t(len(namespace)), start(key), C.size_t(len(key))))
}
