#include <stdlib.h>

#include "contribhost.h"

// golang_filter.h RoutePluginConfig
struct plugin_config {
  struct bytes name, any;
  pthread_mutex_t mutex;
  const struct golang* go;
  httpConfig config;
  uint64_t id, merged_id, cached_parent_id;
};

// golang_filter.h FilterConfigPerRoute
struct route_config {
  struct plugin_config* plugins;
  size_t len;
};

// golang_filter.cc RoutePluginConfig::getConfigId. The SDK keeps no pointer to a route's httpConfig.
static uint64_t config_id(struct plugin_config* plugin) {
  plugin->config = (httpConfig){
      .plugin_name_ptr = (uint64_t)(uintptr_t)plugin->name.data,
      .plugin_name_len = plugin->name.len,
      .config_ptr = (uint64_t)(uintptr_t)plugin->any.data,
      .config_len = plugin->any.len,
      .is_route_config = 1,
  };
  return plugin->go->new_config(&plugin->config);
}

// golang_filter.cc RoutePluginConfig::RoutePluginConfig: the library may not be loaded yet, then it waits for a request.
static bool plugin_init(struct plugin_config* plugin, const struct bytes* name, const struct json* config) {
  pthread_mutex_init(&plugin->mutex, NULL);
  bytes_append(&plugin->name, name->data, name->len);
  bytes_append(&plugin->any, "", 0);
  json_to_any(&plugin->any, config);
  plugin->go = golang_of_plugin(&plugin->name);
  if (plugin->go == NULL) {
    return true;
  }
  plugin->id = config_id(plugin);
  if (plugin->id == 0) {
    log_critical("golang filter failed to parse plugin config: %.*s", (int)name->len, name->data);
  }
  return plugin->id != 0;
}

// golang_filter.cc FilterConfigPerRoute::FilterConfigPerRoute, from the JSON of contrib's message ConfigsPerRoute:
// {plugins_config: {PLUGIN: {config: {...}}}}.
struct route_config* route_config_new(const char* text, size_t len) {
  struct json* settings = json_parse(text, len);
  const struct json* plugins = json_get(settings, "plugins_config");
  if (plugins == NULL || plugins->kind != json_object || settings->len != 1) {
    log_critical("contribhost: a per-route filter_config must be {plugins_config: {...}}");
    json_free(settings);
    return NULL;
  }
  struct route_config* route = must_alloc(sizeof(*route));
  route->plugins = must_alloc(plugins->len * sizeof(*route->plugins));
  bool ok = true;
  for (size_t i = 0; ok && i < plugins->len; i++) {
    const struct json* config = json_get(&plugins->items[i], "config");
    if (config == NULL || config->kind != json_object || plugins->items[i].len != 1) {
      log_critical("contribhost: plugins_config.%.*s must be {config: {...}}", (int)plugins->keys[i].len,
                   plugins->keys[i].data);
      ok = false;
      break;
    }
    route->len++;
    ok = plugin_init(&route->plugins[i], &plugins->keys[i], config);
  }
  json_free(settings);
  if (!ok) {
    route_config_destroy(route);
    return NULL;
  }
  return route;
}

// golang_filter.cc RoutePluginConfig::~RoutePluginConfig
void route_config_destroy(struct route_config* route) {
  for (size_t i = 0; i < route->len; i++) {
    struct plugin_config* plugin = &route->plugins[i];
    if (plugin->id > 0) {
      plugin->go->destroy_config(plugin->id, 0);
    }
    if (plugin->merged_id > 0 && plugin->merged_id != plugin->id) {
      plugin->go->destroy_config(plugin->merged_id, 0);
    }
    bytes_free(&plugin->name);
    bytes_free(&plugin->any);
    pthread_mutex_destroy(&plugin->mutex);
  }
  free(route->plugins);
  free(route);
}

// golang_filter.cc RoutePluginConfig::getMergedConfigId
static uint64_t merged_id(struct plugin_config* plugin, uint64_t parent_id) {
  pthread_mutex_lock(&plugin->mutex);
  if (plugin->go == NULL) {
    plugin->go = golang_of_plugin(&plugin->name);
  }
  if (plugin->merged_id > 0 && plugin->cached_parent_id != parent_id) {
    // Another worker may just be using the outdated one: the SDK waits before it forgets it.
    plugin->go->destroy_config(plugin->merged_id, 1);
    plugin->merged_id = 0;
  }
  if (plugin->merged_id == 0) {
    if (plugin->id == 0) {
      plugin->id = config_id(plugin);
    }
    if (plugin->id == 0) {
      refuse_fatally("the route's configuration of %.*s (upstream: RELEASE_ASSERT)", (int)plugin->name.len,
                     plugin->name.data);
    }
    plugin->merged_id = plugin->go->merge_config((uint64_t)(uintptr_t)plugin->name.data, plugin->name.len, parent_id,
                                                 plugin->id);
    plugin->cached_parent_id = parent_id;
  }
  uint64_t id = plugin->merged_id;
  pthread_mutex_unlock(&plugin->mutex);
  return id;
}

// golang_filter.cc FilterConfigPerRoute::getPluginConfigId
uint64_t route_config_merged_id(struct route_config* route, uint64_t parent_id, const struct bytes* plugin) {
  for (size_t i = 0; i < route->len; i++) {
    const struct bytes* name = &route->plugins[i].name;
    if (name->len == plugin->len && __builtin_memcmp(name->data, plugin->data, name->len) == 0) {
      return merged_id(&route->plugins[i], parent_id);
    }
  }
  return parent_id;
}
