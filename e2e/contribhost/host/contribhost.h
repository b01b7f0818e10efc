// contribhost: contrib Envoy's golang HTTP filter, rebuilt on the dynamic-modules ABI so that stock Envoy can run a
// library made for it. File names in comments are upstream's, under contrib/golang/ unless another path is given.
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "api.h"

// The module is loaded with RTLD_GLOBAL: only the hooks and contrib's C API may be visible to others.
#pragma GCC visibility push(hidden)

typedef envoy_dynamic_module_type_envoy_buffer abi_view;
typedef envoy_dynamic_module_type_module_buffer abi_text;
typedef envoy_dynamic_module_type_metadata_source abi_source;
typedef envoy_dynamic_module_type_attribute_id abi_attribute;

// ---- bytes.c: a growable byte buffer, in the place of Buffer::OwnedImpl and std::string
struct bytes {
  char* data;
  size_t len, cap;
};
void bytes_append(struct bytes* b, const void* data, size_t len);
void bytes_prepend(struct bytes* b, const void* data, size_t len);
void bytes_drain(struct bytes* b, size_t len);
void bytes_set(struct bytes* b, const void* data, size_t len);
void bytes_move(struct bytes* to, struct bytes* from); // appends, `from` is empty then
void bytes_free(struct bytes* b);
bool bytes_is(const void* data, size_t len, const char* text);
void* must_alloc(size_t size);

// ---- headerlist.c: a header map that belongs to us (of a local reply)
struct header {
  struct bytes key, value;
};
struct header_list {
  struct header* items;
  size_t len, cap;
};
struct header* headers_find(struct header_list* h, const char* key, size_t key_len);
void headers_add(struct header_list* h, const char* key, size_t key_len, const char* value, size_t value_len);
void headers_set(struct header_list* h, const char* key, size_t key_len, const char* value, size_t value_len);
void headers_remove(struct header_list* h, const char* key, size_t key_len);
void headers_free(struct header_list* h);

