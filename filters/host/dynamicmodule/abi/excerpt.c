// Excerpts of metadata, see host.Excerpt: all that a plan is compiled from, read in one go. Their bytes are those of host.AppendExcerpt.
#include <stdlib.h>
#include <string.h>

#include "module.h"

// Numbers go into contents as they stand in memory, which begins with the lowest byte.
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "byte order");

struct place {
  int source;
  text namespace, key;
};

struct part {
  int source;
  text namespace;
  int other;
  bool given;
  size_t kinds_count, named_count;
  text* keys;
  unsigned char* kinds; // of these keys
  struct place* named;
};

struct excerpt {
  bool of_route; // some of it is the route's
  size_t count;
  struct part* parts;
};

static const char* unpack_number(const char* at, size_t* to) {
  uint32_t number;
  memcpy(&number, at, sizeof number);
  *to = number;
  return at + sizeof number;
}

static void* make(size_t count, size_t size) {
  void* made = calloc(count + 1, size);
  if (made == NULL) {
    abort();
  }
  return made;
}

static const char* unpack_part(const char* at, struct part* part) {
  size_t number;
  at = unpack_text(unpack_number(at, &number), &part->namespace);
  part->source = (int)number;
  at = unpack_number(at, &number);
  part->other = (int)number;
  at = unpack_number(at, &part->kinds_count);
  part->keys = make(part->kinds_count, sizeof *part->keys);
  part->kinds = make(part->kinds_count, sizeof *part->kinds);
  for (size_t i = 0; i < part->kinds_count; i++) {
    at = unpack_number(unpack_text(at, &part->keys[i]), &number);
    part->kinds[i] = (unsigned char)number;
  }
  at = unpack_number(at, &number);
  part->given = number != 0;
  at = unpack_number(at, &part->named_count);
  part->named = make(part->named_count, sizeof *part->named);
  for (size_t i = 0; i < part->named_count; i++) {
    struct place* place = &part->named[i];
    at = unpack_text(unpack_text(unpack_number(at, &number), &place->namespace), &place->key);
    place->source = (int)number;
  }
  return at;
}

static bool is_of_route(const struct part* part) {
  bool is = part->source == envoy_dynamic_module_type_metadata_source_Route;
  for (size_t i = 0; i < part->named_count; i++) {
    is = is || part->named[i].source == envoy_dynamic_module_type_metadata_source_Route;
  }
  return is;
}

struct excerpt* excerpt_new(const char* packed, size_t length) {
  struct excerpt* e = make(1, sizeof *e);
  const char* at = unpack_number(text_copy(packed, length).ptr, &e->count);
  e->parts = make(e->count, sizeof *e->parts);
  for (size_t i = 0; i < e->count; i++) {
    at = unpack_part(at, &e->parts[i]);
    e->of_route = e->of_route || is_of_route(&e->parts[i]);
  }
  return e;
}

// sink is a buffer that counts on when it is full.
struct sink {
  char* to;
  size_t capacity, at;
};

static void put(struct sink* s, const void* bytes, size_t length) {
  if (s->at + length <= s->capacity && length > 0) {
    memcpy(s->to + s->at, bytes, length);
  }
  s->at += length;
}

static void put_byte(struct sink* s, char byte) { put(s, &byte, 1); }

static void put_text(struct sink* s, view v) {
  const uint32_t length = (uint32_t)v.length;
  put(s, &length, sizeof length);
  put(s, v.ptr, v.length);
}

static view found_text(void* envoy, int source, text namespace, text key) {
  view found = {NULL, 0};
  envoy_dynamic_module_callback_http_get_metadata_string(envoy, (envoy_dynamic_module_type_metadata_source)source, namespace,
                                                         key, &found);
  return found;
}

static void put_list(struct sink* s, void* envoy, const struct part* part, text key, size_t size) {
  const uint32_t count = (uint32_t)size;
  const size_t begin = s->at;
  put_byte(s, a_list);
  put(s, &count, sizeof count);
  for (size_t i = 0; i < size; i++) {
    view element = {NULL, 0};
    if (!envoy_dynamic_module_callback_http_get_metadata_list_string(
            envoy, (envoy_dynamic_module_type_metadata_source)part->source, part->namespace, key, i, &element)) {
      s->at = begin; // One that is no text makes the list unreadable.
      put_byte(s, unreadable);
      return;
    }
    put_text(s, element);
  }
}

