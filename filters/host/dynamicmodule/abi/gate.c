// The gate: whether a request may need its filter at all. Reading headers and metadata costs little, entering Go does not.
#include <stdlib.h>
#include <string.h>

#include "module.h"

text text_copy(const char* ptr, size_t length) {
  char* copy = malloc(length + 1);
  if (copy == NULL) {
    abort();
  }
  if (length > 0) {
    memcpy(copy, ptr, length);
  }
  return (text){copy, length};
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c; }

// has_prefix compares without regard to case.
bool has_prefix(view value, text prefix) {
  if (value.length < prefix.length) {
    return false;
  }
  for (size_t i = 0; i < prefix.length; i++) {
    if (lower(value.ptr[i]) != lower(prefix.ptr[i])) {
      return false;
    }
  }
  return true;
}

void gate_add(struct config* config, bool is_header, int source, const char* name, size_t name_length, const char* detail,
              size_t detail_length) {
  struct condition* c = calloc(1, sizeof *c);
  if (c == NULL) {
    abort();
  }
  c->is_header = is_header;
  c->source = (envoy_dynamic_module_type_metadata_source)source;
  c->name = text_copy(name, name_length);
  c->detail = text_copy(detail, detail_length);
  c->next = config->gate;
  config->gate = c;
}

void gate_free(struct config* config) {
  for (struct condition *c = config->gate, *next; c != NULL; c = next) {
    next = c->next;
    free((void*)c->name.ptr);
    free((void*)c->detail.ptr);
    free(c);
  }
}

static bool holds(const struct condition* c, void* envoy) {
  view value = {NULL, 0};
  if (c->is_header) {
    return envoy_dynamic_module_callback_http_get_header(envoy, envoy_dynamic_module_type_http_header_type_RequestHeader,
                                                         c->name, &value, 0, NULL) &&
           has_prefix(value, c->detail);
  }
  if (c->detail.length == 0) {
    return envoy_dynamic_module_callback_http_get_metadata_keys_count(envoy, c->source, c->name) > 0;
  }
  return envoy_dynamic_module_callback_http_get_metadata_string(envoy, c->source, c->name, c->detail, &value) &&
         value.length > 0;
}

bool gate_open(const struct config* config, void* envoy) {
  if (config->gate == NULL) {
    return true;
  }
  for (const struct condition* c = config->gate; c != NULL; c = c->next) {
    if (holds(c, envoy)) {
      return true;
    }
  }
  return false;
}
