// Upstream holds a body itself (StopIterationNoBuffer) and later puts it into the chain with injectDecodedDataToFilterChain
// or injectEncodedDataToFilterChain. The ABI has no such call. In its place what is to be injected goes to Envoy's own
// buffer of the direction, and continue_decoding or continue_encoding sends headers, buffer and trailers on.
//
// Differences that follow, all of them in time only:
//  - continue sends everything Envoy has seen, so it waits until Go is done with all of it: data leaves when Go no longer
//    holds the direction, and once the end of the stream is there, when Go has seen that too. Upstream injects a chunk
//    while Go already works on the next one, and InjectData (InjectedData while Running) at once.
//  - the next filter sees headers and body of one such step after the plugin's last callback of that step, not in between.
#include <stdlib.h>

#include "contribhost.h"

static envoy_dynamic_module_type_http_body_type buffered(const struct direction* d) {
  return d->ps.is_encoding ? envoy_dynamic_module_type_http_body_type_BufferedResponseBody
                           : envoy_dynamic_module_type_http_body_type_BufferedRequestBody;
}

static envoy_dynamic_module_type_http_body_type received(const struct direction* d) {
  return d->ps.is_encoding ? envoy_dynamic_module_type_http_body_type_ReceivedResponseBody
                           : envoy_dynamic_module_type_http_body_type_ReceivedRequestBody;
}

static bool is_reply(const struct direction* d) { return d->ps.is_encoding && d->stream->reply != NULL; }

// processor_state.h continueProcessing
void flow_continue(struct direction* d) { d->want_continue = true; }

// processor_state.h injectDataToFilterChain
void flow_inject(struct direction* d, struct bytes* data) {
  bytes_append(&d->pending, data->data, data->len);
  d->want_continue = true;
}

void flow_drop(struct direction* d) {
  d->pending.len = 0;
  d->want_continue = false;
}

static void append(struct direction* d, envoy_dynamic_module_type_http_body_type where, const struct bytes* data) {
  if (data->len > 0 &&
      !envoy_dynamic_module_callback_http_append_body(d->stream->envoy, where, (abi_text){data->data, data->len})) {
    refuse_fatally("%s: Envoy did not take %zu bytes of body", state_text(d), data->len);
  }
}

// Called when a step outside of Envoy's hooks is over.
void flow_flush(struct direction* d) {
  bool ended = d->end_stream || d->trailers;
  if (!d->want_continue || stream_destroyed(d->stream) || in_go(d) || (ended && d->ps.state != Done)) {
    return;
  }
  d->want_continue = false;
  if (is_reply(d)) {
    bytes_move(&d->stream->reply->out, &d->pending);
    reply_finish(d->stream);
    return;
  }
  append(d, buffered(d), &d->pending);
  d->pending.len = 0;
  if (d->ps.is_encoding) {
    envoy_dynamic_module_callback_http_filter_continue_encoding(d->stream->envoy);
  } else {
    envoy_dynamic_module_callback_http_filter_continue_decoding(d->stream->envoy);
  }
}

// The hook itself continues. Iteration is stopped where data is pending (it was held by StopIterationNoBuffer), so Envoy
// sends its buffer before the trailers.
void flow_flush_in_trailers(struct direction* d) {
  append(d, buffered(d), &d->pending);
  flow_drop(d);
}

// processor_state.h addData. The ABI adds in streaming mode only; upstream's other mode answers 413 or 500 instead of
// stopping the peer when the buffer limit is passed (source/common/http/filter_manager.cc requestDataTooLarge).
void flow_add(struct direction* d, const char* data, size_t len, bool streaming) {
  if (is_reply(d)) {
    bytes_append(&d->stream->reply->added, data, len);
    return;
  }
  if (!streaming) {
    uint64_t limit = envoy_dynamic_module_callback_http_get_buffer_limit(d->stream->envoy);
    if (limit > 0 && envoy_dynamic_module_callback_http_get_body_size(d->stream->envoy, buffered(d)) + len > limit) {
      struct header_list none = {0};
      if (d->ps.is_encoding) {
        reply_start(d, 500, &none, "Internal Server Error", 21, "response_payload_too_large", 26, no_grpc_status);
      } else {
        reply_start(d, 413, &none, "Payload Too Large", 17, "request_payload_too_large", 25, no_grpc_status);
      }
      return;
    }
  }
  struct bytes view = {(char*)data, len, len};
  append(d, buffered(d), &view);
}

// The body of the running data hook becomes ours, as upstream's BufferList::push moves it.
void flow_take_received(struct direction* d, struct bytes* to) {
  void* envoy = d->stream->envoy;
  size_t count = envoy_dynamic_module_callback_http_get_body_chunks_size(envoy, received(d));
  if (count == 0) {
    return;
  }
  abi_view* chunks = must_alloc(count * sizeof(*chunks));
  envoy_dynamic_module_callback_http_get_body_chunks(envoy, received(d), chunks);
  for (size_t i = 0; i < count; i++) {
    bytes_append(to, chunks[i].ptr, chunks[i].length);
  }
  free(chunks);
  envoy_dynamic_module_callback_http_drain_body(envoy, received(d), to->len);
}

void flow_give_received(struct direction* d, const struct bytes* data) { append(d, received(d), data); }
