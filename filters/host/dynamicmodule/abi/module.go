// Package abi is the dynamic module itself: what Envoy calls, in C (hooks.c), and what Go and C call of each other. It takes
// the place of the official SDK, which enters Go with each of a dozen hooks per request and crosses to C for each header.
//
// A request that the gate keeps out (gate.c) never enters Go, nor does an answer that a routine handles (routine.c). All
// others enter once per event, read headers in one piece (reads.c) and write all changes in one piece (writes.c). C keeps no
// Go pointers, only numbers (streams.go).
//
// Only a library's main imports this package: a program that Envoy does not load has none of the functions it needs.
package abi

/*
#cgo CFLAGS: -O2
#cgo linux LDFLAGS: -Wl,-unresolved-symbols=ignore-all
#cgo darwin LDFLAGS: -Wl,-undefined,dynamic_lookup
#include "module.h"
*/
import "C"

import (
	"fmt"
	"os"
	"runtime/cgo"
	"runtime/debug"
	"unsafe"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/dynamicmodule"
)

// filters are those of the library, by name.
var filters = map[string]host.Filter{}

// Serve has Envoy find filters, each under its name. It is to be called from an init function.
func Serve(list ...host.Filter) {
	for _, filter := range list {
		filters[filter.Name()] = filter
	}
	waitForever()
}

// waitForever leaves a goroutine in the network poller. Else the Go runtime starts a thread to poll whenever a worker has
// gone back to C for a while, in vain (proc.go, handoffp).
func waitForever() {
	reader, writer, err := os.Pipe()
	if err != nil {
		return
	}
	go func() {
		defer contain()
		_, _ = reader.Read(make([]byte, 1))
		_ = writer.Close() // Never: both ends live as long as the process.
	}()
}

// blocks are the loaded filter blocks.
var blocks register[*dynamicmodule.Config]

//export funcrouteConfigNew
func funcrouteConfigNew(module *C.struct_config, envoy C.envoy_ptr, name *C.char, nameLength C.size_t, raw *C.char, rawLength C.size_t) (handle C.uintptr_t) {
	defer contain()
	filter := filters[viewed(name, nameLength)]
	if filter == nil {
		log(host.Warn, fmt.Sprintf("funcroute: this library has no filter %q", viewed(name, nameLength)))
		return 0
	}
	block, err := dynamicmodule.NewConfig(filter, configEnvoy{envoy}, []byte(viewed(raw, rawLength)))
	if err != nil {
		log(host.Warn, "Failed to load configuration: "+err.Error())
		return 0
	}
	concerns, selective := block.Concerns()
	module.selective = C.bool(selective)
	for _, c := range concerns {
		packed := packTexts(nil, c.Method, c.Header, c.Prefix, c.Namespace, c.ClusterNamespace, c.ClusterKey)
		C.gate_add(module, first(packed), C.size_t(len(packed)))
	}
	return C.uintptr_t(blocks.add(block))
}

//export funcrouteRouteConfigNew
func funcrouteRouteConfigNew(name *C.char, nameLength C.size_t, raw *C.char, rawLength C.size_t) (handle C.uintptr_t) {
	defer contain()
	filter := filters[viewed(name, nameLength)]
	if filter == nil {
		log(host.Warn, fmt.Sprintf("funcroute: this library has no filter %q", viewed(name, nameLength)))
		return 0
	}
	config, err := dynamicmodule.NewRouteConfig(filter, []byte(viewed(raw, rawLength)))
	if err != nil {
		log(host.Warn, "Failed to load per-route configuration: "+err.Error())
		return 0
	}
	return C.uintptr_t(cgo.NewHandle(config))
}

//export funcrouteConfigDelete
func funcrouteConfigDelete(number C.uintptr_t) { blocks.remove(uintptr(number)) }

//export funcrouteRouteConfigDelete
func funcrouteRouteConfigDelete(handle C.uintptr_t) { cgo.Handle(handle).Delete() }

// configEnvoy is Envoy's side of a filter block. Its pointer is used while the block is loaded only.
type configEnvoy struct{ envoy C.envoy_ptr }

var _ dynamicmodule.ConfigEnvoy = configEnvoy{}

func (c configEnvoy) DefineCounter(name string) (uint32, bool) {
	var id C.size_t
	ok := C.define_counter(c.envoy, start(name), C.size_t(len(name)), &id)
	return uint32(id), bool(ok)
}

func (c configEnvoy) DefineHistogram(name string) (uint32, bool) {
	var id C.size_t
	ok := C.define_histogram(c.envoy, start(name), C.size_t(len(name)), &id)
	return uint32(id), bool(ok)
}

func (configEnvoy) Log(level host.Level, message string) { log(level, message) }

func log(level host.Level, message string) {
	levels := [...]C.int{
		host.Debug: C.envoy_dynamic_module_type_log_level_Debug,
		host.Info:  C.envoy_dynamic_module_type_log_level_Info,
		host.Warn:  C.envoy_dynamic_module_type_log_level_Warn,
		host.Error: C.envoy_dynamic_module_type_log_level_Error,
	}
	C.write_log(levels[level], start(message), C.size_t(len(message)))
}

// contain keeps a panic from leaving Go, which would end Envoy. The adapter has handled those of filters already.
func contain() {
	if value := recover(); value != nil {
		log(host.Error, "funcroute: "+host.Refusal(value, debug.Stack()).Error())
	}
}

// containEvent is contain for an event. The stream then stops where it is, for it must not go on half done.
func containEvent(status *C.int) {
	if value := recover(); value != nil {
		*status = stop | C.int(dynamicmodule.End)<<C.interest_shift
		log(host.Error, "funcroute: "+host.Refusal(value, debug.Stack()).Error())
	}
}

// stop holds back headers, bodies and trailers alike, see shared.go.
const stop = C.int(dynamicmodule.StatusStop)

// viewed is a text of Envoy's, valid until the hook returns.
func viewed(ptr *C.char, length C.size_t) string {
	return unsafe.String((*byte)(unsafe.Pointer(ptr)), int(length))
}

func start(text string) *C.char { return (*C.char)(unsafe.Pointer(unsafe.StringData(text))) }
