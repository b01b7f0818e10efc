// A module that makes the calls of Envoy's that a script lists, and decides nothing. With the calls that funcroute makes for a
// request, it shows what Envoy's side of the job costs a module, whoever decides. The scripts are in ../floor.go.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"

typedef envoy_dynamic_module_type_envoy_buffer view;
typedef envoy_dynamic_module_type_module_buffer text;

struct pair {
  text key, value;
};
static void (*set_batch)(void* envoy, text namespace, const struct pair* pairs, size_t count);

#define MOST 64

// call is a line of a script: its word, and what follows it.
struct call {
  enum word { none, get, all, headers, header, route_config, details, body, set, replace, note, clear_route, count, took } word;
  envoy_dynamic_module_type_metadata_source source;
  text a, b;
};

struct phase {
  size_t count;
  struct call calls[MOST];
};

struct config {
  size_t calls, time;
  bool collects_answer;
  struct phase request, body, answer;
};

// stream is what is to be done yet: the hooks know no more of a request than this.
struct stream {
  const struct config* config;
  bool collecting;
};

const char* envoy_dynamic_module_on_program_init(void) {
  set_batch = dlsym(RTLD_DEFAULT, "envoy_dynamic_module_callback_http_set_dynamic_metadata_string_batch");
  return ENVOY_DYNAMIC_MODULES_ABI_VERSION;
}

static text cut(char** rest, char at) {
  char *begin = *rest, *end = strchr(begin, at);
  *rest = end == NULL ? begin + strlen(begin) : end + 1;
  if (end != NULL) {
    *end = 0;
  }
  return (text){begin, strlen(begin)};
}

static enum word word_of(text word) {
  static const char* const words[] = {"",    "get",     "all",  "headers",     "header", "route_config", "details", "body",
                                      "set", "replace", "note", "clear_route", "count",  "took"};
  for (size_t i = 1; i < sizeof words / sizeof *words; i++) {
    if (strcmp(word.ptr, words[i]) == 0) {
      return (enum word)i;
    }
  }
  fprintf(stderr, "floor: there is no word \"%s\"\n", word.ptr);
  abort();
}

static envoy_dynamic_module_type_metadata_source source_of(text name) {
  switch (name.ptr[0]) {
  case 'c':
    return envoy_dynamic_module_type_metadata_source_Cluster;
  case 'r':
    return envoy_dynamic_module_type_metadata_source_Route;
  default:
    return envoy_dynamic_module_type_metadata_source_Dynamic;
  }
}

static void read_script(struct config* c, char* script) {
  struct phase* phase = &c->request;
  while (*script != 0) {
    text line = cut(&script, '\n');
    char* rest = (char*)line.ptr;
    if (strcmp(rest, "with the body:") == 0) {
      phase = &c->body;
      continue;
    }
    if (strcmp(rest, "with the answer:") == 0 || strcmp(rest, "with the whole answer:") == 0) {
      c->collects_answer = strcmp(rest, "with the whole answer:") == 0;
      phase = &c->answer;
      continue;
    }
    if (*rest == 0) {
      continue;
    }
    if (phase->count == MOST) {
      abort();
    }
    struct call* call = &phase->calls[phase->count++];
    call->word = word_of(cut(&rest, ' '));
    if (call->word == get || call->word == all) {
      call->source = source_of(cut(&rest, ' '));
    }
    if (call->word != replace) {
      call->a = cut(&rest, ' ');
    }
    call->b = (text){rest, strlen(rest)};
  }
}

const void* envoy_dynamic_module_on_http_filter_config_new(void* envoy, view name, view raw) {
  static const text calls = {"floor.calls", 11}, time = {"floor.time", 10};
  struct config* c = calloc(1, sizeof *c);
  char* script = calloc(1, raw.length + 1); // The texts of calls are parts of it, and live as long as the process.
  if (c == NULL || script == NULL) {
    abort();
  }
  memcpy(script, raw.ptr, raw.length);
  read_script(c, script);
  envoy_dynamic_module_callback_http_filter_config_define_counter(envoy, calls, NULL, 0, &c->calls);
  envoy_dynamic_module_callback_http_filter_config_define_histogram(envoy, time, NULL, 0, &c->time);
  return c;
}

void envoy_dynamic_module_on_http_filter_config_destroy(const void* config) { free((void*)config); }

const void* envoy_dynamic_module_on_http_filter_new(const void* config, void* envoy) {
  struct stream* s = calloc(1, sizeof *s);
  if (s == NULL) {
    abort();
  }
  s->config = config;
  return s;
}

