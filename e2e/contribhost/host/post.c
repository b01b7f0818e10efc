#include <stdlib.h>

#include "contribhost.h"

struct task* task_new(void (*run)(struct stream*, struct task*), struct direction* d) {
  struct task* t = must_alloc(sizeof(*t));
  t->run = run;
  t->d = d;
  return t;
}

static void task_free(struct task* t) {
  bytes_free(&t->x);
  bytes_free(&t->y);
  bytes_free(&t->z);
  headers_free(&t->headers);
  free(t);
}

// One event of Envoy's scheduler per task, so that tasks interleave with other events as upstream's posts do.
void post(struct stream* s, struct task* t) {
  pthread_mutex_lock(&s->post_mutex);
  if (s->scheduler == NULL) {
    pthread_mutex_unlock(&s->post_mutex);
    task_free(t);
    return;
  }
  if (s->last_task != NULL) {
    s->last_task->next = t;
  } else {
    s->first_task = t;
  }
  s->last_task = t;
  envoy_dynamic_module_callback_http_filter_scheduler_commit(s->scheduler, 0);
  pthread_mutex_unlock(&s->post_mutex);
}

void post_run(struct stream* s) {
  pthread_mutex_lock(&s->post_mutex);
  struct task* t = s->first_task;
  if (t != NULL) {
    s->first_task = t->next;
    if (s->first_task == NULL) {
      s->last_task = NULL;
    }
  }
  pthread_mutex_unlock(&s->post_mutex);
  if (t == NULL) {
    return;
  }
  if (!stream_destroyed(s)) {
    t->run(s, t);
  }
  task_free(t);
}

void post_close(struct stream* s) {
  pthread_mutex_lock(&s->post_mutex);
  void* scheduler = s->scheduler;
  s->scheduler = NULL;
  while (s->first_task != NULL) {
    struct task* t = s->first_task;
    s->first_task = t->next;
    task_free(t);
  }
  s->last_task = NULL;
  pthread_mutex_unlock(&s->post_mutex);
  if (scheduler != NULL) {
    envoy_dynamic_module_callback_http_filter_scheduler_delete(scheduler);
  }
}
