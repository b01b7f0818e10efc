package abi

/*
#cgo noescape pack_headers
#cgo nocallback pack_headers
#cgo noescape play
#cgo nocallback play
#cgo noescape dynamic_text
#cgo nocallback dynamic_text
#cgo noescape has_dynamic
#cgo nocallback has_dynamic
#cgo noescape copy_body
#cgo nocallback copy_body
#cgo noescape attribute
#cgo nocallback attribute
#cgo noescape cluster_name
#cgo nocallback cluster_name
#cgo noescape same_body
#cgo nocallback same_body
#cgo noescape route_config
#cgo nocallback route_config
#cgo noescape replace_body
#cgo noescape send_reply
#include "module.h"
*/
import "C"

import (
	"encoding/binary"
	"runtime/cgo"
	"strings"
	"sync"
	"unsafe"

	"github.com/funcroute/funcroute/filters/host/dynamicmodule"
)

// envoy is Envoy's side of a stream. Its pointer is C's memory, valid until the stream is destroyed.
type envoy struct{ module *C.struct_stream }

var _ dynamicmodule.Envoy = envoy{}

// buffers are the memory in which texts go to and from C.
var buffers = sync.Pool{New: func() any { b := make([]byte, 4<<10); return &b }}

// The texts share one copy.
func (e envoy) Headers(m dynamicmodule.Map, to [][2]string) [][2]string {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	size := int(C.pack_headers(e.module.envoy, C.int(m), first(*buffer), C.size_t(len(*buffer))))
	if size > len(*buffer) {
		*buffer = make([]byte, size)
		size = int(C.pack_headers(e.module.envoy, C.int(m), first(*buffer), C.size_t(len(*buffer))))
	}
	return unpackHeaders(to, string((*buffer)[:size]))
}

// unpackHeaders appends headers that are packed as texts, as far as they are whole: what is kept of earlier attempts stands where
// others might write.
func unpackHeaders(to [][2]string, packed string) [][2]string {
	bytes := unsafe.Slice(unsafe.StringData(packed), len(packed))
	var header [2]string
	for at, filled := 0, 0; at+4 <= len(packed); {
		length := int(binary.NativeEndian.Uint32(bytes[at:]))
		if at += 4; length > len(packed)-at {
			break
		}
		header[filled] = packed[at : at+length]
		at += length
		if filled++; filled == len(header) {
			to, filled = append(to, header), 0
		}
	}
	return to
}

func (e envoy) Write(writes []dynamicmodule.Write) {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	packed := (*buffer)[:0]
	for i := range writes {
		w := &writes[i]
		packed = binary.NativeEndian.AppendUint32(packed, uint32(w.Kind))
		packed = binary.NativeEndian.AppendUint32(packed, w.Metric)
		packed = binary.NativeEndian.AppendUint32(packed, length(w.Namespace))
		packed = binary.NativeEndian.AppendUint32(packed, length(w.Name))
		packed = binary.NativeEndian.AppendUint32(packed, length(w.Value))
		packed = binary.NativeEndian.AppendUint32(packed, uint32(w.Map))
		packed = binary.NativeEndian.AppendUint64(packed, w.Number)
		packed = append(packed, w.Namespace...)
		packed = append(packed, w.Name...)
		packed = append(packed, w.Value...)
	}
	C.play(e.module.envoy, first(packed), C.size_t(len(packed)))
	*buffer = packed[:cap(packed)]
}

func length(text string) uint32 { return uint32(len(text)) }

func first(bytes []byte) *C.char { return (*C.char)(unsafe.Pointer(unsafe.SliceData(bytes))) }

