// Envoy hands a google.protobuf.Struct to a dynamic module as JSON; contrib hands its plugin a serialized
// google.protobuf.Any. This file goes from the one to the other.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "contribhost.h"

struct reader {
  const char *at, *end;
  bool failed;
};

static struct json read_value(struct reader* r, int depth);

static void skip_space(struct reader* r) {
  while (r->at < r->end && strchr(" \t\r\n", *r->at) != NULL) {
    r->at++;
  }
}

static bool take(struct reader* r, char c) {
  skip_space(r);
  if (r->at < r->end && *r->at == c) {
    r->at++;
    return true;
  }
  return false;
}

static void put_utf8(struct bytes* out, uint32_t rune) {
  char text[4];
  size_t len;
  if (rune < 0x80) {
    text[0] = (char)rune;
    len = 1;
  } else if (rune < 0x800) {
    text[0] = (char)(0xc0 | rune >> 6);
    text[1] = (char)(0x80 | (rune & 0x3f));
    len = 2;
  } else if (rune < 0x10000) {
    text[0] = (char)(0xe0 | rune >> 12);
    text[1] = (char)(0x80 | (rune >> 6 & 0x3f));
    text[2] = (char)(0x80 | (rune & 0x3f));
    len = 3;
  } else {
    text[0] = (char)(0xf0 | rune >> 18);
    text[1] = (char)(0x80 | (rune >> 12 & 0x3f));
    text[2] = (char)(0x80 | (rune >> 6 & 0x3f));
    text[3] = (char)(0x80 | (rune & 0x3f));
    len = 4;
  }
  bytes_append(out, text, len);
}

static uint32_t read_hex4(struct reader* r) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++) {
    if (r->at >= r->end || !isxdigit((unsigned char)*r->at)) {
      r->failed = true;
      return 0;
    }
    char c = *r->at++;
    value = value << 4 | (uint32_t)(isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10);
  }
  return value;
}

static struct bytes read_string(struct reader* r) {
  struct bytes out = {0};
  bytes_append(&out, "", 0);
  if (!take(r, '"')) {
    r->failed = true;
    return out;
  }
  while (r->at < r->end && *r->at != '"') {
    char c = *r->at++;
    if (c != '\\') {
      bytes_append(&out, &c, 1);
      continue;
    }
    if (r->at >= r->end) {
      break;
    }
    c = *r->at++;
    const char* from = "\"\\/bfnrt";
    const char* to = "\"\\/\b\f\n\r\t";
    const char* hit = strchr(from, c);
    if (c == 'u') {
      uint32_t rune = read_hex4(r);
      if (rune >= 0xd800 && rune < 0xdc00 && r->end - r->at > 6 && r->at[0] == '\\' && r->at[1] == 'u') {
        r->at += 2;
        rune = 0x10000 + ((rune - 0xd800) << 10) + (read_hex4(r) - 0xdc00);
      }
      put_utf8(&out, rune);
    } else if (hit != NULL) {
      bytes_append(&out, to + (hit - from), 1);
    } else {
      r->failed = true;
    }
  }
  if (!take(r, '"')) {
    r->failed = true;
  }
  return out;
}

static void add_item(struct json* value, struct json item, const struct bytes* key) {
  value->items = realloc(value->items, (value->len + 1) * sizeof(*value->items));
  value->keys = realloc(value->keys, (value->len + 1) * sizeof(*value->keys));
  if (value->items == NULL || value->keys == NULL) {
    abort();
  }
  value->items[value->len] = item;
  value->keys[value->len] = key ? *key : (struct bytes){0};
  value->len++;
}

static void read_items(struct reader* r, struct json* value, char close, int depth) {
  if (take(r, close)) {
    return;
  }
  do {
    struct bytes key = {0};
    if (value->kind == json_object) {
      skip_space(r);
      key = read_string(r);
      if (!take(r, ':')) {
        r->failed = true;
      }
    }
    add_item(value, r->failed ? (struct json){0} : read_value(r, depth + 1), &key);
  } while (!r->failed && take(r, ','));
  if (!take(r, close)) {
    r->failed = true;
  }
}

static bool take_word(struct reader* r, const char* word) {
  size_t len = strlen(word);
  if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0) {
    return false;
  }
  r->at += len;
  return true;
}

