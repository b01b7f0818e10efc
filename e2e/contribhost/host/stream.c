#include <stdlib.h>

#include "contribhost.h"

struct stream* stream_new(struct filter_config* config, void* envoy) {
  struct stream* s = must_alloc(sizeof(*s));
  s->config = config;
  s->go = config->go;
  s->envoy = envoy;
  s->worker = pthread_self();
  s->decoding.ps = (processState){&s->req, 0, WaitingHeader};
  s->encoding.ps = (processState){&s->req, 1, WaitingHeader};
  s->decoding.stream = s->encoding.stream = s;
  s->req.plugin_name = (Cstring){config->plugin_name.data, config->plugin_name.len};
  s->req.worker_id = envoy_dynamic_module_callback_http_filter_get_worker_index(envoy);
  pthread_mutex_init(&s->mutex, NULL);
  pthread_mutex_init(&s->post_mutex, NULL);
  s->scheduler = envoy_dynamic_module_callback_http_filter_scheduler_new(envoy);
  atomic_store(&s->refs, 1);
  return s;
}

void stream_release(struct stream* s) {
  if (atomic_fetch_sub(&s->refs, 1) != 1) {
    return;
  }
  post_close(s);
  reply_free(s);
  struct direction* both[] = {&s->decoding, &s->encoding};
  for (int i = 0; i < 2; i++) {
    list_clear(both[i]);
    bytes_free(&both[i]->held);
    bytes_free(&both[i]->pending);
  }
  bytes_free(&s->str_value);
  pthread_mutex_destroy(&s->mutex);
  pthread_mutex_destroy(&s->post_mutex);
  free(s);
}

// A call may destroy the stream under its own feet (a reply, a continue), and Go may finalize at any time after that: the
// memory stays until the outermost call returns. Upstream's Finalize defers the deletion for the same reason.
void stream_enter(struct stream* s) { s->depth++; }

void stream_leave(struct stream* s) {
  if (--s->depth == 0 && s->envoy_done) {
    stream_release(s);
  }
}

bool stream_on_worker(struct stream* s) { return pthread_equal(s->worker, pthread_self()); }

bool stream_destroyed(struct stream* s) { return atomic_load_explicit(&s->destroyed, memory_order_acquire); }

// golang_filter.cc Filter::initRequest, Filter::getMergedConfigId: once per stream, on the first way into Go. The ABI gives
// the most specific per-route configuration only; upstream merges the virtual host's, the route's and the weighted
// cluster's in turn.
bool stream_init_request(struct stream* s) {
  if (s->req.configId != 0) {
    return false;
  }
  uint64_t id = s->config->id;
  struct route_config* route = (struct route_config*)envoy_dynamic_module_callback_get_most_specific_route_config(s->envoy);
  if (route != NULL) {
    id = route_config_merged_id(route, id, &s->config->plugin_name);
  }
  s->req.configId = id;
  atomic_fetch_add(&s->refs, 1);
  return true;
}

enum { access_log_downstream_end = 6 };

// golang_filter.cc Filter::log, for DownstreamEnd. The ABI has no access log hook in an HTTP filter: no DownstreamStart and
// no DownstreamPeriodic.
static void log_downstream_end(struct stream* s) {
  stream_init_request(s);
  uint64_t n[8] = {0};
  header_sizes(&s->decoding, false, &n[0], &n[1]);
  header_sizes(&s->decoding, true, &n[2], &n[3]);
  header_sizes(&s->encoding, false, &n[4], &n[5]);
  header_sizes(&s->encoding, true, &n[6], &n[7]);
  s->decoding.headers |= n[0] > 0;
  s->decoding.trailers |= n[2] > 0;
  s->encoding.headers |= n[4] > 0;
  s->encoding.trailers |= n[6] > 0;
  atomic_store(&s->req.is_golang_processing_log, 1);
  s->go->on_log(&s->req, access_log_downstream_end, &s->decoding.ps, &s->encoding.ps, n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]);
  atomic_store(&s->req.is_golang_processing_log, 0);
}

// golang_filter.cc Filter::onStreamComplete, then Filter::log, then onDestroy: the order of
// source/common/http/conn_manager_impl.cc doDeferredStreamDestroy.
void stream_complete(struct stream* s) {
  reply_free(s);
  atomic_store(&s->req.is_golang_processing_log, 1);
  s->go->on_stream_complete(&s->req);
  atomic_store(&s->req.is_golang_processing_log, 0);
  log_downstream_end(s);
}

// golang_filter.cc Filter::onDestroy. Envoy frees its stream after this returns: a goroutine that reads it holds `mutex`.
void stream_destroy(struct stream* s) {
  stream_enter(s);
  pthread_mutex_lock(&s->mutex);
  atomic_store_explicit(&s->destroyed, true, memory_order_release);
  pthread_mutex_unlock(&s->mutex);
  post_close(s);
  if (s->req.configId != 0) {
    bool terminated = in_go(&s->decoding) || in_go(&s->encoding);
    s->go->on_destroy(&s->req, terminated ? 1 : 0);
  }
  s->envoy_done = true;
  stream_leave(s);
}

// cgo.cc envoyGoFilterHttpFinalize
void envoyGoFilterHttpFinalize(void* r, int reason) {
  (void)reason;
  stream_release(r);
}
