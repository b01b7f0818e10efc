#include <stdlib.h>
#include <string.h>

#include "contribhost.h"

typedef struct {
  const char* p;
  ptrdiff_t n;
} go_string;

static envoy_dynamic_module_type_http_header_type kind_of(const struct direction* d, bool trailers) {
  if (d->ps.is_encoding) {
    return trailers ? envoy_dynamic_module_type_http_header_type_ResponseTrailer
                    : envoy_dynamic_module_type_http_header_type_ResponseHeader;
  }
  return trailers ? envoy_dynamic_module_type_http_header_type_RequestTrailer
                  : envoy_dynamic_module_type_http_header_type_RequestHeader;
}

static struct header_list* own(struct direction* d, bool trailers) {
  return d->ps.is_encoding && !trailers && d->stream->reply != NULL ? &d->stream->reply->headers : NULL;
}

static envoy_dynamic_module_type_envoy_http_header* all(struct direction* d, bool trailers, size_t* count) {
  struct header_list* list = own(d, trailers);
  *count = list != NULL ? list->len
                        : envoy_dynamic_module_callback_http_get_headers_size(d->stream->envoy, kind_of(d, trailers));
  envoy_dynamic_module_type_envoy_http_header* headers = must_alloc(*count * sizeof(*headers));
  if (list == NULL) {
    envoy_dynamic_module_callback_http_get_headers(d->stream->envoy, kind_of(d, trailers), headers);
    return headers;
  }
  for (size_t i = 0; i < list->len; i++) {
    struct header* h = &list->items[i];
    headers[i] = (envoy_dynamic_module_type_envoy_http_header){h->key.data, h->key.len, h->value.data, h->value.len};
  }
  return headers;
}

// HeaderMap::size and HeaderMap::byteSize
void header_sizes(struct direction* d, bool trailers, uint64_t* count, uint64_t* size) {
  size_t len;
  envoy_dynamic_module_type_envoy_http_header* headers = all(d, trailers, &len);
  *count = len;
  *size = 0;
  for (size_t i = 0; i < len; i++) {
    *size += headers[i].key_length + headers[i].value_length;
  }
  free(headers);
}

bool header_get(struct direction* d, bool trailers, const char* key, size_t key_len, abi_view* value) {
  struct header_list* list = own(d, trailers);
  if (list == NULL) {
    return envoy_dynamic_module_callback_http_get_header(d->stream->envoy, kind_of(d, trailers),
                                                         (abi_text){key, key_len}, value, 0, NULL);
  }
  struct header* h = headers_find(list, key, key_len);
  if (h != NULL) {
    *value = (abi_view){h->value.data, h->value.len};
  }
  return h != NULL;
}

bool header_write(struct direction* d, bool trailers, const char* key, size_t key_len, const char* value,
                  size_t value_len, headerAction action) {
  struct header_list* list = own(d, trailers);
  abi_text k = {key, key_len}, v = {value, value_len};
  if (list != NULL) {
    (action == HeaderAdd ? headers_add : headers_set)(list, key, key_len, value, value_len);
    return true;
  }
  if (value_len == 0) {
    return false; // the ABI removes the header or refuses to add it
  }
  return action == HeaderAdd
             ? envoy_dynamic_module_callback_http_add_header(d->stream->envoy, kind_of(d, trailers), k, v)
             : envoy_dynamic_module_callback_http_set_header(d->stream->envoy, kind_of(d, trailers), k, v);
}

void header_erase(struct direction* d, bool trailers, const char* key, size_t key_len) {
  struct header_list* list = own(d, trailers);
  if (list != NULL) {
    headers_remove(list, key, key_len);
    return;
  }
  envoy_dynamic_module_callback_http_set_header(d->stream->envoy, kind_of(d, trailers), (abi_text){key, key_len},
                                                (abi_text){NULL, 0});
}

// golang_filter.cc copyHeaderMapToGo: pairs of Go string headers, their bytes in a buffer of Go's. An empty value keeps
// its nil pointer, the address behind the buffer's end is not Go's.
void header_copy_to_go(struct direction* d, bool trailers, void* strings, char* buffer) {
  go_string* strs = strings;
  size_t len;
  envoy_dynamic_module_type_envoy_http_header* headers = all(d, trailers, &len);
  for (size_t i = 0; i < len; i++) {
    strs[2 * i] = (go_string){buffer, (ptrdiff_t)headers[i].key_length};
    memcpy(buffer, headers[i].key_ptr, headers[i].key_length);
    buffer += headers[i].key_length;
    strs[2 * i + 1].n = (ptrdiff_t)headers[i].value_length;
    if (headers[i].value_length > 0) {
      strs[2 * i + 1].p = buffer;
      memcpy(buffer, headers[i].value_ptr, headers[i].value_length);
      buffer += headers[i].value_length;
    }
  }
  free(headers);
}
