// A module that does with a REST call what funcroute has Envoy do for it: it reads the same metadata, sets the same headers and
// the same dynamic metadata, and counts the same, all in C and for this one path, without a look at what it reads. So it shows
// what Envoy's side of a call costs a module, whoever decides.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"

typedef envoy_dynamic_module_type_envoy_buffer view;
typedef envoy_dynamic_module_type_module_buffer text;

#define T(literal) ((text){literal, sizeof(literal) - 1})
#define CLUSTER envoy_dynamic_module_type_metadata_source_Cluster
#define ROUTE envoy_dynamic_module_type_metadata_source_Route
#define DYNAMIC envoy_dynamic_module_type_metadata_source_Dynamic
#define REQUEST envoy_dynamic_module_type_http_header_type_RequestHeader

struct pair {
  text key, value;
};
static void (*set_batch)(void* envoy, text namespace, const struct pair* pairs, size_t count);

struct config {
  size_t calls, time;
};

const char* envoy_dynamic_module_on_program_init(void) {
  set_batch = dlsym(RTLD_DEFAULT, "envoy_dynamic_module_callback_http_set_dynamic_metadata_string_batch");
  return ENVOY_DYNAMIC_MODULES_ABI_VERSION;
}

const void* envoy_dynamic_module_on_http_filter_config_new(void* envoy, view name, view raw) {
  struct config* c = calloc(1, sizeof *c);
  envoy_dynamic_module_callback_http_filter_config_define_counter(envoy, T("floor.calls"), NULL, 0, &c->calls);
  envoy_dynamic_module_callback_http_filter_config_define_histogram(envoy, T("floor.time"), NULL, 0, &c->time);
  return c;
}

void envoy_dynamic_module_on_http_filter_config_destroy(const void* config) { free((void*)config); }

const void* envoy_dynamic_module_on_http_filter_new(const void* config, void* envoy) { return config; }

static view get(void* envoy, envoy_dynamic_module_type_metadata_source source, text namespace, text key) {
  view found = {NULL, 0};
  envoy_dynamic_module_callback_http_get_metadata_string(envoy, source, namespace, key, &found);
  return found;
}

static void get_all(void* envoy, envoy_dynamic_module_type_metadata_source source, text namespace) {
  view keys[16];
  const size_t count = envoy_dynamic_module_callback_http_get_metadata_keys_count(envoy, source, namespace);
  if (count > 0 && count <= 16 && envoy_dynamic_module_callback_http_get_metadata_keys(envoy, source, namespace, keys)) {
    for (size_t i = 0; i < count; i++) {
      get(envoy, source, namespace, (text){keys[i].ptr, keys[i].length});
    }
  }
}

envoy_dynamic_module_type_on_http_filter_request_headers_status
envoy_dynamic_module_on_http_filter_request_headers(void* envoy, const void* module, bool last) {
  const struct config* config = module;
  get(envoy, CLUSTER, T("funcroute"), T("type"));
  get(envoy, DYNAMIC, T("funcroute"), T("type"));
  get_all(envoy, CLUSTER, T("funcroute"));
  get_all(envoy, ROUTE, T("funcroute"));
  get_all(envoy, ROUTE, T("funcroute.weights"));
  get_all(envoy, ROUTE, T("funcroute.parameters"));
  get(envoy, CLUSTER, T("funcroute.functions"), T("order"));
  get(envoy, CLUSTER, T("funcroute.responses"), T("order"));

  envoy_dynamic_module_type_envoy_http_header headers[64];
  if (envoy_dynamic_module_callback_http_get_headers_size(envoy, REQUEST) <= 64) {
    envoy_dynamic_module_callback_http_get_headers(envoy, REQUEST, headers);
  }
  view path = {NULL, 0};
  envoy_dynamic_module_callback_http_get_header(envoy, REQUEST, T(":path"), &path, 0, NULL);
  static const char users[] = "/users/", orders[] = "/orders/";
  char original[128], called[128] = "/api/";
  if (path.length >= sizeof original || memcmp(path.ptr, users, sizeof users - 1) != 0) {
    return envoy_dynamic_module_type_on_http_filter_request_headers_status_Continue;
  }
  memcpy(original, path.ptr, path.length);
  original[path.length] = 0;
  char *user = original + sizeof users - 1, *order = strstr(user, orders);
  if (order == NULL) {
    return envoy_dynamic_module_type_on_http_filter_request_headers_status_Continue;
  }
  size_t length = 5;
  memcpy(called + length, user, order - user);
  length += order - user;
  called[length++] = '/';
  order += sizeof orders - 1;
  memcpy(called + length, order, strlen(order));
  length += strlen(order);
  envoy_dynamic_module_callback_http_set_header(envoy, REQUEST, T("x-envoy-original-path"), (text){original, path.length});
  envoy_dynamic_module_callback_http_set_header(envoy, REQUEST, T(":path"), (text){called, length});
  const struct pair notes[] = {
      {T("type"), T("rest")}, {T("function"), T("order")}, {T("target"), T("GET /api/{user}/{order}")}};
  set_batch(envoy, T("funcroute"), notes, 3);
  envoy_dynamic_module_callback_http_filter_increment_counter(envoy, config->calls, NULL, 0, 1);
  envoy_dynamic_module_callback_http_filter_record_histogram_value(envoy, config->time, NULL, 0, 7);
  return envoy_dynamic_module_type_on_http_filter_request_headers_status_Continue;
}

// Envoy looks all of these up and calls the first six. It cannot know that they take and return nothing.
#define NOTHING(hook) \
  int nothing_##hook(void) __asm__("envoy_dynamic_module_on_http_filter_" #hook); \
  int nothing_##hook(void) { return 0; }
NOTHING(request_body)
NOTHING(request_trailers)
NOTHING(response_headers)
NOTHING(response_body)
NOTHING(response_trailers)
NOTHING(destroy)
NOTHING(stream_complete)
NOTHING(scheduled)
NOTHING(local_reply)
NOTHING(per_route_config_new)
NOTHING(per_route_config_destroy)
NOTHING(downstream_above_write_buffer_high_watermark)
NOTHING(downstream_below_write_buffer_low_watermark)
NOTHING(config_scheduled)
NOTHING(http_callout_done)
NOTHING(http_stream_headers)
NOTHING(http_stream_data)
NOTHING(http_stream_trailers)
NOTHING(http_stream_complete)
NOTHING(http_stream_reset)
NOTHING(config_http_callout_done)
NOTHING(config_http_stream_headers)
NOTHING(config_http_stream_data)
NOTHING(config_http_stream_trailers)
NOTHING(config_http_stream_complete)
NOTHING(config_http_stream_reset)
