#include <dlfcn.h>
#include <stdlib.h>

#include "contribhost.h"

// common/dso/dso.h DsoManager: one library per library_id for the life of the process (a Go library cannot be unloaded),
// and the library of a plugin name for per-route configurations.
struct loaded {
  struct bytes name;
  const struct golang* go;
  struct loaded* next;
};
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct loaded *by_id, *by_plugin;

static struct loaded* find(struct loaded* list, const struct bytes* name) {
  for (; list != NULL; list = list->next) {
    if (list->name.len == name->len && __builtin_memcmp(list->name.data, name->data, name->len) == 0) {
      return list;
    }
  }
  return NULL;
}

static void remember(struct loaded** list, const struct bytes* name, const struct golang* go) {
  struct loaded* entry = find(*list, name);
  if (entry == NULL) {
    entry = must_alloc(sizeof(*entry));
    bytes_append(&entry->name, name->data, name->len);
    entry->next = *list;
    *list = entry;
  }
  entry->go = go;
}

// common/dso/dso.cc dlsymInternal
static bool resolve(void* library, const char* path, const char* symbol, void* function) {
  void* found = dlsym(library, symbol);
  if (found == NULL) {
    log_error("lib: %s, cannot find symbol: %s, err: %s", path, symbol, dlerror());
    return false;
  }
  *(void**)function = found;
  return true;
}

// common/dso/dso.cc Dso::Dso, HttpFilterDsoImpl::HttpFilterDsoImpl
static const struct golang* load(const struct bytes* path) {
  struct bytes text = {0};
  bytes_append(&text, path->data, path->len);
  bytes_append(&text, "", 1);
  void* library = dlopen(text.data, RTLD_LAZY);
  if (library == NULL) {
    log_error("cannot load : %s error: %s", text.data, dlerror());
    bytes_free(&text);
    return NULL;
  }
  struct golang* go = must_alloc(sizeof(*go));
  bool ok = true;
  ok &= resolve(library, text.data, "envoyGoFilterNewHttpPluginConfig", &go->new_config);
  ok &= resolve(library, text.data, "envoyGoFilterMergeHttpPluginConfig", &go->merge_config);
  ok &= resolve(library, text.data, "envoyGoFilterDestroyHttpPluginConfig", &go->destroy_config);
  ok &= resolve(library, text.data, "envoyGoFilterOnHttpHeader", &go->on_header);
  ok &= resolve(library, text.data, "envoyGoFilterOnHttpData", &go->on_data);
  ok &= resolve(library, text.data, "envoyGoFilterOnHttpLog", &go->on_log);
  ok &= resolve(library, text.data, "envoyGoFilterOnHttpStreamComplete", &go->on_stream_complete);
  ok &= resolve(library, text.data, "envoyGoFilterOnHttpDestroy", &go->on_destroy);
  ok &= resolve(library, text.data, "envoyGoRequestSemaDec", &go->sema_dec);
  ok &= resolve(library, text.data, "envoyGoFilterCleanUp", &go->cleanup);
  bytes_free(&text);
  if (!ok) {
    free(go);
    return NULL;
  }
  return go;
}

const struct golang* golang_load(const struct bytes* id, const struct bytes* path, const struct bytes* plugin) {
  pthread_mutex_lock(&mutex);
  struct loaded* known = find(by_id, id);
  const struct golang* go = known ? known->go : load(path);
  if (go != NULL) {
    remember(&by_id, id, go);
    remember(&by_plugin, plugin, go);
  }
  pthread_mutex_unlock(&mutex);
  return go;
}

const struct golang* golang_of_plugin(const struct bytes* plugin) {
  pthread_mutex_lock(&mutex);
  struct loaded* known = find(by_plugin, plugin);
  pthread_mutex_unlock(&mutex);
  return known ? known->go : NULL;
}
