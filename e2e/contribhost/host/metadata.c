// core.v3.Metadata rebuilt from the ABI's listing of namespaces, keys and values, and dynamic metadata written through it.
//
// The ABI has no question for the type of a value, and asking a number for its string is an error line in Envoy's log. So
// the type is read where it stands: a key that is listed is the std::string inside a node of protobuf's
// map<string, Value>, and the Value follows in the same node (see kind_in_node). What was read there is only a hint, the
// value itself still comes from the ABI, and a hint that cannot be had (a key of more than 22 bytes, another layout) falls
// back to asking in turn: list (silent), string, number, bool; then an error line per wrong question is the price.
//
// Refused, for the ABI cannot show them: nested structs of clusters and routes, and lists in lists. A nested struct of
// dynamic metadata, which other filters may leave there whatever the plugin is interested in, holds a text that says that
// it cannot be read. Unseen: typed_filter_metadata.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contribhost.h"

// libc++ keeps up to 22 bytes inside the string: one byte with twice the length, then the text. Behind the string's 24
// bytes stands the Value: vtable, internal metadata, the oneof's 8 bytes, cached size, and the number of the oneof's field.
static enum value_kind kind_in_node(abi_view key) {
  enum { longest_inside = 22, kind_from_text = 24 - 1 + 8 + 8 + 8 + 4 };
  if (key.length == 0 || key.length > longest_inside || (unsigned char)key.ptr[-1] != key.length << 1) {
    return kind_none;
  }
  uint32_t kind;
  memcpy(&kind, key.ptr + kind_from_text, sizeof(kind));
  return kind <= kind_list ? (enum value_kind)kind : kind_none;
}

static bool read_kind(void* envoy, abi_source source, abi_text ns, abi_text key, enum value_kind kind, struct bytes* out) {
  abi_view text;
  double number;
  bool flag;
  switch (kind) {
  case kind_string:
    if (!envoy_dynamic_module_callback_http_get_metadata_string(envoy, source, ns, key, &text)) {
      return false;
    }
    proto_bytes(out, kind_string, text.ptr, text.length);
    return true;
  case kind_number:
    if (!envoy_dynamic_module_callback_http_get_metadata_number(envoy, source, ns, key, &number)) {
      return false;
    }
    proto_double(out, kind_number, number);
    return true;
  case kind_bool:
    if (!envoy_dynamic_module_callback_http_get_metadata_bool(envoy, source, ns, key, &flag)) {
      return false;
    }
    proto_enum(out, kind_bool, flag);
    return true;
  default:
    return false;
  }
}

static bool read_item(void* envoy, abi_source source, abi_text ns, abi_text key, size_t i, struct bytes* out) {
  abi_view text;
  double number;
  bool flag;
  if (envoy_dynamic_module_callback_http_get_metadata_list_string(envoy, source, ns, key, i, &text)) {
    proto_bytes(out, kind_string, text.ptr, text.length);
  } else if (envoy_dynamic_module_callback_http_get_metadata_list_number(envoy, source, ns, key, i, &number)) {
    proto_double(out, kind_number, number);
  } else if (envoy_dynamic_module_callback_http_get_metadata_list_bool(envoy, source, ns, key, i, &flag)) {
    proto_enum(out, kind_bool, flag);
  } else {
    return false;
  }
  return true;
}

static CAPIStatus cannot(abi_text ns, abi_text key, const char* what) {
  refuse("metadata %.*s, key %.*s: %s cannot be read through the ABI", (int)ns.length, ns.ptr, (int)key.length, key.ptr,
         what);
  return CAPISerializationFailure;
}

static void encode_unreadable(struct bytes* out) {
  static const char text[] = "contribhost: the ABI does not show what is in a nested struct";
  struct bytes value = {0}, fields = {0};
  proto_bytes(&value, kind_string, text, sizeof(text) - 1);
  proto_map_entry(&fields, 1, "unreadable", sizeof("unreadable") - 1, &value);
  proto_bytes(out, kind_struct, fields.data, fields.len);
  bytes_free(&fields);
  bytes_free(&value);
}

