package abi

/*
#include "module.h"
*/
import "C"

import (
	"unsafe"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/dynamicmodule"
)

// The numbers by which C and Go mean the same are written down twice, because the packages above this one know no C. Here each pair is
// compared when it is compiled: the index is the difference of the two, and an array of one element has no place for any but 0.
// A number that joins one side gets a line here. Whatever else C and Go tell each other has its names in C alone.
var same [1]struct{}

// The bits of what is of interest.
var (
	_ = same[dynamicmodule.RequestBody-C.in_request_body]
	_ = same[dynamicmodule.AnswerHeaders-C.in_answer_headers]
	_ = same[dynamicmodule.AnswerCollected-C.in_answer_collected]
	_ = same[dynamicmodule.AnswerBody-C.in_answer_body]
	_ = same[dynamicmodule.AnswerPieces-C.in_answer_pieces]
	_ = same[dynamicmodule.End-C.in_end]
	_ = same[dynamicmodule.RequestPieces-C.in_request_pieces]
)

// The kinds of changes.
var (
	_ = same[dynamicmodule.SetHeader-C.set_header]
	_ = same[dynamicmodule.AddHeader-C.add_header]
	_ = same[dynamicmodule.SetDynamicText-C.set_text]
	_ = same[dynamicmodule.AddCounter-C.add_counter]
	_ = same[dynamicmodule.RecordHistogram-C.record_histogram]
)

// The header maps.
var (
	_ = same[dynamicmodule.RequestHeaderMap-C.envoy_dynamic_module_type_http_header_type_RequestHeader]
	_ = same[dynamicmodule.RequestTrailerMap-C.envoy_dynamic_module_type_http_header_type_RequestTrailer]
	_ = same[dynamicmodule.AnswerHeaderMap-C.envoy_dynamic_module_type_http_header_type_ResponseHeader]
	_ = same[dynamicmodule.AnswerTrailerMap-C.envoy_dynamic_module_type_http_header_type_ResponseTrailer]
)

// A change's head, as envoy.Write packs it: six numbers of four bytes, then one of eight.
var (
	_ = same[unsafe.Offsetof(C.struct_write_head{}.kind)-0]
	_ = same[unsafe.Offsetof(C.struct_write_head{}.metric)-4]
	_ = same[unsafe.Offsetof(C.struct_write_head{}.namespace_length)-8]
	_ = same[unsafe.Offsetof(C.struct_write_head{}.name_length)-12]
	_ = same[unsafe.Offsetof(C.struct_write_head{}.value_length)-16]
	_ = same[unsafe.Offsetof(C.struct_write_head{}._map)-20]
	_ = same[unsafe.Offsetof(C.struct_write_head{}.number)-24]
	_ = same[unsafe.Sizeof(C.struct_write_head{})-32]
)

// The kinds of values that an excerpt reads.
var (
	_ = same[host.Unreadable-C.unreadable]
	_ = same[host.Text-C.a_text]
	_ = same[host.Number-C.a_number]
	_ = same[host.Bool-C.a_bool]
	_ = same[host.List-C.a_list]
)

// The statuses, which the ABI numbers anew for each event.
var (
	_ = same[dynamicmodule.StatusContinue] // hooks.c writes a 0 where Go need not be asked.
	_ = same[dynamicmodule.StatusContinue-C.envoy_dynamic_module_type_on_http_filter_request_headers_status_Continue]
	_ = same[dynamicmodule.StatusContinue-C.envoy_dynamic_module_type_on_http_filter_request_body_status_Continue]
	_ = same[dynamicmodule.StatusContinue-C.envoy_dynamic_module_type_on_http_filter_request_trailers_status_Continue]
	_ = same[dynamicmodule.StatusContinue-C.envoy_dynamic_module_type_on_http_filter_response_headers_status_Continue]
	_ = same[dynamicmodule.StatusContinue-C.envoy_dynamic_module_type_on_http_filter_response_body_status_Continue]
	_ = same[dynamicmodule.StatusContinue-C.envoy_dynamic_module_type_on_http_filter_response_trailers_status_Continue]

	_ = same[dynamicmodule.StatusStop-C.envoy_dynamic_module_type_on_http_filter_request_headers_status_StopIteration]
	_ = same[dynamicmodule.StatusStop-C.envoy_dynamic_module_type_on_http_filter_request_trailers_status_StopIteration]
	_ = same[dynamicmodule.StatusStop-C.envoy_dynamic_module_type_on_http_filter_response_headers_status_StopIteration]
	_ = same[dynamicmodule.StatusStop-C.envoy_dynamic_module_type_on_http_filter_response_trailers_status_StopIteration]

	_ = same[dynamicmodule.StatusBuffer-C.envoy_dynamic_module_type_on_http_filter_request_body_status_StopIterationAndBuffer]
	_ = same[dynamicmodule.StatusBuffer-C.envoy_dynamic_module_type_on_http_filter_response_body_status_StopIterationAndBuffer]
	_ = same[dynamicmodule.StatusNoBuffer-C.envoy_dynamic_module_type_on_http_filter_request_body_status_StopIterationNoBuffer]
	_ = same[dynamicmodule.StatusNoBuffer-C.envoy_dynamic_module_type_on_http_filter_response_body_status_StopIterationNoBuffer]

	_ = same[dynamicmodule.StatusStopAllAndWatermark-C.envoy_dynamic_module_type_on_http_filter_request_headers_status_StopAllIterationAndWatermark]
	_ = same[dynamicmodule.StatusStopAllAndWatermark-C.envoy_dynamic_module_type_on_http_filter_response_headers_status_StopAllIterationAndWatermark]

	_ = same[dynamicmodule.StatusStop-dynamicmodule.StatusBuffer]       // stop in module.go is both.
	_ = same[dynamicmodule.StatusStopAllAndWatermark>>C.interest_shift] // The highest leaves the bits of interest alone.
)
