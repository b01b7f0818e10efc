// Routines: answers that are handled here because a function has said beforehand what is to be done with them.
#include <stdlib.h>
#include <string.h>

#include "module.h"

// unpack reads a list that Go has packed: a count, then each text's length and bytes. Numbers have four bytes.
static text* unpack(const char** at, size_t* count) {
  uint32_t n;
  memcpy(&n, *at, sizeof n);
  *at += sizeof n;
  text* list = calloc(n + 1, sizeof *list);
  if (list == NULL) {
    abort();
  }
  for (uint32_t i = 0; i < n; i++) {
    *at = unpack_text(*at, &list[i]);
  }
  *count = n;
  return list;
}

struct routine* routine_new(const char* packed, size_t length) {
  struct routine* r = calloc(1, sizeof *r);
  if (r == NULL) {
    abort();
  }
  const char* at = text_copy(packed, length).ptr;
  size_t heads;
  text* head = unpack(&at, &heads);
  r->status = head[0];
  r->namespace = head[1];
  free(head);
  r->without = unpack(&at, &r->without_count);
  r->remove = unpack(&at, &r->remove_count);
  r->notes = unpack(&at, &r->notes_count);
  return r;
}

// What is larger is left to Go.
#define MOST_HEADERS 64
#define MOST_NAMES 2048

typedef envoy_dynamic_module_type_envoy_http_header header;

static view name_of(const header* h) { return (view){h->key_ptr, h->key_length}; }

static bool one_of(view name, const text* list, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (equal(name, list[i])) {
      return true;
    }
  }
  return false;
}

// fits says whether the answer is one that the routine is for.
static bool fits(const struct routine* r, const header* headers, size_t count) {
  static const char status[] = ":status";
  bool right = false;
  for (size_t i = 0; i < count; i++) {
    if (one_of(name_of(&headers[i]), r->without, r->without_count)) {
      return false;
    }
    if (equal(name_of(&headers[i]), (text){status, sizeof status - 1})) {
      right = equal((view){headers[i].value_ptr, headers[i].value_length}, r->status);
    }
  }
  return right;
}

static void note(const struct routine* r, void* envoy, const header* headers, size_t count) {
  struct pair pairs[MOST_HEADERS];
  size_t found = 0;
  for (size_t j = 0; j < r->notes_count && found < MOST_HEADERS; j += 2) {
    for (size_t i = 0; i < count; i++) {
      if (equal(name_of(&headers[i]), r->notes[j])) {
        if (headers[i].value_length > 0) {
          pairs[found++] = (struct pair){r->notes[j + 1], {headers[i].value_ptr, headers[i].value_length}};
        }
        break;
      }
    }
  }
  set_metadata(envoy, r->namespace, pairs, found);
}

bool routine_follow(const struct routine* r, const struct stream* s) {
  void* const envoy = (void*)s->envoy;
  const envoy_dynamic_module_type_http_header_type answer = envoy_dynamic_module_type_http_header_type_ResponseHeader;
  header headers[MOST_HEADERS];
  const size_t count = envoy_dynamic_module_callback_http_get_headers_size(envoy, answer);
  if (count > MOST_HEADERS || !envoy_dynamic_module_callback_http_get_headers(envoy, answer, headers) ||
      !fits(r, headers, count) || !from_upstream(s)) {
    return false;
  }
  // The names to be removed are copied first: they are Envoy's, and go with the first header of that name.
  char names[MOST_NAMES];
  text removed[MOST_HEADERS];
  size_t used = 0, removals = 0;
  for (size_t i = 0; i < count; i++) {
    const view name = name_of(&headers[i]);
    for (size_t j = 0; j < r->remove_count; j++) {
      if (!has_prefix(name, r->remove[j])) {
        continue;
      }
      if (used + name.length > MOST_NAMES) {
        return false;
      }
      memcpy(names + used, name.ptr, name.length);
      removed[removals++] = (text){names + used, name.length};
      used += name.length;
      break;
    }
  }
  note(r, envoy, headers, count);
  for (size_t i = 0; i < removals; i++) {
    envoy_dynamic_module_callback_http_set_header(envoy, answer, removed[i], (text){NULL, 0});
  }
  return true;
}