static CAPIStatus encode_value(void* envoy, abi_source source, abi_text ns, abi_view name, struct bytes* out) {
  abi_text key = {name.ptr, name.length};
  size_t count;
  if (envoy_dynamic_module_callback_http_get_metadata_list_size(envoy, source, ns, key, &count)) {
    struct bytes list = {0};
    for (size_t i = 0; i < count; i++) {
      struct bytes item = {0};
      bool ok = read_item(envoy, source, ns, key, i, &item);
      proto_bytes(&list, 1, item.data, item.len);
      bytes_free(&item);
      if (!ok) {
        bytes_free(&list);
        return cannot(ns, key, "a list with anything but strings, numbers and bools");
      }
    }
    proto_bytes(out, kind_list, list.data, list.len);
    bytes_free(&list);
    return CAPIOK;
  }
  enum value_kind kind = kind_in_node(name);
  if (kind == kind_null) {
    proto_enum(out, kind_null, 0);
    return CAPIOK;
  }
  if (kind == kind_struct && source == envoy_dynamic_module_type_metadata_source_Dynamic) {
    encode_unreadable(out);
    return CAPIOK;
  }
  if (kind == kind_struct) {
    return cannot(ns, key, "a nested struct");
  }
  if (read_kind(envoy, source, ns, key, kind, out)) {
    return CAPIOK;
  }
  static const enum value_kind order[] = {kind_string, kind_number, kind_bool};
  for (size_t i = 0; i < 3; i++) {
    if (order[i] != kind && read_kind(envoy, source, ns, key, order[i], out)) {
      return CAPIOK;
    }
  }
  return cannot(ns, key, "a value that is no string, number, bool or list");
}

bool metadata_exists(struct stream* s, abi_source source) {
  // With no namespaces nothing is written; with some the list is fetched by its users.
  if (envoy_dynamic_module_callback_http_get_metadata_namespaces_count(s->envoy, source) > 0) {
    return true;
  }
  abi_view none[1];
  return envoy_dynamic_module_callback_http_get_metadata_namespaces(s->envoy, source, none);
}

CAPIStatus metadata_struct(struct stream* s, abi_source source, abi_text ns, struct bytes* out) {
  size_t count = envoy_dynamic_module_callback_http_get_metadata_keys_count(s->envoy, source, ns);
  abi_view* keys = must_alloc((count + 1) * sizeof(*keys));
  CAPIStatus status =
      envoy_dynamic_module_callback_http_get_metadata_keys(s->envoy, source, ns, keys) ? CAPIOK : CAPIValueNotFound;
  for (size_t i = 0; status == CAPIOK && i < count; i++) {
    struct bytes value = {0};
    status = encode_value(s->envoy, source, ns, keys[i], &value);
    proto_map_entry(out, 1, keys[i].ptr, keys[i].length, &value);
    bytes_free(&value);
  }
  free(keys);
  return status;
}

CAPIStatus metadata_message(struct stream* s, abi_source source, struct bytes* out) {
  if (!metadata_exists(s, source)) {
    return CAPIValueNotFound;
  }
  size_t count = envoy_dynamic_module_callback_http_get_metadata_namespaces_count(s->envoy, source);
  abi_view* namespaces = must_alloc((count + 1) * sizeof(*namespaces));
  envoy_dynamic_module_callback_http_get_metadata_namespaces(s->envoy, source, namespaces);
  CAPIStatus status = CAPIOK;
  for (size_t i = 0; status == CAPIOK && i < count; i++) {
    struct bytes fields = {0};
    status = metadata_struct(s, source, (abi_text){namespaces[i].ptr, namespaces[i].length}, &fields);
    proto_map_entry(out, 1, namespaces[i].ptr, namespaces[i].length, &fields);
    bytes_free(&fields);
  }
  free(namespaces);
  return status;
}

