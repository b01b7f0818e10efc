// Streams that have ended and that Go has not been told of. It needs to know only to use their memory again, and entering it for
// that alone would cost more than the memory: so a worker tells it with its next request. A filter block that is replaced must
// not wait for that, for they hold it, and a worker may have no next request: it takes all workers' streams with it.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"

// ended is one thread's. It lives as long as the process: threads that have streams do.
struct ended {
  pthread_mutex_t mutex; // Seldom taken by another thread.
  size_t count;
  uint64_t streams[MOST_ENDED];
  struct ended* next;
};

static _Atomic(struct ended*) all;
static __thread struct ended* own;

static struct ended* mine(void) {
  if (own == NULL) {
    own = calloc(1, sizeof *own);
    if (own == NULL) {
      abort();
    }
    pthread_mutex_init(&own->mutex, NULL);
    own->next = atomic_load(&all);
    while (!atomic_compare_exchange_weak(&all, &own->next, own)) {
    }
  }
  return own;
}

static size_t take(struct ended* of, uint64_t* to) {
  pthread_mutex_lock(&of->mutex);
  const size_t count = of->count;
  memcpy(to, of->streams, count * sizeof *to);
  of->count = 0;
  pthread_mutex_unlock(&of->mutex);
  return count;
}

size_t ended_take(uint64_t* to) { return take(mine(), to); }

void ended_add(uint64_t go) {
  struct ended* of = mine();
  pthread_mutex_lock(&of->mutex);
  of->streams[of->count++] = go;
  const bool full = of->count == MOST_ENDED;
  pthread_mutex_unlock(&of->mutex);
  if (full) {
    uint64_t streams[MOST_ENDED];
    funcrouteForget(streams, take(of, streams));
  }
}

void ended_flush(void) {
  for (struct ended* of = atomic_load(&all); of != NULL; of = of->next) {
    uint64_t streams[MOST_ENDED];
    funcrouteForget(streams, take(of, streams));
  }
}
