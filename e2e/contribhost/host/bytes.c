#include <stdlib.h>
#include <string.h>

#include "contribhost.h"

void* must_alloc(size_t size) {
  void* p = calloc(1, size ? size : 1);
  if (p == NULL) {
    abort();
  }
  return p;
}

static void reserve(struct bytes* b, size_t extra) {
  if (b->len + extra <= b->cap && b->data != NULL) {
    return;
  }
  size_t cap = b->cap ? b->cap : 64;
  while (cap < b->len + extra) {
    cap *= 2;
  }
  b->data = realloc(b->data, cap);
  if (b->data == NULL) {
    abort();
  }
  b->cap = cap;
}

void bytes_append(struct bytes* b, const void* data, size_t len) {
  reserve(b, len);
  if (len > 0) {
    memcpy(b->data + b->len, data, len);
    b->len += len;
  }
}

void bytes_prepend(struct bytes* b, const void* data, size_t len) {
  reserve(b, len);
  if (len > 0) {
    memmove(b->data + len, b->data, b->len);
    memcpy(b->data, data, len);
    b->len += len;
  }
}

void bytes_drain(struct bytes* b, size_t len) {
  if (len >= b->len) {
    b->len = 0;
    return;
  }
  memmove(b->data, b->data + len, b->len - len);
  b->len -= len;
}

void bytes_set(struct bytes* b, const void* data, size_t len) {
  b->len = 0;
  bytes_append(b, data, len);
}

void bytes_move(struct bytes* to, struct bytes* from) {
  if (to->len == 0) {
    struct bytes empty = *to;
    *to = *from;
    *from = empty;
    from->len = 0;
    return;
  }
  bytes_append(to, from->data, from->len);
  from->len = 0;
}

void bytes_free(struct bytes* b) {
  free(b->data);
  *b = (struct bytes){0};
}

bool bytes_is(const void* data, size_t len, const char* text) {
  return strlen(text) == len && memcmp(data, text, len) == 0;
}