// golang_filter.cc serializeStringValue, for one key of a namespace.
CAPIStatus metadata_scalar_text(struct stream* s, abi_source source, abi_text ns, abi_text key, struct bytes* out) {
  size_t count = envoy_dynamic_module_callback_http_get_metadata_keys_count(s->envoy, source, ns);
  abi_view* keys = must_alloc((count + 1) * sizeof(*keys));
  envoy_dynamic_module_callback_http_get_metadata_keys(s->envoy, source, ns, keys);
  CAPIStatus status = CAPIValueNotFound;
  struct bytes value = {0};
  for (size_t i = 0; i < count; i++) {
    if (keys[i].length == key.length && memcmp(keys[i].ptr, key.ptr, key.length) == 0) {
      status = encode_value(s->envoy, source, ns, keys[i], &value);
      break;
    }
  }
  free(keys);
  const char* at = value.data;
  struct proto_field field = {0};
  bool ok;
  if (status == CAPIOK && proto_next(&at, value.data + value.len, &field, &ok)) {
    char text[32];
    double number;
    int len;
    switch (field.number) {
    case kind_string:
      bytes_append(out, field.data, field.len);
      break;
    case kind_number: // absl::StrCat
      memcpy(&number, &field.scalar, sizeof(number));
      len = snprintf(text, sizeof(text), "%g", number);
      bytes_append(out, text, (size_t)len);
      break;
    case kind_bool:
      bytes_append(out, field.scalar ? "true" : "false", field.scalar ? 4 : 5);
      break;
    default: // upstream: "list type property result is not supported yet" and the like
      log_error("%s type property result is not supported yet", field.number == kind_list ? "list" : "null");
      status = CAPISerializationFailure;
    }
  }
  bytes_free(&value);
  return status;
}

// golang_filter.cc Filter::setDynamicMetadataInternal merges {key: Value} into the namespace; merging a list appends.
CAPIStatus metadata_set_dynamic(struct stream* s, abi_text ns, abi_text key, const char* value, size_t len) {
  const char* at = value;
  struct proto_field field = {0}, item = {0}, element = {0};
  bool ok = true;
  double number;
  if (!proto_next(&at, value + len, &field, &ok)) {
    return refuse("dynamic metadata %.*s, key %.*s without a value", (int)ns.length, ns.ptr, (int)key.length, key.ptr);
  }
  switch (field.number) {
  case kind_string:
    envoy_dynamic_module_callback_http_set_dynamic_metadata_string(s->envoy, ns, key, (abi_text){field.data, field.len});
    return CAPIOK;
  case kind_number:
    memcpy(&number, &field.scalar, sizeof(number));
    envoy_dynamic_module_callback_http_set_dynamic_metadata_number(s->envoy, ns, key, number);
    return CAPIOK;
  case kind_bool:
    envoy_dynamic_module_callback_http_set_dynamic_metadata_bool(s->envoy, ns, key, field.scalar != 0);
    return CAPIOK;
  case kind_list:
    break;
  default:
    return refuse("dynamic metadata %.*s, key %.*s: the ABI writes strings, numbers, bools and lists of them",
                  (int)ns.length, ns.ptr, (int)key.length, key.ptr);
  }
  if (field.len == 0) {
    return refuse("dynamic metadata %.*s, key %.*s: the ABI cannot write an empty list", (int)ns.length, ns.ptr,
                  (int)key.length, key.ptr);
  }
  for (at = field.data; proto_next(&at, field.data + field.len, &item, &ok);) {
    const char* inner = item.data;
    bool added = false;
    if (proto_next(&inner, item.data + item.len, &element, &ok)) {
      switch (element.number) {
      case kind_string:
        added = envoy_dynamic_module_callback_http_add_dynamic_metadata_list_string(
            s->envoy, ns, key, (abi_text){element.data, element.len});
        break;
      case kind_number:
        memcpy(&number, &element.scalar, sizeof(number));
        added = envoy_dynamic_module_callback_http_add_dynamic_metadata_list_number(s->envoy, ns, key, number);
        break;
      case kind_bool:
        added = envoy_dynamic_module_callback_http_add_dynamic_metadata_list_bool(s->envoy, ns, key, element.scalar != 0);
        break;
      default:
        break;
      }
    }
    if (!added) {
      return refuse("dynamic metadata %.*s, key %.*s: this list cannot be written through the ABI", (int)ns.length, ns.ptr,
                    (int)key.length, key.ptr);
    }
  }
  return CAPIOK;
}
