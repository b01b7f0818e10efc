// Who has given an answer: the upstream, or Envoy or another filter in its place.
#define _GNU_SOURCE
#include <dlfcn.h>

#include "module.h"

// shows_details says whether Envoy has the attribute at all. 1.38 has not, and writes an error to its log whenever it is asked for
// it. The ABI does not tell Envoy's version; this came with the attribute.
static bool shows_details;

__attribute__((constructor)) static void find_details(void) {
  shows_details = dlsym(RTLD_DEFAULT, "envoy_dynamic_module_callback_http_set_dynamic_metadata_string_batch") != NULL;
}

static view attribute_of(const struct stream* s, envoy_dynamic_module_type_attribute_id id) {
  view value = {NULL, 0};
  envoy_dynamic_module_callback_http_filter_get_attribute_string((void*)s->envoy, id, &value);
  return value;
}

bool from_upstream(const struct stream* s) {
  static const char via[] = "via_upstream";
  if (s->local_reply) {
    return false;
  }
  // Not every answer of another filter is a local reply: that of `cors` to a preflight is not.
  if (shows_details) {
    return equal(attribute_of(s, envoy_dynamic_module_type_attribute_id_ResponseCodeDetails), (text){via, sizeof via - 1});
  }
  return attribute_of(s, envoy_dynamic_module_type_attribute_id_UpstreamAddress).length > 0;
}