static struct json read_value(struct reader* r, int depth) {
  struct json value = {0};
  skip_space(r);
  if (r->at >= r->end || depth > 64) {
    r->failed = true;
  } else if (*r->at == '"') {
    value.kind = json_string;
    value.text = read_string(r);
  } else if (take(r, '{')) {
    value.kind = json_object;
    read_items(r, &value, '}', depth);
  } else if (take(r, '[')) {
    value.kind = json_list;
    read_items(r, &value, ']', depth);
  } else if (take_word(r, "true")) {
    value.kind = json_bool;
    value.boolean = true;
  } else if (take_word(r, "false")) {
    value.kind = json_bool;
  } else if (take_word(r, "null")) {
    value.kind = json_null;
  } else {
    char text[64];
    size_t len = 0;
    while (r->at < r->end && len < sizeof(text) - 1 && strchr("+-.eE0123456789", *r->at) != NULL) {
      text[len++] = *r->at++;
    }
    text[len] = '\0';
    char* stop;
    value.kind = json_number;
    value.number = strtod(text, &stop);
    r->failed |= len == 0 || *stop != '\0';
  }
  return value;
}

static void free_content(struct json* value) {
  bytes_free(&value->text);
  for (size_t i = 0; i < value->len; i++) {
    free_content(&value->items[i]);
    bytes_free(&value->keys[i]);
  }
  free(value->items);
  free(value->keys);
}

void json_free(struct json* value) {
  if (value != NULL) {
    free_content(value);
    free(value);
  }
}

struct json* json_parse(const char* data, size_t len) {
  struct reader r = {data, data + len, false};
  struct json* value = must_alloc(sizeof(*value));
  *value = read_value(&r, 0);
  skip_space(&r);
  if (r.failed || r.at != r.end) {
    json_free(value);
    return NULL;
  }
  return value;
}

const struct json* json_get(const struct json* object, const char* key) {
  if (object == NULL || object->kind != json_object) {
    return NULL;
  }
  for (size_t i = 0; i < object->len; i++) {
    if (bytes_is(object->keys[i].data, object->keys[i].len, key)) {
      return &object->items[i];
    }
  }
  return NULL;
}

static void to_value(struct bytes* out, const struct json* value) {
  struct bytes inner = {0};
  switch (value->kind) {
  case json_null:
    proto_enum(out, kind_null, 0);
    break;
  case json_bool:
    proto_enum(out, kind_bool, value->boolean);
    break;
  case json_number:
    proto_double(out, kind_number, value->number);
    break;
  case json_string:
    proto_bytes(out, kind_string, value->text.data, value->text.len);
    break;
  case json_list:
    for (size_t i = 0; i < value->len; i++) {
      struct bytes item = {0};
      to_value(&item, &value->items[i]);
      proto_bytes(&inner, 1, item.data, item.len);
      bytes_free(&item);
    }
    proto_bytes(out, kind_list, inner.data, inner.len);
    break;
  case json_object:
    json_to_struct(&inner, value);
    proto_bytes(out, kind_struct, inner.data, inner.len);
    break;
  }
  bytes_free(&inner);
}

void json_to_struct(struct bytes* out, const struct json* object) {
  for (size_t i = 0; i < object->len; i++) {
    struct bytes value = {0};
    to_value(&value, &object->items[i]);
    proto_map_entry(out, 1, object->keys[i].data, object->keys[i].len, &value);
    bytes_free(&value);
  }
}

// The Any a contrib user writes: `@type` names google.protobuf.Struct or xds.type.v3.TypedStruct and `value` (and
// `type_url`) are its fields. An object without `@type` is short for the Struct.
void json_to_any(struct bytes* out, const struct json* config) {
  static const char struct_url[] = "type.googleapis.com/google.protobuf.Struct";
  const struct json* type = json_get(config, "@type");
  struct bytes message = {0};
  if (type == NULL) {
    json_to_struct(&message, config);
    proto_bytes(out, 1, struct_url, sizeof(struct_url) - 1);
    proto_bytes(out, 2, message.data, message.len);
    bytes_free(&message);
    return;
  }
  const struct json* value = json_get(config, "value");
  const struct json* type_url = json_get(config, "type_url");
  if (bytes_is(type->text.data, type->text.len, struct_url)) {
    if (value != NULL) {
      json_to_struct(&message, value);
    }
  } else if (bytes_is(type->text.data, type->text.len, "type.googleapis.com/xds.type.v3.TypedStruct") ||
             bytes_is(type->text.data, type->text.len, "type.googleapis.com/udpa.type.v1.TypedStruct")) {
    if (type_url != NULL) {
      proto_bytes(&message, 1, type_url->text.data, type_url->text.len);
    }
    if (value != NULL) {
      struct bytes inner = {0};
      json_to_struct(&inner, value);
      proto_bytes(&message, 2, inner.data, inner.len);
      bytes_free(&inner);
    }
  } else {
    refuse_fatally("plugin configuration of type %.*s", (int)type->text.len, type->text.data);
  }
  proto_bytes(out, 1, type->text.data, type->text.len);
  proto_bytes(out, 2, message.data, message.len);
  bytes_free(&message);
}
