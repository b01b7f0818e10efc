#include <stdlib.h>

#include "contribhost.h"

// processor_state.h ProcessorState::isProcessingInGo
bool in_go(const struct direction* d) {
  return d->ps.state == ProcessingHeader || d->ps.state == ProcessingData || d->ps.state == ProcessingTrailer ||
         atomic_load(&d->stream->req.is_golang_processing_log);
}

void set_state(struct direction* d, enum filter_state state) { d->ps.state = state; }

// processor_state.cc ProcessorState::stateStr
const char* state_text(const struct direction* d) {
  static const char* texts[2][8] = {
      {"decoder:WaitingHeader", "decoder:ProcessingHeader", "decoder:WaitingData", "decoder:WaitingAllData",
       "decoder:ProcessingData", "decoder:WaitingTrailer", "decoder:ProcessingTrailer", "decoder:Done"},
      {"encoder:WaitingHeader", "encoder:ProcessingHeader", "encoder:WaitingData", "encoder:WaitingAllData",
       "encoder:ProcessingData", "encoder:WaitingTrailer", "encoder:ProcessingTrailer", "encoder:Done"},
  };
  return texts[d->ps.is_encoding][d->ps.state & 7];
}

// processor_state.cc BufferList::push
struct chunk* list_push(struct direction* d, struct bytes* data) {
  struct chunk* chunk = must_alloc(sizeof(*chunk));
  d->list_bytes += (uint32_t)data->len;
  bytes_move(&chunk->data, data);
  if (d->last != NULL) {
    d->last->next = chunk;
  } else {
    d->first = chunk;
  }
  d->last = chunk;
  return chunk;
}

// processor_state.cc BufferList::moveOut
void list_move_out(struct direction* d, struct bytes* to) {
  while (d->first != NULL) {
    struct chunk* chunk = d->first;
    d->first = chunk->next;
    bytes_move(to, &chunk->data);
    bytes_free(&chunk->data);
    free(chunk);
  }
  d->last = NULL;
  d->list_bytes = 0;
}

// processor_state.cc BufferList::clearAll
void list_clear(struct direction* d) {
  struct bytes dropped = {0};
  list_move_out(d, &dropped);
  bytes_free(&dropped);
}

// processor_state.cc BufferList::clearLatest
static void list_clear_latest(struct direction* d) {
  struct chunk** link = &d->first;
  struct chunk* before = NULL;
  while (*link != d->last) {
    before = *link;
    link = &(*link)->next;
  }
  d->list_bytes -= (uint32_t)d->last->data.len;
  bytes_free(&d->last->data);
  free(d->last);
  *link = NULL;
  d->last = before;
}

// processor_state.cc BufferList::checkExisting
struct chunk* list_find(struct direction* d, uint64_t chunk) {
  for (struct chunk* c = d->first; c != NULL; c = c->next) {
    if ((uint64_t)(uintptr_t)c == chunk) {
      return c;
    }
  }
  return NULL;
}

// processor_state.cc DecodingProcessorState::addBufferData, EncodingProcessorState::addBufferData, with
// source/common/buffer/watermark_buffer.cc: the callback fires once when the limit is passed. The ABI cannot stop Envoy
// from reading, so where upstream pushes back (state other than WaitingAllData) this buffer just grows.
void add_buffer_data(struct direction* d, struct bytes* data) {
  if (!d->held_made) {
    d->held_made = true;
    d->limit = envoy_dynamic_module_callback_http_get_buffer_limit(d->stream->envoy);
  }
  bytes_move(&d->held, data);
  if (d->limit == 0 || d->above_watermark || d->held.len <= d->limit) {
    return;
  }
  d->above_watermark = true;
  if (d->ps.state != WaitingAllData) {
    return;
  }
  struct header_list none = {0};
  if (d->ps.is_encoding) {
    reply_start(d, 500, &none, "Internal Server Error", 21, "response_payload_too_large", 26, no_grpc_status);
  } else {
    reply_start(d, 413, &none, "Payload Too Large", 17, "request_payload_too_large", 25, no_grpc_status);
  }
}

// processor_state.cc ProcessorState::drainBufferData
void drain_buffer_data(struct direction* d) {
  d->held.len = 0;
  d->above_watermark = false;
}

void take_buffer_data(struct direction* d, struct bytes* to) {
  bytes_move(to, &d->held);
  d->above_watermark = false;
}

// processor_state.h ProcessorState::processHeader
void process_header(struct direction* d, bool end_stream) {
  set_state(d, ProcessingHeader);
  d->do_end_stream = end_stream;
}

// processor_state.h ProcessorState::processData
void process_data(struct direction* d, bool end_stream) {
  set_state(d, ProcessingData);
  d->do_end_stream = end_stream;
}

// processor_state.h ProcessorState::processTrailer
void process_trailer(struct direction* d) {
  set_state(d, ProcessingTrailer);
  d->do_end_stream = true;
}

// processor_state.cc ProcessorState::handleHeaderGolangStatus
bool handle_header_status(struct direction* d, int status) {
  switch (status) {
  case LocalReply:
  case Running:
    return false;
  case Continue:
    set_state(d, d->do_end_stream ? Done : WaitingData);
    return true;
  case StopAndBuffer:
    set_state(d, WaitingAllData);
    return false;
  case StopAndBufferWatermark:
    set_state(d, WaitingData);
    return false;
  default:
    log_error("unexpected status: %d", status);
    return false;
  }
}

// processor_state.cc ProcessorState::handleDataGolangStatus
bool handle_data_status(struct direction* d, int status) {
  bool done = false;
  if (d->do_end_stream &&
      (status == StopAndBuffer || status == StopAndBufferWatermark || status == StopNoBuffer)) {
    log_error("want more data while stream is end");
  }
  switch (status) {
  case LocalReply:
  case Running:
    return false;
  case Continue:
    set_state(d, d->do_end_stream ? Done : WaitingData);
    done = true;
    break;
  case StopAndBuffer:
    set_state(d, WaitingAllData);
    break;
  case StopAndBufferWatermark:
    set_state(d, WaitingData);
    break;
  case StopNoBuffer:
    list_clear_latest(d);
    set_state(d, WaitingData);
    break;
  default:
    log_error("unexpected status: %d", status);
    break;
  }
  if (d->trailers && d->held.len == 0) {
    set_state(d, WaitingTrailer);
  }
  return done;
}

// processor_state.cc ProcessorState::handleTrailerGolangStatus
bool handle_trailer_status(struct direction* d, int status) {
  switch (status) {
  case LocalReply:
  case Running:
    return false;
  case Continue:
    set_state(d, Done);
    return true;
  default:
    log_error("unexpected status: %d", status);
    return false;
  }
}

// processor_state.cc ProcessorState::handleGolangStatus; its ASSERT is not in a release build.
bool handle_status(struct direction* d, int status) {
  switch (d->ps.state) {
  case ProcessingHeader:
    return handle_header_status(d, status);
  case ProcessingData:
    return handle_data_status(d, status);
  case ProcessingTrailer:
    return handle_trailer_status(d, status);
  default:
    return false;
  }
}
