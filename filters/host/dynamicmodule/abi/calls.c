// Envoy's callbacks in a form that Go can call: with pointers and lengths in the place of structs, which would have to hold
// Go pointers.
#include <stdlib.h>
#include <string.h>

#include "module.h"

#define SOME_KEYS 64

void write_log(int level, const char* message, size_t length) {
  const envoy_dynamic_module_type_log_level of = (envoy_dynamic_module_type_log_level)level;
  if (envoy_dynamic_module_callback_log_enabled(of)) {
    envoy_dynamic_module_callback_log(of, (text){message, length});
  }
}

bool define_counter(envoy_ptr config, const char* name, size_t length, size_t* id) {
  return envoy_dynamic_module_callback_http_filter_config_define_counter((void*)config, (text){name, length}, NULL, 0, id) ==
         envoy_dynamic_module_type_metrics_result_Success;
}

bool define_histogram(envoy_ptr config, const char* name, size_t length, size_t* id) {
  return envoy_dynamic_module_callback_http_filter_config_define_histogram((void*)config, (text){name, length}, NULL, 0, id) ==
         envoy_dynamic_module_type_metrics_result_Success;
}

view dynamic_text(envoy_ptr envoy, const char* namespace, size_t namespace_length, const char* key, size_t length) {
  view found = {NULL, 0};
  envoy_dynamic_module_callback_http_get_metadata_string((void*)envoy, envoy_dynamic_module_type_metadata_source_Dynamic,
                                                         (text){namespace, namespace_length}, (text){key, length}, &found);
  return found;
}

// has_dynamic looks through the keys. A value can only be asked for by its kind, of another Envoy writes an error to its log, and some
// kinds cannot be asked for at all; but every key is listed.
bool has_dynamic(envoy_ptr envoy, const char* namespace, size_t namespace_length, const char* key, size_t length) {
  const envoy_dynamic_module_type_metadata_source of = envoy_dynamic_module_type_metadata_source_Dynamic;
  const text in = {namespace, namespace_length}, name = {key, length};
  const size_t count = envoy_dynamic_module_callback_http_get_metadata_keys_count((void*)envoy, of, in);
  if (count == 0) {
    return false;
  }
  view some[SOME_KEYS], *keys = some;
  if (count > SOME_KEYS) {
    keys = malloc(count * sizeof *keys);
    if (keys == NULL) {
      abort();
    }
  }
  bool there = false;
  if (envoy_dynamic_module_callback_http_get_metadata_keys((void*)envoy, of, in, keys)) {
    for (size_t i = 0; i < count && !there; i++) {
      there = equal(keys[i], name);
    }
  }
  if (keys != some) {
    free(keys);
  }
  return there;
}

view attribute(envoy_ptr envoy, int id) {
  view found = {NULL, 0};
  if (id == envoy_dynamic_module_type_attribute_id_XdsRouteName) {
    choose_route((void*)envoy);
  }
  envoy_dynamic_module_callback_http_filter_get_attribute_string((void*)envoy, (envoy_dynamic_module_type_attribute_id)id, &found);
  return found;
}

view cluster_name(envoy_ptr envoy) {
  view found = {NULL, 0};
  envoy_dynamic_module_callback_http_get_cluster_name((void*)envoy, &found);
  return found;
}

// unpack_text reads what Go has packed: a length and as many bytes.
const char* unpack_text(const char* at, text* to) {
  uint32_t length;
  memcpy(&length, at, sizeof length);
  *to = (text){at + sizeof length, length};
  return to->ptr + length;
}

void send_reply(envoy_ptr envoy, int status, const char* packed, size_t count, const char* body, size_t body_length,
                const char* details, size_t details_length) {
  envoy_dynamic_module_type_module_http_header* headers = calloc(count + 1, sizeof *headers);
  if (headers == NULL) {
    abort();
  }
  for (size_t i = 0; i < count; i++) {
    text name, value;
    packed = unpack_text(unpack_text(packed, &name), &value);
    headers[i] = (envoy_dynamic_module_type_module_http_header){name.ptr, name.length, value.ptr, value.length};
  }
  envoy_dynamic_module_callback_http_send_response((void*)envoy, (uint32_t)status, headers, count, (text){body, body_length},
                                                   (text){details, details_length});
  free(headers);
}

bool same_body(envoy_ptr envoy, bool answer) {
  return answer ? envoy_dynamic_module_callback_http_received_buffered_response_body((void*)envoy)
                : envoy_dynamic_module_callback_http_received_buffered_request_body((void*)envoy);
}

uintptr_t route_config(envoy_ptr envoy) {
  return (uintptr_t)envoy_dynamic_module_callback_get_most_specific_route_config((void*)envoy);
}

void continue_request(envoy_ptr envoy) { envoy_dynamic_module_callback_http_filter_continue_decoding((void*)envoy); }

void continue_answer(envoy_ptr envoy) { envoy_dynamic_module_callback_http_filter_continue_encoding((void*)envoy); }

envoy_ptr scheduler_new(envoy_ptr envoy) {
  return (envoy_ptr)envoy_dynamic_module_callback_http_filter_scheduler_new((void*)envoy);
}

void scheduler_wake(envoy_ptr scheduler) { envoy_dynamic_module_callback_http_filter_scheduler_commit((void*)scheduler, 0); }

void scheduler_delete(envoy_ptr scheduler) { envoy_dynamic_module_callback_http_filter_scheduler_delete((void*)scheduler); }
