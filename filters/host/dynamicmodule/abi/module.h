// What the C files of this module share. Go sees it too.
#pragma once

#include "abi.h"

// envoy_ptr is a pointer of Envoy's on its way through Go, which would look into it if it knew that it is one.
typedef uintptr_t envoy_ptr;

typedef envoy_dynamic_module_type_envoy_buffer view;
typedef envoy_dynamic_module_type_module_buffer text;

// concern is a reason to hand a request to Go, see host.Concern.
struct concern {
  struct concern* next;
  text memory; // that of all others
  text method, header, prefix, namespace, cluster_namespace, cluster_key;
};

// config is a filter block.
struct config {
  uintptr_t go;
  bool selective; // else all requests are a concern
  struct concern* concerns;
};

// routine is an answer that needs no Go, see host.Routine. It lives as long as the process.
struct routine {
  text status;
  text namespace;
  size_t without_count, remove_count, notes_count;
  text* without; // names of headers
  text* remove;  // beginnings of names of headers
  text* notes;   // pairs: header, key
};

// stream is one request. It enters Go only if the gate is open, and only for what Go has an interest in.
struct stream {
  envoy_ptr envoy;
  const struct config* config;
  uint64_t go; // 0: Go does not know of it, or no more
  const struct routine* routine;
  int interest;     // see enum interest
  bool collecting;  // the answer is being collected
  bool destroyed;   // Envoy has no more of it
  bool local_reply; // Envoy or another filter answers in the upstream's place
  int depth;        // how many hooks of it are being handled, one within the other
};

// event says which one Go is entered for, after the first.
enum event { request_body, request_trailers, answer_headers, answer_body, answer_trailers, collected, collected_trailers, resumed };

// interest says which events are to be handed to Go, see dynamicmodule/interest.go. Go returns it with the status of each
// event, above the event's status.
enum interest {
  in_request_body = 1,
  in_answer_headers = 2,
  in_answer_collected = 4,
  in_answer_body = 8,
  in_answer_pieces = 16,
  in_end = 32,
  in_request_pieces = 64,
};

// interest_shift is by how many bits the interest stands above the status.
enum { interest_shift = 8 };

bool gate_open(const struct config* config, void* envoy);
void gate_add(struct config* config, const char* packed, size_t length);
void gate_free(struct config* config);

bool from_upstream(const struct stream* s);

bool routine_follow(const struct routine* routine, const struct stream* s);
struct routine* routine_new(const char* packed, size_t length);

// pair is an entry of dynamic metadata.
struct pair {
  text key, value;
};
void set_metadata(void* envoy, text namespace, const struct pair* pairs, size_t count);

// How Go packs what it writes, see Write in envoy.go: a head, then the texts.
struct write_head {
  uint32_t kind, metric, namespace_length, name_length, value_length, map;
  uint64_t number;
};
enum write_kind { set_header, add_header, set_text, add_counter, record_histogram };
void play(envoy_ptr envoy, const char* packed, size_t length);

// These fill a buffer and return how much they need; what needs more than there is has to be asked again.
size_t pack_headers(envoy_ptr envoy, int type, char* to, size_t capacity);
size_t copy_body(envoy_ptr envoy, int type, char* to, size_t capacity);
void replace_body(envoy_ptr envoy, int type, const char* with, size_t length, bool drain);

// route.c
void choose_route(void* envoy);

// kind is that of a value of metadata, see host.Kind.
enum kind { unreadable, a_text, a_number, a_bool, a_list };

// excerpt.c
struct excerpt* excerpt_new(const char* packed, size_t length);
size_t excerpt_read(const struct excerpt* e, envoy_ptr envoy, const char* name, size_t length, char* to, size_t capacity);

// worker.c; but for the last, what the calling thread has.
#define MOST_ENDED 32
uint32_t worker_number(void);
void worker_add_ended(uint64_t go);
size_t worker_take_ended(uint64_t* to); // It takes up to MOST_ENDED.
void workers_tell_ended(void);

// kept.c
extern bool destroys_late;
void keep(envoy_ptr envoy, const char* packed, size_t length);
view kept(envoy_ptr envoy);

// slack.c
void slack_restore(void);

// calls.c
void write_log(int level, const char* message, size_t length);
bool define_counter(envoy_ptr config, const char* name, size_t length, size_t* id);
bool define_histogram(envoy_ptr config, const char* name, size_t length, size_t* id);
view dynamic_text(envoy_ptr envoy, const char* namespace, size_t namespace_length, const char* key, size_t length);
bool has_dynamic(envoy_ptr envoy, const char* namespace, size_t namespace_length, const char* key, size_t length);
view attribute(envoy_ptr envoy, int id);
view cluster_name(envoy_ptr envoy);
void send_reply(envoy_ptr envoy, int status, const char* packed, size_t count, const char* body, size_t body_length, const char* details, size_t details_length);
bool same_body(envoy_ptr envoy, bool answer);
uintptr_t route_config(envoy_ptr envoy);
void choose_route_again(envoy_ptr envoy);
void continue_request(envoy_ptr envoy);
void continue_answer(envoy_ptr envoy);
envoy_ptr scheduler_new(envoy_ptr envoy);
void scheduler_wake(envoy_ptr scheduler);
void scheduler_delete(envoy_ptr scheduler);

text text_copy(const char* ptr, size_t length);
bool has_prefix(view value, text prefix);
bool equal(view a, text b);
const char* unpack_text(const char* at, text* to);