void envoy_dynamic_module_on_http_filter_destroy(const void* stream) { free((void*)stream); }

static void get_text(void* envoy, const struct call* call, text key) {
  view found = {NULL, 0};
  envoy_dynamic_module_callback_http_get_metadata_string(envoy, call->source, call->a, key, &found);
}

static void get_all(void* envoy, const struct call* call) {
  view keys[MOST];
  const size_t count = envoy_dynamic_module_callback_http_get_metadata_keys_count(envoy, call->source, call->a);
  if (count > 0 && count <= MOST && envoy_dynamic_module_callback_http_get_metadata_keys(envoy, call->source, call->a, keys)) {
    for (size_t i = 0; i < count; i++) {
      get_text(envoy, call, (text){keys[i].ptr, keys[i].length});
    }
  }
}

static void get_headers(void* envoy, bool answer) {
  const envoy_dynamic_module_type_http_header_type type =
      answer ? envoy_dynamic_module_type_http_header_type_ResponseHeader : envoy_dynamic_module_type_http_header_type_RequestHeader;
  envoy_dynamic_module_type_envoy_http_header headers[MOST];
  if (envoy_dynamic_module_callback_http_get_headers_size(envoy, type) <= MOST) {
    envoy_dynamic_module_callback_http_get_headers(envoy, type, headers);
  }
}

// body_of says where a body is: what has been buffered, and the piece that an event brings.
struct body_of {
  bool received;
  envoy_dynamic_module_type_http_body_type buffered, piece;
  bool (*piece_is_buffered)(void* envoy);
};

static const struct body_of request_body = {
    true, envoy_dynamic_module_type_http_body_type_BufferedRequestBody, envoy_dynamic_module_type_http_body_type_ReceivedRequestBody,
    envoy_dynamic_module_callback_http_received_buffered_request_body};
static const struct body_of answer_body = {
    true, envoy_dynamic_module_type_http_body_type_BufferedResponseBody, envoy_dynamic_module_type_http_body_type_ReceivedResponseBody,
    envoy_dynamic_module_callback_http_received_buffered_response_body};
static const struct body_of no_body = {false, envoy_dynamic_module_type_http_body_type_BufferedRequestBody, 0, NULL};
static const struct body_of no_answer_body = {false, envoy_dynamic_module_type_http_body_type_BufferedResponseBody, 0, NULL};

static void get_piece(void* envoy, envoy_dynamic_module_type_http_body_type where) {
  view chunks[MOST];
  if (envoy_dynamic_module_callback_http_get_body_size(envoy, where) > 0 &&
      envoy_dynamic_module_callback_http_get_body_chunks_size(envoy, where) <= MOST) {
    envoy_dynamic_module_callback_http_get_body_chunks(envoy, where, chunks);
  }
}

static void get_body(void* envoy, const struct body_of* of) {
  if (!of->received || !of->piece_is_buffered(envoy)) {
    get_piece(envoy, of->buffered);
  }
  if (of->received) {
    get_piece(envoy, of->piece);
  }
}

static void drain(void* envoy, envoy_dynamic_module_type_http_body_type where) {
  envoy_dynamic_module_callback_http_drain_body(envoy, where, envoy_dynamic_module_callback_http_get_body_size(envoy, where));
}

static void replace_body(void* envoy, const struct body_of* of, text with) {
  if (!of->received || !of->piece_is_buffered(envoy)) {
    drain(envoy, of->buffered);
  }
  if (of->received) {
    drain(envoy, of->piece);
  }
  envoy_dynamic_module_callback_http_append_body(envoy, of->received ? of->piece : of->buffered, with);
}

