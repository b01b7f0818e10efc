#include <string.h>

#include "contribhost.h"

enum { wire_varint = 0, wire_fixed64 = 1, wire_len = 2, wire_fixed32 = 5 };

void proto_varint(struct bytes* out, uint64_t value) {
  char encoded[10];
  size_t len = 0;
  do {
    encoded[len++] = (char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>= 7;
  } while (value);
  bytes_append(out, encoded, len);
}

static void tag(struct bytes* out, int field, int wire_type) { proto_varint(out, (uint64_t)field << 3 | (uint64_t)wire_type); }

void proto_bytes(struct bytes* out, int field, const void* data, size_t len) {
  tag(out, field, wire_len);
  proto_varint(out, len);
  bytes_append(out, data, len);
}

void proto_double(struct bytes* out, int field, double value) {
  tag(out, field, wire_fixed64);
  bytes_append(out, &value, sizeof(value));
}

void proto_enum(struct bytes* out, int field, uint64_t value) {
  tag(out, field, wire_varint);
  proto_varint(out, value);
}

void proto_map_entry(struct bytes* out, int field, const void* key, size_t key_len, const struct bytes* value) {
  struct bytes entry = {0};
  proto_bytes(&entry, 1, key, key_len);
  proto_bytes(&entry, 2, value->data, value->len);
  proto_bytes(out, field, entry.data, entry.len);
  bytes_free(&entry);
}

static bool read_varint(const char** at, const char* end, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && *at < end; shift += 7) {
    unsigned char byte = (unsigned char)*(*at)++;
    *value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) {
      return true;
    }
  }
  return false;
}

bool proto_next(const char** at, const char* end, struct proto_field* field, bool* ok) {
  *ok = true;
  if (*at >= end) {
    return false;
  }
  *field = (struct proto_field){0};
  uint64_t key, len;
  *ok = false;
  if (!read_varint(at, end, &key)) {
    return false;
  }
  field->number = (int)(key >> 3);
  field->wire_type = (int)(key & 7);
  switch (field->wire_type) {
  case wire_varint:
    *ok = read_varint(at, end, &field->scalar);
    return *ok;
  case wire_fixed64:
    if (end - *at < 8) {
      return false;
    }
    memcpy(&field->scalar, *at, 8);
    *at += 8;
    return *ok = true;
  case wire_len:
    if (!read_varint(at, end, &len) || (uint64_t)(end - *at) < len) {
      return false;
    }
    field->data = *at;
    field->len = len;
    *at += len;
    return *ok = true;
  case wire_fixed32:
    if (end - *at < 4) {
      return false;
    }
    *at += 4;
    return *ok = true;
  default:
    return false;
  }
}
