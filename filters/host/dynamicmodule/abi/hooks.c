// Envoy's hooks. Envoy looks every one of them up when it loads the module, and refuses it if one is missing
// (filters/http/dynamic_modules/filter_config.cc, newDynamicModuleHttpFilterConfig). What needs no Go is answered here.
#include <stdlib.h>

#include "_cgo_export.h"

const char* envoy_dynamic_module_on_program_init(void) {
  slack_restore(); // Envoy calls this on the thread that has loaded the library.
  return ENVOY_DYNAMIC_MODULES_ABI_VERSION;
}

const void* envoy_dynamic_module_on_http_filter_config_new(void* envoy, view name, view raw) {
  struct config* config = calloc(1, sizeof *config);
  if (config == NULL) {
    abort();
  }
  config->go = funcrouteConfigNew(config, (envoy_ptr)envoy, (char*)name.ptr, name.length, (char*)raw.ptr, raw.length);
  if (config->go == 0) {
    envoy_dynamic_module_on_http_filter_config_destroy(config);
    return NULL;
  }
  return config;
}

void envoy_dynamic_module_on_http_filter_config_destroy(const void* module) {
  struct config* config = (struct config*)module;
  workers_tell_ended();
  if (config->go != 0) {
    funcrouteConfigDelete(config->go);
  }
  gate_free(config);
  free(config);
}

const void* envoy_dynamic_module_on_http_filter_per_route_config_new(view name, view raw) {
  return (void*)funcrouteRouteConfigNew((char*)name.ptr, name.length, (char*)raw.ptr, raw.length);
}

void envoy_dynamic_module_on_http_filter_per_route_config_destroy(const void* module) {
  funcrouteRouteConfigDelete((uintptr_t)module);
}

const void* envoy_dynamic_module_on_http_filter_new(const void* config, void* envoy) {
  struct stream* s = calloc(1, sizeof *s);
  if (s == NULL) {
    abort();
  }
  s->config = config;
  s->envoy = (envoy_ptr)envoy;
  return s;
}

// Go may be in the midst of an event when the stream is destroyed: a local reply does that. Its memory is kept until then.
static void enter(struct stream* s) { s->depth++; }

static void leave(struct stream* s) {
  if (--s->depth == 0 && s->destroyed) {
    free(s);
  }
}

void envoy_dynamic_module_on_http_filter_destroy(const void* module) {
  struct stream* s = (struct stream*)module;
  enter(s);
  s->destroyed = true;
  if (s->go != 0 && s->interest == 0) {
    worker_add_ended(s->go);
  } else if (s->go != 0) {
    funcrouteDestroy(s->go);
  }
  leave(s);
}

// A stream may be NULL. A full circuit breaker resets an attempt, and destroys its filters, before a cluster's filters see the
// request's headers; Envoy then hands them to the filters all the same (router/upstream_request.cc, acceptHeadersFromRouter).
static int interest_of(const struct stream* s) { return s == NULL ? 0 : s->interest; }

// answered takes apart what an event has returned. Of what is of no further interest, Go has forgotten.
static int answered(struct stream* s, int returned) {
  s->interest = returned >> interest_shift;
  if (s->interest == 0) {
    s->go = 0;
  }
  return returned & ((1 << interest_shift) - 1);
}

envoy_dynamic_module_type_on_http_filter_request_headers_status
envoy_dynamic_module_on_http_filter_request_headers(void* envoy, const void* module, bool last) {
  struct stream* s = (struct stream*)module;
  if (s == NULL || !gate_open(s->config, envoy)) {
    return envoy_dynamic_module_type_on_http_filter_request_headers_status_Continue;
  }
  uint64_t ended[MOST_ENDED];
  const size_t count = worker_take_ended(ended);
  enter(s);
  s->interest = in_end; // Until the event has said otherwise: a reply may destroy the stream within it.
  const int status = answered(s, funcrouteBegin(s, last, worker_number(), ended, count));
  leave(s);
  return status;
}

// hand gives an event to Go.
static int hand(struct stream* s, enum event event, bool last) {
  if (s->go == 0 || s->destroyed) {
    return 0;
  }
  enter(s);
  const int status = answered(s, funcrouteEvent(s->go, event, last));
  leave(s);
  return status;
}

envoy_dynamic_module_type_on_http_filter_request_body_status
envoy_dynamic_module_on_http_filter_request_body(void* envoy, const void* module, bool last) {
  struct stream* s = (struct stream*)module;
  if (!(interest_of(s) & in_request_body)) {
    return envoy_dynamic_module_type_on_http_filter_request_body_status_Continue;
  }
  return last || s->interest & in_request_pieces
             ? hand(s, request_body, last)
             : envoy_dynamic_module_type_on_http_filter_request_body_status_StopIterationAndBuffer;
}

envoy_dynamic_module_type_on_http_filter_request_trailers_status
envoy_dynamic_module_on_http_filter_request_trailers(void* envoy, const void* module) {
  struct stream* s = (struct stream*)module;
  return interest_of(s) & in_request_body ? hand(s, request_trailers, true) : 0;
}

