// What a filter has changed during an event, done in one go.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

#include "module.h"

// Envoy has this from 1.39 on; the pinned header does not know it yet. One call costs as much as one entry does otherwise.
typedef void (*set_batch)(void* envoy, text namespace, const struct pair* pairs, size_t count);
static set_batch batch;

__attribute__((constructor)) static void find_batch(void) {
  batch = (set_batch)dlsym(RTLD_DEFAULT, "envoy_dynamic_module_callback_http_set_dynamic_metadata_string_batch");
}

void set_metadata(void* envoy, text namespace, const struct pair* pairs, size_t count) {
  if (batch != NULL) {
    batch(envoy, namespace, pairs, count);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    envoy_dynamic_module_callback_http_set_dynamic_metadata_string(envoy, namespace, pairs[i].key, pairs[i].value);
  }
}

#define MOST_PAIRS 16

void play(envoy_ptr envoy, const char* packed, size_t length) {
  struct pair pairs[MOST_PAIRS];
  size_t count = 0;
  text of = {NULL, 0};
  for (const char *at = packed, *end = packed + length; at < end;) {
    struct write_head head;
    memcpy(&head, at, sizeof head);
    const text namespace = {at + sizeof head, head.namespace_length};
    const text name = {namespace.ptr + namespace.length, head.name_length};
    const text value = {name.ptr + name.length, head.value_length};
    at = value.ptr + value.length;
    // Texts of one namespace that follow each other are set together.
    if (count > 0 && (head.kind != set_text || count == MOST_PAIRS || namespace.length != of.length ||
                      memcmp(namespace.ptr, of.ptr, of.length) != 0)) {
      set_metadata((void*)envoy, of, pairs, count);
      count = 0;
    }
    switch ((enum write_kind)head.kind) {
    case set_header:
      envoy_dynamic_module_callback_http_set_header((void*)envoy, (envoy_dynamic_module_type_http_header_type)head.map, name, value);
      break;
    case add_header:
      envoy_dynamic_module_callback_http_add_header((void*)envoy, (envoy_dynamic_module_type_http_header_type)head.map, name, value);
      break;
    case set_text:
      of = namespace;
      pairs[count++] = (struct pair){name, value};
      break;
    case add_counter:
      envoy_dynamic_module_callback_http_filter_increment_counter((void*)envoy, head.metric, NULL, 0, head.number);
      break;
    case record_histogram:
      envoy_dynamic_module_callback_http_filter_record_histogram_value((void*)envoy, head.metric, NULL, 0, head.number);
      break;
    }
  }
  if (count > 0) {
    set_metadata((void*)envoy, of, pairs, count);
  }
}