// make makes the calls of a phase.
static void make(const struct config* c, const struct phase* phase, void* envoy, const struct body_of* of) {
  const bool answer = of->buffered == envoy_dynamic_module_type_http_body_type_BufferedResponseBody;
  const envoy_dynamic_module_type_http_header_type type =
      answer ? envoy_dynamic_module_type_http_header_type_ResponseHeader : envoy_dynamic_module_type_http_header_type_RequestHeader;
  static const text namespace = {"funcroute", 9};
  struct pair notes[MOST];
  size_t noted = 0;
  view found = {NULL, 0};
  for (const struct call* call = phase->calls; call < phase->calls + phase->count; call++) {
    switch (call->word) {
    case none:
      break;
    case get:
      get_text(envoy, call, call->b);
      break;
    case all:
      get_all(envoy, call);
      break;
    case headers:
      get_headers(envoy, answer);
      break;
    case header:
      envoy_dynamic_module_callback_http_get_header(envoy, type, call->a, &found, 0, NULL);
      break;
    case route_config:
      envoy_dynamic_module_callback_get_most_specific_route_config(envoy);
      break;
    case details:
      envoy_dynamic_module_callback_http_filter_get_attribute_string(
          envoy, envoy_dynamic_module_type_attribute_id_ResponseCodeDetails, &found);
      break;
    case body:
      get_body(envoy, of);
      break;
    case set:
      envoy_dynamic_module_callback_http_set_header(envoy, type, call->a, call->b);
      break;
    case replace:
      replace_body(envoy, of, call->b);
      break;
    case note:
      notes[noted++] = (struct pair){call->a, call->b};
      break;
    case clear_route:
      envoy_dynamic_module_callback_http_clear_route_cache(envoy);
      break;
    case count:
      envoy_dynamic_module_callback_http_filter_increment_counter(envoy, c->calls, NULL, 0, 1);
      break;
    case took:
      envoy_dynamic_module_callback_http_filter_record_histogram_value(envoy, c->time, NULL, 0, 7);
      break;
    }
  }
  if (noted > 0) {
    set_batch(envoy, namespace, notes, noted);
  }
}

envoy_dynamic_module_type_on_http_filter_request_headers_status
envoy_dynamic_module_on_http_filter_request_headers(void* envoy, const void* stream, bool last) {
  const struct config* c = ((const struct stream*)stream)->config;
  make(c, &c->request, envoy, &no_body);
  if (c->body.count > 0 && !last) {
    return envoy_dynamic_module_type_on_http_filter_request_headers_status_StopIteration;
  }
  make(c, &c->body, envoy, &no_body);
  return envoy_dynamic_module_type_on_http_filter_request_headers_status_Continue;
}

envoy_dynamic_module_type_on_http_filter_request_body_status
envoy_dynamic_module_on_http_filter_request_body(void* envoy, const void* stream, bool last) {
  const struct config* c = ((const struct stream*)stream)->config;
  if (c->body.count > 0 && !last) {
    return envoy_dynamic_module_type_on_http_filter_request_body_status_StopIterationAndBuffer;
  }
  make(c, &c->body, envoy, &request_body);
  return envoy_dynamic_module_type_on_http_filter_request_body_status_Continue;
}

envoy_dynamic_module_type_on_http_filter_response_headers_status
envoy_dynamic_module_on_http_filter_response_headers(void* envoy, const void* stream, bool last) {
  struct stream* s = (struct stream*)stream;
  if (s->config->collects_answer && !last) {
    s->collecting = true;
    return envoy_dynamic_module_type_on_http_filter_response_headers_status_StopIteration;
  }
  make(s->config, &s->config->answer, envoy, &no_answer_body);
  return envoy_dynamic_module_type_on_http_filter_response_headers_status_Continue;
}

envoy_dynamic_module_type_on_http_filter_response_body_status
envoy_dynamic_module_on_http_filter_response_body(void* envoy, const void* stream, bool last) {
  const struct stream* s = stream;
  if (s->collecting && !last) {
    return envoy_dynamic_module_type_on_http_filter_response_body_status_StopIterationAndBuffer;
  }
  if (s->collecting) {
    make(s->config, &s->config->answer, envoy, &answer_body);
  }
  return envoy_dynamic_module_type_on_http_filter_response_body_status_Continue;
}

// Envoy looks all of these up and calls the first four. It cannot know that they take and return nothing.
#define NOTHING(hook) \
  int nothing_##hook(void) __asm__("envoy_dynamic_module_on_http_filter_" #hook); \
  int nothing_##hook(void) { return 0; }
NOTHING(request_trailers)
NOTHING(response_trailers)
NOTHING(stream_complete)
NOTHING(scheduled)
NOTHING(local_reply)
NOTHING(per_route_config_new)
NOTHING(per_route_config_destroy)
NOTHING(downstream_above_write_buffer_high_watermark)
NOTHING(downstream_below_write_buffer_low_watermark)
NOTHING(config_scheduled)
NOTHING(http_callout_done)
NOTHING(http_stream_headers)
NOTHING(http_stream_data)
NOTHING(http_stream_trailers)
NOTHING(http_stream_complete)
NOTHING(http_stream_reset)
NOTHING(config_http_callout_done)
NOTHING(config_http_stream_headers)
NOTHING(config_http_stream_data)
NOTHING(config_http_stream_trailers)
NOTHING(config_http_stream_complete)
NOTHING(config_http_stream_reset)
