// The part of cgo.cc that reads and writes headers and trailers.
#include "contribhost.h"

// The three checks each Filter method here starts with, in upstream's order.
static CAPIStatus check(struct direction* d, bool trailers) {
  if (!in_go(d)) {
    return CAPINotInGo;
  }
  if (stream_destroyed(d->stream)) {
    return CAPIFilterIsDestroy;
  }
  return (trailers ? d->trailers : d->headers) ? CAPIOK : CAPIInvalidPhase;
}

// golang_filter.cc Filter::getHeader. The SDK calls it for a trailer map's GetRaw too: that reads the headers.
CAPIStatus envoyGoFilterHttpGetHeader(void* p, void* key_data, int key_len, uint64_t* value_data, int* value_len) {
  struct direction* d = p;
  if (!in_go(d)) {
    return CAPINotInGo;
  }
  pthread_mutex_lock(&d->stream->mutex);
  CAPIStatus status = check(d, false);
  abi_view value;
  if (status == CAPIOK && header_get(d, false, key_data, (size_t)key_len, &value)) {
    *value_data = (uint64_t)(uintptr_t)value.ptr;
    *value_len = (int)value.length;
  }
  pthread_mutex_unlock(&d->stream->mutex);
  return status;
}

static CAPIStatus copy(struct direction* d, bool trailers, void* strs, void* buf) {
  if (!in_go(d)) {
    return CAPINotInGo;
  }
  pthread_mutex_lock(&d->stream->mutex);
  CAPIStatus status = check(d, trailers);
  if (status == CAPIOK) {
    header_copy_to_go(d, trailers, strs, buf);
  }
  pthread_mutex_unlock(&d->stream->mutex);
  return status;
}

// golang_filter.cc Filter::copyHeaders
CAPIStatus envoyGoFilterHttpCopyHeaders(void* p, void* strs, void* buf) { return copy(p, false, strs, buf); }

// golang_filter.cc Filter::copyTrailers
CAPIStatus envoyGoFilterHttpCopyTrailers(void* p, void* strs, void* buf) { return copy(p, true, strs, buf); }

static void run_write(struct stream* s, struct task* t) {
  (void)s;
  header_write(t->d, t->b, t->x.data, t->x.len, t->y.data, t->y.len, (headerAction)t->a);
}

static CAPIStatus write(struct direction* d, bool trailers, const char* key, int key_len, const char* value,
                        int value_len, headerAction action) {
  CAPIStatus status = check(d, trailers);
  if (status != CAPIOK) {
    return status;
  }
  if (value_len == 0 && !(d->ps.is_encoding && !trailers && d->stream->reply != NULL)) {
    return refuse("header %.*s with an empty value: the ABI cannot write it", key_len, key);
  }
  if (stream_on_worker(d->stream)) {
    header_write(d, trailers, key, (size_t)key_len, value, (size_t)value_len, action);
    return CAPIOK;
  }
  struct task* t = task_new(run_write, d);
  t->a = action;
  t->b = trailers;
  bytes_append(&t->x, key, (size_t)key_len);
  bytes_append(&t->y, value, (size_t)value_len);
  post(d->stream, t);
  return CAPIOK;
}

// golang_filter.cc Filter::setHeader: at once on the worker, posted elsewhere.
CAPIStatus envoyGoFilterHttpSetHeaderHelper(void* p, void* key_data, int key_len, void* value_data, int value_len,
                                            headerAction action) {
  return write(p, false, key_data, key_len, value_data, value_len, action);
}

// golang_filter.cc Filter::setTrailer
CAPIStatus envoyGoFilterHttpSetTrailer(void* p, void* key_data, int key_len, void* value, int value_len,
                                       headerAction action) {
  return write(p, true, key_data, key_len, value, value_len, action);
}

static void run_erase(struct stream* s, struct task* t) {
  (void)s;
  header_erase(t->d, t->b, t->x.data, t->x.len);
}

static CAPIStatus erase(struct direction* d, bool trailers, const char* key, int key_len) {
  CAPIStatus status = check(d, trailers);
  if (status != CAPIOK) {
    return status;
  }
  if (stream_on_worker(d->stream)) {
    header_erase(d, trailers, key, (size_t)key_len);
    return CAPIOK;
  }
  struct task* t = task_new(run_erase, d);
  t->b = trailers;
  bytes_append(&t->x, key, (size_t)key_len);
  post(d->stream, t);
  return CAPIOK;
}

// golang_filter.cc Filter::removeHeader
CAPIStatus envoyGoFilterHttpRemoveHeader(void* p, void* key_data, int key_len) {
  return erase(p, false, key_data, key_len);
}

// golang_filter.cc Filter::removeTrailer
CAPIStatus envoyGoFilterHttpRemoveTrailer(void* p, void* key_data, int key_len) {
  return erase(p, true, key_data, key_len);
}
