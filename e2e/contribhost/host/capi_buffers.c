// The part of cgo.cc that reads and writes the chunks of doDataList. They are the filter's own memory, so goroutines work
// on them directly, as upstream.
#include <string.h>

#include "contribhost.h"

static CAPIStatus check(struct direction* d, uint64_t buffer, struct chunk** chunk) {
  if (!in_go(d)) {
    return CAPINotInGo;
  }
  if (stream_destroyed(d->stream)) {
    return CAPIFilterIsDestroy;
  }
  *chunk = list_find(d, buffer);
  return *chunk != NULL ? CAPIOK : CAPIInvalidPhase;
}

// golang_filter.cc Filter::copyBuffer
CAPIStatus envoyGoFilterHttpGetBuffer(void* p, uint64_t buffer, void* value) {
  struct chunk* chunk;
  CAPIStatus status = check(p, buffer, &chunk);
  if (status == CAPIOK && chunk->data.len > 0) {
    memcpy(value, chunk->data.data, chunk->data.len);
  }
  return status;
}

// golang_filter.cc Filter::drainBuffer
CAPIStatus envoyGoFilterHttpDrainBuffer(void* p, uint64_t buffer, uint64_t length) {
  struct chunk* chunk;
  CAPIStatus status = check(p, buffer, &chunk);
  if (status == CAPIOK) {
    bytes_drain(&chunk->data, length);
  }
  return status;
}

// golang_filter.cc Filter::setBufferHelper
CAPIStatus envoyGoFilterHttpSetBufferHelper(void* p, uint64_t buffer, void* data, int length, bufferAction action) {
  struct chunk* chunk;
  CAPIStatus status = check(p, buffer, &chunk);
  if (status != CAPIOK) {
    return status;
  }
  switch (action) {
  case Set:
    bytes_set(&chunk->data, data, (size_t)length);
    break;
  case Prepend:
    bytes_prepend(&chunk->data, data, (size_t)length);
    break;
  default:
    bytes_append(&chunk->data, data, (size_t)length);
    break;
  }
  return CAPIOK;
}