static void put_value(struct sink* s, void* envoy, const struct part* part, text key, int kind) {
  const envoy_dynamic_module_type_metadata_source source = (envoy_dynamic_module_type_metadata_source)part->source;
  double number;
  bool flag;
  size_t size;
  view found;
  switch ((enum kind)kind) {
  case a_text:
    found = found_text(envoy, part->source, part->namespace, key);
    if (found.length > 0) {
      put_byte(s, a_text);
      put_text(s, found);
      return;
    }
    break;
  case a_number:
    if (envoy_dynamic_module_callback_http_get_metadata_number(envoy, source, part->namespace, key, &number)) {
      put_byte(s, a_number);
      put(s, &number, sizeof number);
      return;
    }
    break;
  case a_bool:
    if (envoy_dynamic_module_callback_http_get_metadata_bool(envoy, source, part->namespace, key, &flag)) {
      put_byte(s, a_bool);
      put_byte(s, flag);
      return;
    }
    break;
  case a_list:
    if (envoy_dynamic_module_callback_http_get_metadata_list_size(envoy, source, part->namespace, key, &size)) {
      put_list(s, envoy, part, key, size);
      return;
    }
    break;
  case unreadable:
    break;
  }
  put_byte(s, unreadable);
}

static int kind_of(const struct part* part, view key) {
  for (size_t i = 0; i < part->kinds_count; i++) {
    if (equal(key, part->keys[i])) {
      return part->kinds[i];
    }
  }
  return part->other;
}

static void put_named(struct sink* s, void* envoy, const struct part* part) {
  for (size_t i = 0; i < part->named_count; i++) {
    const struct place* place = &part->named[i];
    const view key = found_text(envoy, place->source, place->namespace, place->key);
    if (key.length > 0) {
      put_value(s, envoy, part, (text){key.ptr, key.length}, part->other);
      return;
    }
  }
  put_byte(s, unreadable);
}

// before compares two keys by their bytes.
static int before(const void* left, const void* right) {
  const view *a = left, *b = right;
  const int order = memcmp(a->ptr, b->ptr, a->length < b->length ? a->length : b->length);
  return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

#define FEW_KEYS 24

static void sort(view* keys, size_t count) {
  if (count > FEW_KEYS) {
    qsort(keys, count, sizeof *keys, before);
    return;
  }
  for (size_t i = 1; i < count; i++) {
    const view key = keys[i];
    size_t at = i;
    for (; at > 0 && before(&key, &keys[at - 1]) < 0; at--) {
      keys[at] = keys[at - 1];
    }
    keys[at] = key;
  }
}

#define SOME_KEYS 64

static void put_part(struct sink* s, void* envoy, const struct part* part) {
  const envoy_dynamic_module_type_metadata_source source = (envoy_dynamic_module_type_metadata_source)part->source;
  const size_t count = envoy_dynamic_module_callback_http_get_metadata_keys_count(envoy, source, part->namespace);
  const uint32_t short_count = (uint32_t)count;
  put(s, &short_count, sizeof short_count);
  if (count == 0) {
    return;
  }
  view some[SOME_KEYS], *keys = count <= SOME_KEYS ? some : make(count, sizeof *keys);
  if (envoy_dynamic_module_callback_http_get_metadata_keys(envoy, source, part->namespace, keys)) {
    sort(keys, count); // Envoy has them in the order of a hash table.
    for (size_t i = 0; i < count; i++) {
      put_text(s, keys[i]);
      put_value(s, envoy, part, (text){keys[i].ptr, keys[i].length}, kind_of(part, keys[i]));
    }
  }
  if (keys != some) {
    free(keys);
  }
}

size_t excerpt_read(const struct excerpt* e, envoy_ptr envoy, const char* name, size_t length, char* to, size_t capacity) {
  struct sink s = {to, capacity, 0};
  if (e->of_route) {
    choose_route((void*)envoy); // For the cluster's, Envoy does so itself.
  }
  for (size_t i = 0; i < e->count; i++) {
    const struct part* part = &e->parts[i];
    if (part->given) {
      put_value(&s, (void*)envoy, part, (text){name, length}, part->other);
    } else if (part->named_count > 0) {
      put_named(&s, (void*)envoy, part);
    } else {
      put_part(&s, (void*)envoy, part);
    }
  }
  return s.at;
}