envoy_dynamic_module_type_on_http_filter_response_headers_status
envoy_dynamic_module_on_http_filter_response_headers(void* envoy, const void* module, bool last) {
  struct stream* s = (struct stream*)module;
  if (s != NULL && s->routine != NULL) {
    if (routine_follow(s->routine, s)) {
      s->interest = 0;
    }
    s->routine = NULL;
  }
  if (!(interest_of(s) & in_answer_headers)) {
    return envoy_dynamic_module_type_on_http_filter_response_headers_status_Continue;
  }
  if (s->interest & in_answer_collected && !last) {
    s->collecting = true;
    return envoy_dynamic_module_type_on_http_filter_response_headers_status_StopIteration;
  }
  return hand(s, answer_headers, last);
}

envoy_dynamic_module_type_on_http_filter_response_body_status
envoy_dynamic_module_on_http_filter_response_body(void* envoy, const void* module, bool last) {
  struct stream* s = (struct stream*)module;
  if (s == NULL || (!s->collecting && !(s->interest & in_answer_body))) {
    return envoy_dynamic_module_type_on_http_filter_response_body_status_Continue;
  }
  if (!last && !(s->interest & in_answer_pieces)) {
    return envoy_dynamic_module_type_on_http_filter_response_body_status_StopIterationAndBuffer;
  }
  if (!s->collecting) {
    return hand(s, answer_body, last);
  }
  s->collecting = false;
  return hand(s, collected, last);
}

envoy_dynamic_module_type_on_http_filter_response_trailers_status
envoy_dynamic_module_on_http_filter_response_trailers(void* envoy, const void* module) {
  struct stream* s = (struct stream*)module;
  if (s == NULL || !s->collecting) {
    return interest_of(s) & in_answer_body ? hand(s, answer_trailers, true) : 0;
  }
  s->collecting = false;
  return hand(s, collected_trailers, true);
}

void envoy_dynamic_module_on_http_filter_scheduled(void* envoy, const void* module, uint64_t event_id) {
  hand((struct stream*)module, resumed, true);
}

// A listener's filters are told before the reply comes as an answer. A cluster's never see one: it goes to the listener's at once
// (router/upstream_request.cc, UpstreamFilterManager::sendLocalReply).
envoy_dynamic_module_type_on_http_filter_local_reply_status
envoy_dynamic_module_on_http_filter_local_reply(void* envoy, const void* module, uint32_t code, view details, bool reset) {
  ((struct stream*)module)->local_reply = true;
  return envoy_dynamic_module_type_on_http_filter_local_reply_status_Continue;
}

// What our filters have no use for.

void envoy_dynamic_module_on_http_filter_stream_complete(void* envoy, const void* module) {}

void envoy_dynamic_module_on_http_filter_downstream_above_write_buffer_high_watermark(void* envoy, const void* module) {}

void envoy_dynamic_module_on_http_filter_downstream_below_write_buffer_low_watermark(void* envoy, const void* module) {}

void envoy_dynamic_module_on_http_filter_config_scheduled(void* envoy, const void* config, uint64_t event_id) {}

// We start no callouts, so these are never called.

typedef envoy_dynamic_module_type_envoy_http_header header;

void envoy_dynamic_module_on_http_filter_http_callout_done(void* envoy, const void* module, uint64_t id,
                                                           envoy_dynamic_module_type_http_callout_result result,
                                                           header* headers, size_t headers_size, view* chunks,
                                                           size_t chunks_size) {}

void envoy_dynamic_module_on_http_filter_http_stream_headers(void* envoy, const void* module, uint64_t id, header* headers,
                                                             size_t size, bool last) {}

void envoy_dynamic_module_on_http_filter_http_stream_data(void* envoy, const void* module, uint64_t id, const view* data,
                                                          size_t count, bool last) {}

void envoy_dynamic_module_on_http_filter_http_stream_trailers(void* envoy, const void* module, uint64_t id,
                                                              header* trailers, size_t size) {}

void envoy_dynamic_module_on_http_filter_http_stream_complete(void* envoy, const void* module, uint64_t id) {}

void envoy_dynamic_module_on_http_filter_http_stream_reset(void* envoy, const void* module, uint64_t id,
                                                           envoy_dynamic_module_type_http_stream_reset_reason reason) {}

void envoy_dynamic_module_on_http_filter_config_http_callout_done(void* envoy, const void* config, uint64_t id,
                                                                  envoy_dynamic_module_type_http_callout_result result,
                                                                  header* headers, size_t headers_size, view* chunks,
                                                                  size_t chunks_size) {}

void envoy_dynamic_module_on_http_filter_config_http_stream_headers(void* envoy, const void* config, uint64_t id,
                                                                    header* headers, size_t size, bool last) {}

void envoy_dynamic_module_on_http_filter_config_http_stream_data(void* envoy, const void* config, uint64_t id,
                                                                 const view* data, size_t count, bool last) {}

void envoy_dynamic_module_on_http_filter_config_http_stream_trailers(void* envoy, const void* config, uint64_t id,
                                                                     header* trailers, size_t size) {}

void envoy_dynamic_module_on_http_filter_config_http_stream_complete(void* envoy, const void* config, uint64_t id) {}

void envoy_dynamic_module_on_http_filter_config_http_stream_reset(
    void* envoy, const void* config, uint64_t id, envoy_dynamic_module_type_http_stream_reset_reason reason) {}