func bodyType(d dynamicmodule.Direction, p dynamicmodule.Part) C.int {
	return [2][2]C.int{
		dynamicmodule.Request: {
			dynamicmodule.Received: C.envoy_dynamic_module_type_http_body_type_ReceivedRequestBody,
			dynamicmodule.Buffered: C.envoy_dynamic_module_type_http_body_type_BufferedRequestBody,
		},
		dynamicmodule.Answer: {
			dynamicmodule.Received: C.envoy_dynamic_module_type_http_body_type_ReceivedResponseBody,
			dynamicmodule.Buffered: C.envoy_dynamic_module_type_http_body_type_BufferedResponseBody,
		},
	}[d][p]
}

func (e envoy) AppendBody(to []byte, d dynamicmodule.Direction, p dynamicmodule.Part) []byte {
	free := to[len(to):cap(to)]
	size := int(C.copy_body(e.module.envoy, bodyType(d, p), first(free), C.size_t(len(free))))
	if size > len(free) {
		to = append(make([]byte, 0, len(to)+size), to...)
		free = to[len(to):cap(to)]
		C.copy_body(e.module.envoy, bodyType(d, p), first(free), C.size_t(len(free)))
	}
	return to[:len(to)+size]
}

func (e envoy) ReplaceBody(d dynamicmodule.Direction, p dynamicmodule.Part, body []byte) {
	C.replace_body(e.module.envoy, bodyType(d, p), first(body), C.size_t(len(body)), true)
}

func (e envoy) AddBody(d dynamicmodule.Direction, p dynamicmodule.Part, body []byte) {
	C.replace_body(e.module.envoy, bodyType(d, p), first(body), C.size_t(len(body)), false)
}

func (e envoy) ReceivedIsBuffered(d dynamicmodule.Direction) bool {
	return bool(C.same_body(e.module.envoy, d == dynamicmodule.Answer))
}

func (e envoy) Attribute(which dynamicmodule.Attribute) string {
	id := [...]C.int{
		dynamicmodule.UpstreamAddress: C.envoy_dynamic_module_type_attribute_id_UpstreamAddress,
		dynamicmodule.SourceAddress:   C.envoy_dynamic_module_type_attribute_id_SourceAddress,
		dynamicmodule.RequestProtocol: C.envoy_dynamic_module_type_attribute_id_RequestProtocol,
		dynamicmodule.RouteName:       C.envoy_dynamic_module_type_attribute_id_XdsRouteName,

		dynamicmodule.PeerCertificateDigest: C.envoy_dynamic_module_type_attribute_id_ConnectionSha256PeerCertificateDigest,
	}[which]
	return copied(C.attribute(e.module.envoy, id))
}

func (e envoy) FromUpstream() bool { return bool(C.from_upstream(e.module)) }

func (e envoy) ClusterName() string { return copied(C.cluster_name(e.module.envoy)) }

func (e envoy) RouteConfig() any {
	if handle := C.route_config(e.module.envoy); handle != 0 {
		return cgo.Handle(handle).Value()
	}
	return nil
}

func (e envoy) ChooseRouteAgain() { C.choose_route_again(e.module.envoy) }

func (e envoy) SendReply(status int, headers [][2]string, body []byte, details string) {
	var packed []byte
	for _, header := range headers {
		packed = packTexts(packed, header[0], header[1])
	}
	C.send_reply(e.module.envoy, C.int(status), first(packed), C.size_t(len(headers)),
		first(body), C.size_t(len(body)), start(details), C.size_t(len(details)))
}

func (e envoy) ContinueRequest() {
	C.continue_request(e.module.envoy)
}

func (e envoy) ContinueAnswer() {
	C.continue_answer(e.module.envoy)
}

func (e envoy) Scheduler() dynamicmodule.Scheduler {
	return scheduler{C.scheduler_new(e.module.envoy)}
}

type scheduler struct{ envoy C.envoy_ptr }

var _ dynamicmodule.Scheduler = scheduler{}

func (s scheduler) Wake() { C.scheduler_wake(s.envoy) }

func (s scheduler) Close() { C.scheduler_delete(s.envoy) }

func copied(v C.view) string { return strings.Clone(viewed(v.ptr, v.length)) }
