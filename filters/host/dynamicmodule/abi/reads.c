// Reads in bulk: each call from Go to C and back costs as much as what is done in it.
#include <stdlib.h>
#include <string.h>

#include "module.h"

// put appends a text with its length before it, as far as it fits, and returns how far that would be.
static size_t put(char* to, size_t capacity, size_t at, const char* ptr, size_t length) {
  const uint32_t short_length = (uint32_t)length;
  if (at + sizeof short_length + length <= capacity) {
    memcpy(to + at, &short_length, sizeof short_length);
    if (length > 0) {
      memcpy(to + at + sizeof short_length, ptr, length);
    }
  }
  return at + sizeof short_length + length;
}

#define SOME 96

size_t pack_headers(envoy_ptr envoy, int type, char* to, size_t capacity) {
  const envoy_dynamic_module_type_http_header_type of = (envoy_dynamic_module_type_http_header_type)type;
  const size_t count = envoy_dynamic_module_callback_http_get_headers_size((void*)envoy, of);
  if (count == 0) {
    return 0;
  }
  envoy_dynamic_module_type_envoy_http_header some[SOME], *headers = some;
  if (count > SOME) {
    headers = malloc(count * sizeof *headers);
    if (headers == NULL) {
      abort();
    }
  }
  size_t at = 0;
  if (envoy_dynamic_module_callback_http_get_headers((void*)envoy, of, headers)) {
    for (size_t i = 0; i < count; i++) {
      at = put(to, capacity, at, headers[i].key_ptr, headers[i].key_length);
      at = put(to, capacity, at, headers[i].value_ptr, headers[i].value_length);
    }
  }
  if (headers != some) {
    free(headers);
  }
  return at;
}

size_t copy_body(envoy_ptr envoy, int type, char* to, size_t capacity) {
  const envoy_dynamic_module_type_http_body_type of = (envoy_dynamic_module_type_http_body_type)type;
  const size_t length = envoy_dynamic_module_callback_http_get_body_size((void*)envoy, of);
  if (length == 0 || length > capacity) {
    return length;
  }
  view some[SOME], *chunks = some;
  const size_t count = envoy_dynamic_module_callback_http_get_body_chunks_size((void*)envoy, of);
  if (count > SOME) {
    chunks = malloc(count * sizeof *chunks);
    if (chunks == NULL) {
      abort();
    }
  }
  size_t at = 0;
  if (envoy_dynamic_module_callback_http_get_body_chunks((void*)envoy, of, chunks)) {
    for (size_t i = 0; i < count; i++) {
      memcpy(to + at, chunks[i].ptr, chunks[i].length);
      at += chunks[i].length;
    }
  }
  if (chunks != some) {
    free(chunks);
  }
  return at;
}

void replace_body(envoy_ptr envoy, int type, const char* with, size_t length, bool drain) {
  const envoy_dynamic_module_type_http_body_type of = (envoy_dynamic_module_type_http_body_type)type;
  if (drain) {
    envoy_dynamic_module_callback_http_drain_body((void*)envoy, of, envoy_dynamic_module_callback_http_get_body_size((void*)envoy, of));
  }
  if (length > 0) {
    envoy_dynamic_module_callback_http_append_body((void*)envoy, of, (text){with, length});
  }
}
