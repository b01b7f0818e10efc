#include <stdlib.h>

#include "contribhost.h"

pthread_mutex_t config_mutex = PTHREAD_MUTEX_INITIALIZER;

static bool copy_text(const struct json* settings, const char* key, struct bytes* out) {
  const struct json* value = json_get(settings, key);
  if (value == NULL || value->kind != json_string || value->text.len == 0) {
    log_critical("contribhost: filter_config needs the string %s", key);
    return false;
  }
  bytes_append(out, value->text.data, value->text.len);
  return true;
}

static bool known_keys_only(const struct json* settings) {
  for (size_t i = 0; i < settings->len; i++) {
    const struct bytes* key = &settings->keys[i];
    if (!bytes_is(key->data, key->len, "library_id") && !bytes_is(key->data, key->len, "library_path") &&
        !bytes_is(key->data, key->len, "plugin_name") && !bytes_is(key->data, key->len, "plugin_config")) {
      log_critical("contribhost: filter_config has the unknown key %.*s", (int)key->len, key->data);
      return false;
    }
  }
  return true;
}

// golang_filter.cc FilterConfig::newGoPluginConfig. The concurrency sizes the SDK's table of requests.
static bool new_plugin_config(struct filter_config* config, const struct json* plugin_config) {
  struct bytes any = {0};
  bytes_append(&any, "", 0);
  if (plugin_config != NULL) {
    json_to_any(&any, plugin_config);
  }
  config->handle = must_alloc(sizeof(*config->handle));
  config->handle->owner = config;
  config->handle->base = (httpConfig){
      .plugin_name_ptr = (uint64_t)(uintptr_t)config->plugin_name.data,
      .plugin_name_len = config->plugin_name.len,
      .config_ptr = (uint64_t)(uintptr_t)any.data,
      .config_len = any.len,
      .is_route_config = 0,
      .concurrency = envoy_dynamic_module_callback_get_concurrency(),
  };
  config->id = config->go->new_config(&config->handle->base);
  bytes_free(&any);
  if (config->id == 0) {
    log_critical("golang filter failed to parse plugin config: %.*s %.*s", (int)config->library_id.len,
                 config->library_id.data, (int)config->library_path.len, config->library_path.data);
  }
  return config->id != 0;
}

// config.cc GolangFilterConfig::createFilterFactoryFromProtoTyped. NULL makes Envoy refuse the configuration.
struct filter_config* filter_config_new(void* envoy, const char* text, size_t len) {
  struct json* settings = json_parse(text, len);
  if (settings == NULL || settings->kind != json_object) {
    log_critical("contribhost: filter_config must be a google.protobuf.Struct");
    json_free(settings);
    return NULL;
  }
  struct filter_config* config = must_alloc(sizeof(*config));
  config->envoy = envoy;
  const struct json* plugin_config = json_get(settings, "plugin_config");
  bool ok = known_keys_only(settings) && copy_text(settings, "library_id", &config->library_id) &&
            copy_text(settings, "library_path", &config->library_path) &&
            copy_text(settings, "plugin_name", &config->plugin_name);
  if (ok && plugin_config != NULL && plugin_config->kind != json_object) {
    log_critical("contribhost: plugin_config must be an object");
    ok = false;
  }
  if (ok) {
    config->go = golang_load(&config->library_id, &config->library_path, &config->plugin_name);
    if (config->go == NULL) {
      log_critical("golang_filter: load library failed: %.*s %.*s", (int)config->library_id.len,
                   config->library_id.data, (int)config->library_path.len, config->library_path.data);
      ok = false;
    }
  }
  if (ok) {
    metric_panic_define(config);
    ok = new_plugin_config(config, plugin_config);
  }
  json_free(settings);
  if (!ok) {
    filter_config_destroy(config);
    return NULL;
  }
  return config;
}

// golang_filter.cc FilterConfig::~FilterConfig
void filter_config_destroy(struct filter_config* config) {
  if (config->id > 0) {
    config->go->destroy_config(config->id, 0);
  }
  pthread_mutex_lock(&config_mutex);
  if (config->handle != NULL) {
    config->handle->owner = NULL;
  }
  metrics_forget(config);
  pthread_mutex_unlock(&config_mutex);
  bytes_free(&config->plugin_name);
  bytes_free(&config->library_id);
  bytes_free(&config->library_path);
  free(config);
}

// cgo.cc envoyGoConfigHttpFinalize
void envoyGoConfigHttpFinalize(void* c) {
  struct config_handle* handle = c;
  pthread_mutex_lock(&config_mutex);
  if (handle->owner != NULL) {
    handle->owner->handle = NULL;
  }
  pthread_mutex_unlock(&config_mutex);
  free(handle);
}
