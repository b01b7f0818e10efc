// Envoy looks up every hook below when it loads the module and refuses it if one is missing
// (source/extensions/filters/http/dynamic_modules/filter_config.cc newDynamicModuleHttpFilterConfig).
#include "contribhost.h"

const char* envoy_dynamic_module_on_program_init(void) { return ENVOY_DYNAMIC_MODULES_ABI_VERSION; }

const void* envoy_dynamic_module_on_http_filter_config_new(void* filter_config_envoy_ptr, abi_view name,
                                                           abi_view config) {
  (void)name;
  return filter_config_new(filter_config_envoy_ptr, config.ptr, config.length);
}

void envoy_dynamic_module_on_http_filter_config_destroy(const void* filter_config_ptr) {
  filter_config_destroy((struct filter_config*)filter_config_ptr);
}

const void* envoy_dynamic_module_on_http_filter_per_route_config_new(abi_view name, abi_view config) {
  (void)name;
  return route_config_new(config.ptr, config.length);
}

void envoy_dynamic_module_on_http_filter_per_route_config_destroy(const void* filter_config_ptr) {
  route_config_destroy((struct route_config*)filter_config_ptr);
}

const void* envoy_dynamic_module_on_http_filter_new(const void* filter_config_ptr, void* filter_envoy_ptr) {
  return stream_new((struct filter_config*)filter_config_ptr, filter_envoy_ptr);
}

// golang_filter.cc Filter::decodeHeaders, Filter::encodeHeaders
static bool headers(struct direction* d, bool end_stream) {
  stream_enter(d->stream);
  d->end_stream = end_stream;
  bool done = do_headers(d, end_stream);
  stream_leave(d->stream);
  return done;
}

// golang_filter.cc Filter::decodeData, Filter::encodeData
static bool body(struct direction* d, bool end_stream) {
  stream_enter(d->stream);
  struct bytes data = {0};
  d->end_stream = end_stream;
  flow_take_received(d, &data);
  bool done = !d->stream->aborted && do_data(d, &data, end_stream);
  if (done && !d->stream->aborted) {
    data.len = 0;
    list_move_out(d, &data);
    flow_give_received(d, &data);
  } else {
    done = false;
  }
  bytes_free(&data);
  stream_leave(d->stream);
  return done;
}

// golang_filter.cc Filter::decodeTrailers, Filter::encodeTrailers
static bool trailers(struct direction* d) {
  stream_enter(d->stream);
  bool done = !d->stream->aborted && do_trailer(d);
  if (done) {
    flow_flush_in_trailers(d);
  }
  stream_leave(d->stream);
  return done;
}

static struct stream* stream_of(const void* filter_module_ptr) { return (struct stream*)filter_module_ptr; }

envoy_dynamic_module_type_on_http_filter_request_headers_status
envoy_dynamic_module_on_http_filter_request_headers(void* envoy, const void* module, bool end_of_stream) {
  (void)envoy;
  return headers(&stream_of(module)->decoding, end_of_stream)
             ? envoy_dynamic_module_type_on_http_filter_request_headers_status_Continue
             : envoy_dynamic_module_type_on_http_filter_request_headers_status_StopIteration;
}

envoy_dynamic_module_type_on_http_filter_request_body_status
envoy_dynamic_module_on_http_filter_request_body(void* envoy, const void* module, bool end_of_stream) {
  (void)envoy;
  return body(&stream_of(module)->decoding, end_of_stream)
             ? envoy_dynamic_module_type_on_http_filter_request_body_status_Continue
             : envoy_dynamic_module_type_on_http_filter_request_body_status_StopIterationNoBuffer;
}

envoy_dynamic_module_type_on_http_filter_request_trailers_status
envoy_dynamic_module_on_http_filter_request_trailers(void* envoy, const void* module) {
  (void)envoy;
  return trailers(&stream_of(module)->decoding)
             ? envoy_dynamic_module_type_on_http_filter_request_trailers_status_Continue
             : envoy_dynamic_module_type_on_http_filter_request_trailers_status_StopIteration;
}

envoy_dynamic_module_type_on_http_filter_response_headers_status
envoy_dynamic_module_on_http_filter_response_headers(void* envoy, const void* module, bool end_of_stream) {
  (void)envoy;
  return headers(&stream_of(module)->encoding, end_of_stream)
             ? envoy_dynamic_module_type_on_http_filter_response_headers_status_Continue
             : envoy_dynamic_module_type_on_http_filter_response_headers_status_StopIteration;
}

envoy_dynamic_module_type_on_http_filter_response_body_status
envoy_dynamic_module_on_http_filter_response_body(void* envoy, const void* module, bool end_of_stream) {
  (void)envoy;
  return body(&stream_of(module)->encoding, end_of_stream)
             ? envoy_dynamic_module_type_on_http_filter_response_body_status_Continue
             : envoy_dynamic_module_type_on_http_filter_response_body_status_StopIterationNoBuffer;
}

envoy_dynamic_module_type_on_http_filter_response_trailers_status
envoy_dynamic_module_on_http_filter_response_trailers(void* envoy, const void* module) {
  (void)envoy;
  return trailers(&stream_of(module)->encoding)
             ? envoy_dynamic_module_type_on_http_filter_response_trailers_status_Continue
             : envoy_dynamic_module_type_on_http_filter_response_trailers_status_StopIteration;
}

