// What each of Envoy's threads has of its own: a number, and the streams that have ended and that Go has not been told of. Go
// needs to know only to use their memory again, and entering it for that alone would cost more than the memory: so a worker
// tells it with its next request. A filter block that is replaced must not wait for that, for they hold it, and a worker may
// have no next request: it takes all workers' streams with it.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"

// worker lives as long as the process: threads that have streams do.
struct worker {
  uint32_t number;
  pthread_mutex_t mutex; // of what follows; seldom taken by another thread
  size_t count;
  uint64_t ended[MOST_ENDED];
  struct worker* next;
};

static _Atomic(struct worker*) workers;
static __thread struct worker* own;

static struct worker* mine(void) {
  if (own == NULL) {
    own = calloc(1, sizeof *own);
    if (own == NULL) {
      abort();
    }
    static atomic_uint numbers;
    own->number = atomic_fetch_add(&numbers, 1);
    pthread_mutex_init(&own->mutex, NULL);
    own->next = atomic_load(&workers);
    while (!atomic_compare_exchange_weak(&workers, &own->next, own)) {
    }
  }
  return own;
}

static size_t take(struct worker* of, uint64_t* to) {
  pthread_mutex_lock(&of->mutex);
  const size_t count = of->count;
  memcpy(to, of->ended, count * sizeof *to);
  of->count = 0;
  pthread_mutex_unlock(&of->mutex);
  return count;
}

uint32_t worker_number(void) { return mine()->number; }

size_t worker_take_ended(uint64_t* to) { return take(mine(), to); }

void worker_add_ended(uint64_t go) {
  struct worker* of = mine();
  pthread_mutex_lock(&of->mutex);
  of->ended[of->count++] = go;
  const bool full = of->count == MOST_ENDED;
  pthread_mutex_unlock(&of->mutex);
  if (full) {
    uint64_t ended[MOST_ENDED];
    funcrouteForget(ended, take(of, ended));
  }
}

void workers_tell_ended(void) {
  for (struct worker* of = atomic_load(&workers); of != NULL; of = of->next) {
    uint64_t ended[MOST_ENDED];
    funcrouteForget(ended, take(of, ended));
  }
}
