// Upstream's local reply passes the encoder filters, the plugin's own EncodeHeaders and EncodeData included
// (source/common/http/filter_manager.cc sendLocalReplyViaFilterChain). A dynamic module's filter is left out of the reply it
// sends (source/extensions/filters/http/dynamic_modules/filter.h sent_local_reply_). So the reply first passes the plugin
// here, as a header map and a body of our own, and goes to Envoy when the plugin has let it through.
//
// Differences: what Envoy itself adds to the reply (local_reply_config, response_headers_to_add of the route, the gRPC form)
// comes after the plugin, not before; details "" becomes "dynamic_module"; and
// content-length is always the body's (a plugin that left another one there would break the reply upstream: that is logged).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contribhost.h"

void reply_free(struct stream* s) {
  if (s->reply != NULL) {
    headers_free(&s->reply->headers);
    bytes_free(&s->reply->body);
    bytes_free(&s->reply->details);
    bytes_free(&s->reply->added);
    bytes_free(&s->reply->out);
    free(s->reply);
    s->reply = NULL;
  }
}

static unsigned long read_number(const struct bytes* text) {
  unsigned long value = 0;
  for (size_t i = 0; i < text->len && text->data[i] >= '0' && text->data[i] <= '9'; i++) {
    value = value * 10 + (unsigned long)(text->data[i] - '0');
  }
  return value;
}

static void send(struct stream* s, struct header_list* headers, const struct bytes* body, const struct bytes* details) {
  uint32_t code = 0;
  envoy_dynamic_module_type_module_http_header* list = must_alloc((headers->len + 1) * sizeof(*list));
  size_t count = 0;
  for (size_t i = 0; i < headers->len; i++) {
    struct header* h = &headers->items[i];
    if (bytes_is(h->key.data, h->key.len, ":status")) {
      code = (uint32_t)read_number(&h->value);
    } else if (bytes_is(h->key.data, h->key.len, "content-length")) {
      if (read_number(&h->value) != body->len) {
        refuse("content-length %.*s of a local reply whose body the plugin made %zu bytes long", (int)h->value.len,
               h->value.data, body->len);
      }
    } else {
      list[count++] = (envoy_dynamic_module_type_module_http_header){h->key.data, h->key.len, h->value.data, h->value.len};
    }
  }
  flow_drop(&s->decoding);
  flow_drop(&s->encoding);
  envoy_dynamic_module_callback_http_send_response(s->envoy, code, list, count, (abi_text){body->data, body->len},
                                                   (abi_text){details->data, details->len});
  free(list);
}

void reply_finish(struct stream* s) {
  struct reply* r = s->reply;
  s->reply = NULL;
  bytes_append(&r->added, r->out.data, r->out.len);
  send(s, &r->headers, &r->added, &r->details);
  s->reply = r;
  reply_free(s);
}

// source/common/http/utility.cc prepareLocalReply
static void reply_headers(struct header_list* h, int code, const struct bytes* body) {
  char text[32];
  struct header_list plugin = *h;
  *h = (struct header_list){0};
  int len = snprintf(text, sizeof(text), "%d", code);
  headers_add(h, ":status", 7, text, (size_t)len);
  for (size_t i = 0; i < plugin.len; i++) {
    headers_add(h, plugin.items[i].key.data, plugin.items[i].key.len, plugin.items[i].value.data,
                plugin.items[i].value.len);
  }
  headers_free(&plugin);
  if (body->len > 0) {
    len = snprintf(text, sizeof(text), "%zu", body->len);
    headers_set(h, "content-length", 14, text, (size_t)len);
    if (headers_find(h, "content-type", 12) == NULL) {
      headers_add(h, "content-type", 12, "text/plain", 10);
    }
  } else {
    headers_remove(h, "content-length", 14);
    headers_remove(h, "content-type", 12);
  }
}

// The encode hooks in abi_hooks.c, for a reply: headers, then the body in one piece.
static void through_plugin(struct stream* s) {
  struct direction* d = &s->encoding;
  struct reply* r = s->reply;
  bool bodyless = r->body.len == 0;
  d->end_stream = bodyless;
  bool done = do_headers(d, bodyless);
  if (!bodyless && s->reply == r) {
    d->end_stream = true;
    done = do_data(d, &r->body, true);
    if (done) {
      list_move_out(d, &r->out);
    }
  }
  if (done && s->reply == r && !stream_destroyed(s)) {
    reply_finish(s);
  }
}

// golang_filter.cc Filter::sendLocalReplyInternal, processor_state.h DecodingProcessorState::sendLocalReply
static void forget_data(struct direction* d) {
  list_clear(d);
  drain_buffer_data(d);
  flow_drop(d);
  if (!d->ps.is_encoding) {
    set_state(d, WaitingHeader);
  }
}

// source/common/http/filter_manager.cc DownstreamFilterManager::sendLocalReply: through the chain while no answer has
// begun, else past it (before the first byte went out) or a reset; Envoy decides between the latter two.
static void run(struct stream* s, struct task* t) {
  struct direction* encoding = &s->encoding;
  if (t->b != no_grpc_status) {
    forget_data(t->d);
  }
  bool begun = s->reply != NULL || encoding->ps.state != WaitingHeader ||
               envoy_dynamic_module_callback_http_get_headers_size(
                   s->envoy, envoy_dynamic_module_type_http_header_type_ResponseHeader) > 0;
  reply_headers(&t->headers, (int)t->a, &t->x);
  if (begun) {
    reply_free(s);
    send(s, &t->headers, &t->x, &t->y);
    return;
  }
  s->reply = must_alloc(sizeof(*s->reply));
  s->reply->headers = t->headers;
  s->reply->body = t->x;
  s->reply->details = t->y;
  t->headers = (struct header_list){0};
  t->x = t->y = (struct bytes){0};
  through_plugin(s);
}

static bool is_grpc_request(struct stream* s) {
  abi_view value;
  return header_get(&s->decoding, false, "content-type", 12, &value) && value.length >= 16 &&
         memcmp(value.ptr, "application/grpc", 16) == 0 && (value.length == 16 || value.ptr[16] == '+');
}

// Always posted, so that Go and Envoy are never entered from within each other. Takes `headers`.
void reply_start(struct direction* d, int code, struct header_list* headers, const char* body, size_t body_len,
                 const char* details, size_t details_len, int64_t grpc_status) {
  struct stream* s = d->stream;
  if (grpc_status != 0 && is_grpc_request(s)) {
    if (grpc_status == no_grpc_status) {
      refuse_fatally("local reply to a gRPC request without a grpc-status: the ABI sends 0");
    }
    // The ABI sends 0 only, but not over a status that is there (source/common/http/utility.cc prepareLocalReply).
    char text[24];
    int len = snprintf(text, sizeof(text), "%lld", (long long)grpc_status);
    headers_set(headers, "grpc-status", 11, text, (size_t)len);
  }
  s->aborted |= grpc_status == no_grpc_status;
  struct task* t = task_new(run, d);
  t->a = code;
  t->b = grpc_status;
  t->headers = *headers;
  *headers = (struct header_list){0};
  bytes_append(&t->x, body, body_len);
  bytes_append(&t->y, details, details_len);
  post(s, t);
}
