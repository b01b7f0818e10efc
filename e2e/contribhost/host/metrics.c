// Contrib's metrics stand in the listener's scope without a prefix; here Envoy puts the module's `metrics_namespace`
// (`dynamicmodulescustom` unless configured) before the name, and only a plugin's Parse may define them.
#include <stdlib.h>
#include <string.h>

#include "contribhost.h"

// In Envoy 1.39's abi.h, not yet in the one the SDK module carries.
envoy_dynamic_module_type_metrics_result
envoy_dynamic_module_callback_http_filter_config_increment_counter(void*, size_t, abi_text*, size_t, uint64_t)
    __attribute__((weak, visibility("default")));
envoy_dynamic_module_type_metrics_result
envoy_dynamic_module_callback_http_filter_config_increment_gauge(void*, size_t, abi_text*, size_t, uint64_t)
    __attribute__((weak, visibility("default")));
envoy_dynamic_module_type_metrics_result
envoy_dynamic_module_callback_http_filter_config_decrement_gauge(void*, size_t, abi_text*, size_t, uint64_t)
    __attribute__((weak, visibility("default")));
envoy_dynamic_module_type_metrics_result
envoy_dynamic_module_callback_http_filter_config_set_gauge(void*, size_t, abi_text*, size_t, uint64_t)
    __attribute__((weak, visibility("default")));
envoy_dynamic_module_type_metrics_result
envoy_dynamic_module_callback_http_filter_config_record_histogram_value(void*, size_t, abi_text*, size_t, uint64_t)
    __attribute__((weak, visibility("default")));

// golang_filter.h MetricType, MetricStore: the kind stands in the two lowest bits of an id.
enum kind { counter = 0, gauge = 1, histogram = 2, kind_mask = 3, id_increment = 4 };

// The ABI cannot read a metric, so its value is kept here too; like Envoy's own it is shared by all who name it.
struct value {
  char* name;
  enum kind kind;
  uint64_t now;
  struct value* next;
};
struct metric {
  struct filter_config* owner;
  uint32_t id;
  size_t envoy_id;
  struct value* value;
  struct metric* next;
};
static struct value* values;   // guarded by config_mutex
static struct metric* metrics; // guarded by config_mutex
static uint32_t next_ids[] = {counter, gauge, histogram};

static struct value* value_of(enum kind kind, const char* name, size_t len) {
  struct value* v = values;
  while (v != NULL && (v->kind != kind || !bytes_is(name, len, v->name))) {
    v = v->next;
  }
  if (v == NULL) {
    v = must_alloc(sizeof(*v));
    v->name = must_alloc(len + 1);
    memcpy(v->name, name, len);
    v->kind = kind;
    v->next = values;
    values = v;
  }
  return v;
}

static envoy_dynamic_module_type_metrics_result define(void* config, enum kind kind, abi_text name, size_t* id) {
  switch (kind) {
  case counter:
    return envoy_dynamic_module_callback_http_filter_config_define_counter(config, name, NULL, 0, id);
  case gauge:
    return envoy_dynamic_module_callback_http_filter_config_define_gauge(config, name, NULL, 0, id);
  default:
    return envoy_dynamic_module_callback_http_filter_config_define_histogram(config, name, NULL, 0, id);
  }
}

static struct filter_config* owner_of(void* c) { return ((struct config_handle*)c)->owner; }

// stats.h GolangFilterStats panic_error
void metric_panic_define(struct filter_config* config) {
  abi_text name = {"golang.panic_error", strlen("golang.panic_error")};
  config->panic_metric_set =
      define(config->envoy, counter, name, &config->panic_metric) == envoy_dynamic_module_type_metrics_result_Success;
}

void metric_panic_increment(struct filter_config* config) {
  if (config->panic_metric_set && envoy_dynamic_module_callback_http_filter_config_increment_counter != NULL) {
    envoy_dynamic_module_callback_http_filter_config_increment_counter(config->envoy, config->panic_metric, NULL, 0, 1);
  }
}

// golang_filter.cc FilterConfig::defineMetric
CAPIStatus envoyGoFilterHttpDefineMetric(void* c, uint32_t metric_type, void* name_data, int name_len,
                                         uint32_t* metric_id) {
  pthread_mutex_lock(&config_mutex);
  struct filter_config* config = owner_of(c);
  CAPIStatus status = CAPIOK;
  if (config == NULL) {
    status = CAPIFilterIsGone;
  } else if (metric_type > histogram) {
    status = CAPIValueNotFound;
  } else {
    size_t envoy_id;
    if (define(config->envoy, (enum kind)metric_type, (abi_text){name_data, (size_t)name_len}, &envoy_id) !=
        envoy_dynamic_module_type_metrics_result_Success) {
      status = refuse("metric %.*s: the ABI defines metrics only while the configuration is parsed", name_len,
                      (char*)name_data);
    } else {
      struct metric* m = must_alloc(sizeof(*m));
      m->owner = config;
      m->id = next_ids[metric_type] += id_increment;
      m->envoy_id = envoy_id;
      m->value = value_of((enum kind)metric_type, name_data, (size_t)name_len);
      m->next = metrics;
      metrics = m;
      *metric_id = m->id;
    }
  }
  pthread_mutex_unlock(&config_mutex);
  return status;
}

