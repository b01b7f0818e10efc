// The part of cgo.cc that moves a direction on: continue, local replies, added and injected data.
#include <string.h>

#include "contribhost.h"

// cgo.cc envoyGoFilterProcessStateHandlerWrapper, and the check each Filter method starts with. Upstream's
// CAPIFilterIsGone (the Filter object itself is deleted) and CAPIFilterIsDestroy are one to the SDK; here it is the latter.
static CAPIStatus check(struct direction* d) {
  if (!in_go(d)) {
    return CAPINotInGo;
  }
  return stream_destroyed(d->stream) ? CAPIFilterIsDestroy : CAPIOK;
}

static void run_continue(struct stream* s, struct task* t) {
  (void)s;
  continue_status_internal(t->d, (int)t->a);
  flow_flush(t->d);
}

// golang_filter.cc Filter::continueStatus: always posted, on the worker too.
CAPIStatus envoyGoFilterHttpContinue(void* p, int status) {
  struct direction* d = p;
  CAPIStatus ok = check(d);
  if (ok == CAPIOK) {
    struct task* t = task_new(run_continue, d);
    t->a = status;
    post(d->stream, t);
  }
  return ok;
}

// golang_filter.cc Filter::sendLocalReply. Headers come as Go strings, name and value in turn; cgo.cc skips empty values.
CAPIStatus envoyGoFilterHttpSendLocalReply(void* p, int response_code, void* body_text_data, int body_text_len,
                                           void* headers, int headers_num, long long int grpc_status,
                                           void* details_data, int details_len) {
  struct direction* d = p;
  CAPIStatus ok = check(d);
  if (ok != CAPIOK) {
    return ok;
  }
  struct {
    const char* p;
    ptrdiff_t n;
  }* strings = headers;
  struct header_list list = {0};
  for (int i = 0; i + 1 < headers_num; i += 2) {
    if (strings[i + 1].n > 0) {
      headers_add(&list, strings[i].p, (size_t)strings[i].n, strings[i + 1].p, (size_t)strings[i + 1].n);
    }
  }
  reply_start(d, response_code, &list, body_text_data, (size_t)body_text_len, details_data, (size_t)details_len,
              grpc_status);
  return CAPIOK;
}

// golang_filter.cc Filter::sendPanicReply: the details go to the log, never to the client.
CAPIStatus envoyGoFilterHttpSendPanicReply(void* p, void* details_data, int details_len) {
  struct direction* d = p;
  CAPIStatus ok = check(d);
  if (ok != CAPIOK) {
    return ok;
  }
  struct filter_config* config = d->stream->config;
  metric_panic_increment(config);
  log_error("[go_plugin_http][%.*s] filter paniced with error details: %.*s", (int)config->plugin_name.len,
            config->plugin_name.data, details_len, (char*)details_data);
  struct header_list none = {0};
  static const char text[] = "error happened in filter\r\n";
  reply_start(d, 500, &none, text, sizeof(text) - 1, "", 0, 0);
  return CAPIOK;
}

static void run_add(struct stream* s, struct task* t) {
  (void)s;
  flow_add(t->d, t->x.data, t->x.len, t->a);
}

// golang_filter.cc Filter::addData: at once on the worker, posted and "yield" (which the SDK ignores) elsewhere.
CAPIStatus envoyGoFilterHttpAddData(void* p, void* data, int data_len, bool is_streaming) {
  struct direction* d = p;
  if (!in_go(d)) {
    return CAPINotInGo;
  }
  if (d->ps.state == ProcessingData) {
    log_error("golang filter calls addData when processing data is not supported, use `BufferInstance.Append` instead.");
    return CAPIInvalidPhase;
  }
  CAPIStatus ok = check(d);
  if (ok != CAPIOK) {
    return ok;
  }
  if (stream_on_worker(d->stream)) {
    flow_add(d, data, (size_t)data_len, is_streaming);
    return CAPIOK;
  }
  struct task* t = task_new(run_add, d);
  t->a = is_streaming;
  bytes_append(&t->x, data, (size_t)data_len);
  post(d->stream, t);
  return CAPIYield;
}

static void run_inject(struct stream* s, struct task* t) {
  (void)s;
  flow_inject(t->d, &t->x);
  flow_flush(t->d);
}

// golang_filter.cc Filter::injectData: only from a goroutine, only in the data phase.
CAPIStatus envoyGoFilterHttpInjectData(void* p, void* data, int data_len) {
  struct direction* d = p;
  CAPIStatus ok = check(d);
  if (ok != CAPIOK) {
    return ok;
  }
  if (d->ps.state != ProcessingData) {
    log_error("injectData is not supported when calling without processing data, use `addData` instead.");
    return CAPIInvalidPhase;
  }
  if (stream_on_worker(d->stream)) {
    log_error("injectData is not supported when calling inside the callback context");
    return CAPIInvalidScene;
  }
  struct task* t = task_new(run_inject, d);
  bytes_append(&t->x, data, (size_t)data_len);
  post(d->stream, t);
  return CAPIOK;
}
