package abi

/*
#include "module.h"
*/
import "C"

import (
	"strings"
	"unsafe"

	"github.com/funcroute/funcroute/filters/host"
)

func metadataSource(source host.Source) C.int {
	if source == host.Route {
		return C.envoy_dynamic_module_type_metadata_source_Route
	}
	return C.envoy_dynamic_module_type_metadata_source_Cluster
}

func (e envoy) MetadataKeys(source host.Source, namespace string, to []string) []string {
	return e.keys(metadataSource(source), namespace, to)
}

func (e envoy) keys(source C.int, namespace string, to []string) []string {
	var room [32]C.view
	found := room[:]
	size := e.views(source, namespace, found)
	if size > len(found) {
		found = make([]C.view, size)
		size = e.views(source, namespace, found)
	}
	for _, key := range found[:size] {
		to = append(to, viewed(key.ptr, key.length))
	}
	return to
}

func (e envoy) views(source C.int, namespace string, to []C.view) int {
	return int(C.metadata_keys(e.module.envoy, source, start(namespace), C.size_t(len(namespace)),
		(*C.char)(unsafe.Pointer(unsafe.SliceData(to))), C.size_t(len(to))))
}

func (e envoy) MetadataText(source host.Source, namespace, key string) (string, bool) {
	return e.text(metadataSource(source), namespace, key)
}

func (e envoy) DynamicText(namespace, key string) string {
	text, _ := e.text(C.envoy_dynamic_module_type_metadata_source_Dynamic, namespace, key)
	return strings.Clone(text)
}

func (e envoy) HasDynamic(namespace, key string) bool {
	return bool(C.has_dynamic(e.module.envoy, start(namespace), C.size_t(len(namespace)), start(key), C.size_t(len(key))))
}

func (e envoy) text(source C.int, namespace, key string) (string, bool) {
	found := C.metadata_text(e.module.envoy, source, start(namespace), C.size_t(len(namespace)), start(key), C.size_t(len(key)))
	return viewed(found.ptr, found.length), found.ptr != nil
}

func (e envoy) MetadataNumber(source host.Source, namespace, key string) (float64, bool) {
	var number C.double
	ok := C.metadata_number(e.module.envoy, metadataSource(source), start(namespace), C.size_t(len(namespace)), start(key), C.size_t(len(key)), &number)
	return float64(number), bool(ok)
}

func (e envoy) MetadataBool(source host.Source, namespace, key string) (value, ok bool) {
	var flag C.bool
	found := C.metadata_bool(e.module.envoy, metadataSource(source), start(namespace), C.size_t(len(namespace)), start(key), C.size_t(len(key)), &flag)
	return bool(flag), bool(found)
}

func (e envoy) MetadataListSize(source host.Source, namespace, key string) (int, bool) {
	var size C.size_t
	ok := C.metadata_list_size(e.module.envoy, metadataSource(source), start(namespace), C.size_t(len(namespace)), start(key), C.size_t(len(key)), &size)
	return int(size), bool(ok)
}

func (e envoy) MetadataListText(source host.Source, namespace, key string, i int) (string, bool) {
	found := C.metadata_list_text(e.module.envoy, metadataSource(source), start(namespace), C.size_t(len(namespace)), start(key), C.size_t(len(key)), C.size_t(i))
	return viewed(found.ptr, found.length), found.ptr != nil
}