// metrics_forget ends the metrics of a configuration that is replaced; the values stay, as those in Envoy's scope may.
void metrics_forget(struct filter_config* config) {
  for (struct metric** at = &metrics; *at != NULL;) {
    struct metric* m = *at;
    if (m->owner != config) {
      at = &m->next;
      continue;
    }
    *at = m->next;
    free(m);
  }
}

static struct metric* find(struct filter_config* config, uint32_t id) {
  for (struct metric* m = metrics; m != NULL; m = m->next) {
    if (m->owner == config && m->id == id) {
      return m;
    }
  }
  return NULL;
}

static void add(struct filter_config* config, struct metric* m, int64_t offset) {
  m->value->now += (uint64_t)offset;
  if (m->value->kind == counter) {
    envoy_dynamic_module_callback_http_filter_config_increment_counter(config->envoy, m->envoy_id, NULL, 0,
                                                                       (uint64_t)offset);
  } else if (offset > 0) {
    envoy_dynamic_module_callback_http_filter_config_increment_gauge(config->envoy, m->envoy_id, NULL, 0,
                                                                     (uint64_t)offset);
  } else {
    envoy_dynamic_module_callback_http_filter_config_decrement_gauge(config->envoy, m->envoy_id, NULL, 0,
                                                                     (uint64_t)-offset);
  }
}

static bool can_write(void) {
  return envoy_dynamic_module_callback_http_filter_config_increment_counter != NULL &&
         envoy_dynamic_module_callback_http_filter_config_increment_gauge != NULL &&
         envoy_dynamic_module_callback_http_filter_config_decrement_gauge != NULL &&
         envoy_dynamic_module_callback_http_filter_config_set_gauge != NULL &&
         envoy_dynamic_module_callback_http_filter_config_record_histogram_value != NULL;
}

// golang_filter.cc FilterConfig::incrementMetric: a counter takes only what is positive, an unknown id is ignored.
CAPIStatus envoyGoFilterHttpIncrementMetric(void* c, uint32_t metric_id, int64_t offset) {
  if (!can_write()) {
    return refuse("metrics: this Envoy has no metric callbacks for a configuration (1.39 has)");
  }
  pthread_mutex_lock(&config_mutex);
  struct filter_config* config = owner_of(c);
  if (config != NULL) {
    struct metric* m = find(config, metric_id);
    if (m != NULL && m->value->kind != histogram && (offset > 0 || m->value->kind == gauge)) {
      add(config, m, offset);
    }
  }
  pthread_mutex_unlock(&config_mutex);
  return config != NULL ? CAPIOK : CAPIFilterIsGone;
}

// golang_filter.cc FilterConfig::getMetric: an unknown id leaves the value alone.
CAPIStatus envoyGoFilterHttpGetMetric(void* c, uint32_t metric_id, uint64_t* value) {
  pthread_mutex_lock(&config_mutex);
  struct filter_config* config = owner_of(c);
  if (config != NULL) {
    struct metric* m = find(config, metric_id);
    if (m != NULL && m->value->kind != histogram) {
      *value = m->value->now;
    }
  }
  pthread_mutex_unlock(&config_mutex);
  return config != NULL ? CAPIOK : CAPIFilterIsGone;
}

// golang_filter.cc FilterConfig::recordMetric: a counter adds, a gauge is set.
CAPIStatus envoyGoFilterHttpRecordMetric(void* c, uint32_t metric_id, uint64_t value) {
  if (!can_write()) {
    return refuse("metrics: this Envoy has no metric callbacks for a configuration (1.39 has)");
  }
  pthread_mutex_lock(&config_mutex);
  struct filter_config* config = owner_of(c);
  struct metric* m = config != NULL ? find(config, metric_id) : NULL;
  if (m != NULL && m->value->kind == counter) {
    add(config, m, (int64_t)value);
  } else if (m != NULL && m->value->kind == gauge) {
    m->value->now = value;
    envoy_dynamic_module_callback_http_filter_config_set_gauge(config->envoy, m->envoy_id, NULL, 0, value);
  } else if (m != NULL) {
    envoy_dynamic_module_callback_http_filter_config_record_histogram_value(config->envoy, m->envoy_id, NULL, 0, value);
  }
  pthread_mutex_unlock(&config_mutex);
  return config != NULL ? CAPIOK : CAPIFilterIsGone;
}