void envoy_dynamic_module_on_http_filter_stream_complete(void* envoy, const void* module) {
  (void)envoy;
  stream_enter(stream_of(module));
  stream_complete(stream_of(module));
  stream_leave(stream_of(module));
}

void envoy_dynamic_module_on_http_filter_destroy(const void* module) { stream_destroy(stream_of(module)); }

void envoy_dynamic_module_on_http_filter_scheduled(void* envoy, const void* module, uint64_t event_id) {
  (void)envoy;
  (void)event_id;
  stream_enter(stream_of(module));
  post_run(stream_of(module));
  stream_leave(stream_of(module));
}

// golang_filter.cc Filter::onLocalReply
envoy_dynamic_module_type_on_http_filter_local_reply_status
envoy_dynamic_module_on_http_filter_local_reply(void* envoy, const void* module, uint32_t response_code,
                                                abi_view details, bool reset_imminent) {
  (void)envoy, (void)module, (void)response_code, (void)details, (void)reset_imminent;
  return envoy_dynamic_module_type_on_http_filter_local_reply_status_Continue;
}

// What contrib's filter has no use for.

void envoy_dynamic_module_on_http_filter_downstream_above_write_buffer_high_watermark(void* envoy, const void* module) {
  (void)envoy, (void)module;
}

void envoy_dynamic_module_on_http_filter_downstream_below_write_buffer_low_watermark(void* envoy, const void* module) {
  (void)envoy, (void)module;
}

void envoy_dynamic_module_on_http_filter_config_scheduled(void* envoy, const void* config, uint64_t event_id) {
  (void)envoy, (void)config, (void)event_id;
}

// This module starts no callouts, so their hooks cannot be called.

void envoy_dynamic_module_on_http_filter_http_callout_done(void* envoy, const void* module, uint64_t id,
                                                           envoy_dynamic_module_type_http_callout_result result,
                                                           envoy_dynamic_module_type_envoy_http_header* headers,
                                                           size_t headers_size, abi_view* chunks, size_t chunks_size) {
  (void)envoy, (void)module, (void)id, (void)result, (void)headers, (void)headers_size, (void)chunks, (void)chunks_size;
}

void envoy_dynamic_module_on_http_filter_http_stream_headers(void* envoy, const void* module, uint64_t id,
                                                             envoy_dynamic_module_type_envoy_http_header* headers,
                                                             size_t headers_size, bool end_stream) {
  (void)envoy, (void)module, (void)id, (void)headers, (void)headers_size, (void)end_stream;
}

void envoy_dynamic_module_on_http_filter_http_stream_data(void* envoy, const void* module, uint64_t id,
                                                          const abi_view* data, size_t count, bool end_stream) {
  (void)envoy, (void)module, (void)id, (void)data, (void)count, (void)end_stream;
}

void envoy_dynamic_module_on_http_filter_http_stream_trailers(void* envoy, const void* module, uint64_t id,
                                                              envoy_dynamic_module_type_envoy_http_header* trailers,
                                                              size_t size) {
  (void)envoy, (void)module, (void)id, (void)trailers, (void)size;
}

void envoy_dynamic_module_on_http_filter_http_stream_complete(void* envoy, const void* module, uint64_t id) {
  (void)envoy, (void)module, (void)id;
}

void envoy_dynamic_module_on_http_filter_http_stream_reset(void* envoy, const void* module, uint64_t id,
                                                           envoy_dynamic_module_type_http_stream_reset_reason reason) {
  (void)envoy, (void)module, (void)id, (void)reason;
}

void envoy_dynamic_module_on_http_filter_config_http_callout_done(
    void* envoy, const void* config, uint64_t id, envoy_dynamic_module_type_http_callout_result result,
    envoy_dynamic_module_type_envoy_http_header* headers, size_t headers_size, abi_view* chunks, size_t chunks_size) {
  (void)envoy, (void)config, (void)id, (void)result, (void)headers, (void)headers_size, (void)chunks, (void)chunks_size;
}

void envoy_dynamic_module_on_http_filter_config_http_stream_headers(
    void* envoy, const void* config, uint64_t id, envoy_dynamic_module_type_envoy_http_header* headers,
    size_t headers_size, bool end_stream) {
  (void)envoy, (void)config, (void)id, (void)headers, (void)headers_size, (void)end_stream;
}

void envoy_dynamic_module_on_http_filter_config_http_stream_data(void* envoy, const void* config, uint64_t id,
                                                                 const abi_view* data, size_t count, bool end_stream) {
  (void)envoy, (void)config, (void)id, (void)data, (void)count, (void)end_stream;
}

void envoy_dynamic_module_on_http_filter_config_http_stream_trailers(
    void* envoy, const void* config, uint64_t id, envoy_dynamic_module_type_envoy_http_header* trailers, size_t size) {
  (void)envoy, (void)config, (void)id, (void)trailers, (void)size;
}

void envoy_dynamic_module_on_http_filter_config_http_stream_complete(void* envoy, const void* config, uint64_t id) {
  (void)envoy, (void)config, (void)id;
}

void envoy_dynamic_module_on_http_filter_config_http_stream_reset(
    void* envoy, const void* config, uint64_t id, envoy_dynamic_module_type_http_stream_reset_reason reason) {
  (void)envoy, (void)config, (void)id, (void)reason;
}