// ---- log.c
void log_at(envoy_dynamic_module_type_log_level level, const char* format, ...) __attribute__((format(printf, 2, 3)));
#define log_debug(...) log_at(envoy_dynamic_module_type_log_level_Debug, __VA_ARGS__)
#define log_info(...) log_at(envoy_dynamic_module_type_log_level_Info, __VA_ARGS__)
#define log_error(...) log_at(envoy_dynamic_module_type_log_level_Error, __VA_ARGS__)
#define log_critical(...) log_at(envoy_dynamic_module_type_log_level_Critical, __VA_ARGS__)
// What upstream does and this host cannot: the status makes the SDK panic in the plugin's call, so it cannot go unseen.
CAPIStatus refuse(const char* format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void refuse_fatally(const char* format, ...) __attribute__((format(printf, 1, 2)));

// ---- proto.c: just enough of the protobuf wire format for Any, Struct, Value and core.v3.Metadata
void proto_varint(struct bytes* out, uint64_t value);
void proto_bytes(struct bytes* out, int field, const void* data, size_t len);
void proto_double(struct bytes* out, int field, double value);
void proto_enum(struct bytes* out, int field, uint64_t value);
void proto_map_entry(struct bytes* out, int field, const void* key, size_t key_len, const struct bytes* value);
enum value_kind { kind_none = 0, kind_null = 1, kind_number, kind_string, kind_bool, kind_struct, kind_list };
struct proto_field {
  int number, wire_type;
  uint64_t scalar; // varint or fixed64 bits
  const char* data;
  size_t len;
};
// Reads the next field and moves *at; false at the end, *ok says whether the message was well formed.
bool proto_next(const char** at, const char* end, struct proto_field* field, bool* ok);

// ---- json.c
enum json_kind { json_null, json_bool, json_number, json_string, json_list, json_object };
struct json {
  enum json_kind kind;
  bool boolean;
  double number;
  struct bytes text;
  struct json* items;
  struct bytes* keys; // of an object, parallel to items
  size_t len;
};
struct json* json_parse(const char* data, size_t len);
const struct json* json_get(const struct json* object, const char* key);
void json_free(struct json* value);
void json_to_struct(struct bytes* out, const struct json* object);
void json_to_any(struct bytes* out, const struct json* config);

// ---- loader.c
struct golang {
  uint64_t (*new_config)(httpConfig*);
  uint64_t (*merge_config)(uint64_t, uint64_t, uint64_t, uint64_t);
  void (*destroy_config)(uint64_t, int64_t);
  uint64_t (*on_header)(processState*, uint64_t, uint64_t, uint64_t);
  uint64_t (*on_data)(processState*, uint64_t, uint64_t, uint64_t);
  void (*on_log)(httpRequest*, uint64_t, processState*, processState*, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                 uint64_t, uint64_t, uint64_t);
  void (*on_stream_complete)(httpRequest*);
  void (*on_destroy)(httpRequest*, uint64_t);
  void (*sema_dec)(httpRequest*);
  void (*cleanup)(void);
};
const struct golang* golang_load(const struct bytes* id, const struct bytes* path, const struct bytes* plugin);
const struct golang* golang_of_plugin(const struct bytes* plugin);

// ---- config.c
struct filter_config;
// golang_filter.h httpConfigInternal: Go keeps it until its finalizer runs, so it may outlive the FilterConfig.
struct config_handle {
  httpConfig base; // first: Go's pointer is cast back
  struct filter_config* owner; // guarded by config_mutex, NULL when the FilterConfig is gone
};
struct filter_config {
  struct bytes plugin_name, library_id, library_path;
  const struct golang* go;
  uint64_t id;
  void* envoy;
  struct config_handle* handle;
  size_t panic_metric;
  bool panic_metric_set;
};
extern pthread_mutex_t config_mutex;
struct filter_config* filter_config_new(void* envoy, const char* json, size_t len);
void filter_config_destroy(struct filter_config* config);

// ---- routeconfig.c
struct route_config;
struct route_config* route_config_new(const char* json, size_t len);
void route_config_destroy(struct route_config* config);
uint64_t route_config_merged_id(struct route_config* config, uint64_t parent_id, const struct bytes* plugin);

// ---- metrics.c
void metric_panic_define(struct filter_config* config);
void metric_panic_increment(struct filter_config* config);
void metrics_forget(struct filter_config* config);

// ---- state.c: processor_state.h
enum filter_state {
  WaitingHeader,
  ProcessingHeader,
  WaitingData,
  WaitingAllData,
  ProcessingData,
  WaitingTrailer,
  ProcessingTrailer,
  Done,
};
enum golang_status { Running, LocalReply, Continue, StopAndBuffer, StopAndBufferWatermark, StopNoBuffer };

struct chunk { // one element of BufferList; Go knows it by its address
  struct bytes data;
  struct chunk* next;
};
struct stream;
struct direction { // ProcessorState
  processState ps; // first: Go's pointer is cast back
  struct stream* stream;
  bool headers, trailers;         // upstream's pointers are not null
  bool end_stream, do_end_stream; // seen by Envoy, seen by Go
  struct chunk *first, *last;     // doDataList
  uint32_t list_bytes;
  struct bytes held; // data_buffer_
  bool held_made, above_watermark;
  uint64_t limit;
  // flow.c: what upstream would have injected already
  struct bytes pending;
  bool want_continue;
};
bool in_go(const struct direction* d);
void set_state(struct direction* d, enum filter_state state);
const char* state_text(const struct direction* d);
struct chunk* list_push(struct direction* d, struct bytes* data);
void list_move_out(struct direction* d, struct bytes* to);
void list_clear(struct direction* d);
struct chunk* list_find(struct direction* d, uint64_t chunk);
void add_buffer_data(struct direction* d, struct bytes* data);
void drain_buffer_data(struct direction* d);
void take_buffer_data(struct direction* d, struct bytes* to);
void process_header(struct direction* d, bool end_stream);
void process_data(struct direction* d, bool end_stream);
void process_trailer(struct direction* d);
bool handle_header_status(struct direction* d, int status);
bool handle_data_status(struct direction* d, int status);
bool handle_trailer_status(struct direction* d, int status);
bool handle_status(struct direction* d, int status);

// ---- phases.c
bool do_headers(struct direction* d, bool end_stream);
bool do_data(struct direction* d, struct bytes* data, bool end_stream);
bool do_trailer(struct direction* d);
void continue_status_internal(struct direction* d, int status);

// ---- flow.c
void flow_continue(struct direction* d);
void flow_inject(struct direction* d, struct bytes* data);
void flow_flush(struct direction* d);
void flow_flush_in_trailers(struct direction* d);
void flow_drop(struct direction* d);
void flow_add(struct direction* d, const char* data, size_t len, bool streaming);
void flow_take_received(struct direction* d, struct bytes* to);
void flow_give_received(struct direction* d, const struct bytes* data);

// ---- localreply.c
struct reply {
  struct header_list headers;
  struct bytes body, details;
  struct bytes added, out; // what the plugin adds in its header phase; what its data phase lets through
};
enum { no_grpc_status = -2 }; // std::nullopt: a reply of the filter's own, not the plugin's
void reply_start(struct direction* d, int code, struct header_list* headers, const char* body, size_t body_len,
                 const char* details, size_t details_len, int64_t grpc_status);
void reply_finish(struct stream* s);
void reply_free(struct stream* s);

// ---- post.c: Event::Dispatcher::post
struct task {
  struct task* next;
  void (*run)(struct stream*, struct task*);
  struct direction* d;
  int64_t a, b, c;
  struct bytes x, y, z;
  struct header_list headers;
  uint64_t* out;
  int *out_len, *out_rc;
};
struct task* task_new(void (*run)(struct stream*, struct task*), struct direction* d);
void post(struct stream* s, struct task* t);
void post_run(struct stream* s);
void post_close(struct stream* s);

// ---- stream.c: Filter and HttpRequestInternal
struct stream {
  httpRequest req; // first: Go's pointer is cast back
  struct direction decoding, encoding;
  struct filter_config* config;
  const struct golang* go;
  void* envoy;
  pthread_t worker;
  // golang_filter.h mutex_: guards str_value against other goroutines, and holds onDestroy back while a goroutine
  // reads an object of Envoy's stream.
  pthread_mutex_t mutex;
  atomic_bool destroyed;
  struct bytes str_value;
  struct reply* reply; // a local reply on its way through the plugin's encode phases
  bool aborted;
  pthread_mutex_t post_mutex;
  void* scheduler;
  struct task *first_task, *last_task;
  atomic_int refs; // Envoy's and Go's
  int depth;       // worker calls in progress
  bool envoy_done;
};
struct stream* stream_new(struct filter_config* config, void* envoy);
void stream_enter(struct stream* s);
void stream_leave(struct stream* s);
void stream_release(struct stream* s);
bool stream_on_worker(struct stream* s);
bool stream_destroyed(struct stream* s);
bool stream_init_request(struct stream* s);
void stream_complete(struct stream* s);
void stream_destroy(struct stream* s);

// ---- headers.c: the header map of a phase, Envoy's or (local reply) ours
void header_sizes(struct direction* d, bool trailers, uint64_t* count, uint64_t* size);
bool header_get(struct direction* d, bool trailers, const char* key, size_t key_len, abi_view* value);
bool header_write(struct direction* d, bool trailers, const char* key, size_t key_len, const char* value,
                  size_t value_len, headerAction action);
void header_erase(struct direction* d, bool trailers, const char* key, size_t key_len);
void header_copy_to_go(struct direction* d, bool trailers, void* strings, char* buffer);

// ---- metadata.c
CAPIStatus metadata_message(struct stream* s, abi_source source, struct bytes* out);
CAPIStatus metadata_struct(struct stream* s, abi_source source, abi_text ns, struct bytes* out);
CAPIStatus metadata_scalar_text(struct stream* s, abi_source source, abi_text ns, abi_text key, struct bytes* out);
bool metadata_exists(struct stream* s, abi_source source);
CAPIStatus metadata_set_dynamic(struct stream* s, abi_text ns, abi_text key, const char* value, size_t len);

// ---- properties.c
CAPIStatus property_get(struct stream* s, const char* path, size_t len, struct bytes* out);

#pragma GCC visibility pop
