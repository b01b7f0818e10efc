#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "contribhost.h"

// Http::LowerCaseString: keys are stored and compared in lower case.
static bool same_key(const struct bytes* stored, const char* key, size_t key_len) {
  if (stored->len != key_len) {
    return false;
  }
  for (size_t i = 0; i < key_len; i++) {
    if (stored->data[i] != (char)tolower((unsigned char)key[i])) {
      return false;
    }
  }
  return true;
}

struct header* headers_find(struct header_list* h, const char* key, size_t key_len) {
  for (size_t i = 0; i < h->len; i++) {
    if (same_key(&h->items[i].key, key, key_len)) {
      return &h->items[i];
    }
  }
  return NULL;
}

void headers_add(struct header_list* h, const char* key, size_t key_len, const char* value, size_t value_len) {
  if (h->len == h->cap) {
    h->cap = h->cap ? h->cap * 2 : 8;
    h->items = realloc(h->items, h->cap * sizeof(*h->items));
    if (h->items == NULL) {
      abort();
    }
  }
  struct header* item = &h->items[h->len++];
  *item = (struct header){0};
  bytes_append(&item->key, key, key_len);
  for (size_t i = 0; i < key_len; i++) {
    item->key.data[i] = (char)tolower((unsigned char)item->key.data[i]);
  }
  bytes_append(&item->value, value, value_len);
}

void headers_set(struct header_list* h, const char* key, size_t key_len, const char* value, size_t value_len) {
  headers_remove(h, key, key_len);
  headers_add(h, key, key_len, value, value_len);
}

void headers_remove(struct header_list* h, const char* key, size_t key_len) {
  size_t kept = 0;
  for (size_t i = 0; i < h->len; i++) {
    if (same_key(&h->items[i].key, key, key_len)) {
      bytes_free(&h->items[i].key);
      bytes_free(&h->items[i].value);
    } else {
      h->items[kept++] = h->items[i];
    }
  }
  h->len = kept;
}

void headers_free(struct header_list* h) {
  for (size_t i = 0; i < h->len; i++) {
    bytes_free(&h->items[i].key);
    bytes_free(&h->items[i].value);
  }
  free(h->items);
  *h = (struct header_list){0};
}
