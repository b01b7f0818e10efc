// The gate: whether a request may be of any concern to its filter. Reading headers and metadata costs little, entering Go
// does not.
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

bool equal(view a, text b) { return a.length == b.length && memcmp(a.ptr, b.ptr, a.length) == 0; }

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

void gate_add(struct config* config, const char* packed, size_t length) {
  struct concern* c = calloc(1, sizeof *c);
  if (c == NULL) {
    abort();
  }
  c->memory = text_copy(packed, length);
  const char* at = c->memory.ptr;
  text* const texts[] = {&c->method, &c->header, &c->prefix, &c->namespace, &c->cluster_namespace, &c->cluster_key};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    at = unpack_text(at, texts[i]);
  }
  // In the order they are given: the first that holds ends the search.
  struct concern** end = &config->concerns;
  while (*end != NULL) {
    end = &(*end)->next;
  }
  *end = c;
}

void gate_free(struct config* config) {
  for (struct concern *c = config->concerns, *next; c != NULL; c = next) {
    next = c->next;
    free((void*)c->memory.ptr);
    free(c);
  }
}

static view request_header(void* envoy, text name) {
  view value = {NULL, 0};
  envoy_dynamic_module_callback_http_get_header(envoy, envoy_dynamic_module_type_http_header_type_RequestHeader, name,
                                                &value, 0, NULL);
  return value;
}

// holds is what Concern.holds in host/concern.go is.
static bool holds(const struct concern* c, void* envoy) {
  static const char method[] = ":method";
  if (c->method.length > 0 && !equal(request_header(envoy, (text){method, sizeof method - 1}), c->method)) {
    return false;
  }
  if (c->header.length > 0) {
    const view value = request_header(envoy, c->header);
    if (value.length == 0 || !has_prefix(value, c->prefix)) {
      return false;
    }
  }
  if (c->namespace.length > 0) {
    choose_route(envoy);
    if (envoy_dynamic_module_callback_http_get_metadata_keys_count(envoy, envoy_dynamic_module_type_metadata_source_Route,
                                                                   c->namespace) == 0) {
      return false;
    }
  }
  view value = {NULL, 0};
  return c->cluster_key.length == 0 ||
         (envoy_dynamic_module_callback_http_get_metadata_string(envoy, envoy_dynamic_module_type_metadata_source_Cluster,
                                                                 c->cluster_namespace, c->cluster_key, &value) &&
          value.length > 0);
}

bool gate_open(const struct config* config, void* envoy) {
  if (!config->selective) {
    return true;
  }
  for (const struct concern* c = config->concerns; c != NULL; c = c->next) {
    if (holds(c, envoy)) {
      return true;
    }
  }
  return false;
}
