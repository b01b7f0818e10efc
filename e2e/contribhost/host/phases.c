#include "contribhost.h"

// golang_filter.cc Filter::doHeadersGo
static int headers_to_go(struct direction* d, bool end_stream) {
  stream_init_request(d->stream);
  uint64_t count, size;
  header_sizes(d, false, &count, &size);
  return (int)d->stream->go->on_header(&d->ps, end_stream ? 1 : 0, count, size);
}

// golang_filter.cc Filter::doHeaders
bool do_headers(struct direction* d, bool end_stream) {
  d->headers = true;
  process_header(d, end_stream);
  bool done = handle_header_status(d, headers_to_go(d, end_stream));
  if (done) {
    d->headers = false;
  }
  return done;
}

// golang_filter.cc Filter::doDataGo
static bool data_to_go(struct direction* d, struct bytes* data, bool end_stream) {
  process_data(d, end_stream);
  struct chunk* chunk = list_push(d, data);
  int status = (int)d->stream->go->on_data(&d->ps, end_stream ? 1 : 0, (uint64_t)(uintptr_t)chunk, chunk->data.len);
  return handle_data_status(d, status);
}

static bool held_data_to_go(struct direction* d, bool end_stream) {
  struct bytes data = {0};
  take_buffer_data(d, &data);
  bool done = data_to_go(d, &data, end_stream);
  bytes_free(&data);
  return done;
}

// golang_filter.cc Filter::doData
bool do_data(struct direction* d, struct bytes* data, bool end_stream) {
  switch (d->ps.state) {
  case WaitingData:
    return data_to_go(d, data, end_stream);
  case WaitingAllData:
    if (end_stream) {
      if (d->held.len > 0) {
        add_buffer_data(d, data);
        take_buffer_data(d, data);
      }
      return data_to_go(d, data, end_stream);
    }
    add_buffer_data(d, data);
    return false;
  case ProcessingHeader:
  case ProcessingData:
    add_buffer_data(d, data);
    return false;
  default:
    log_error("unexpected state: %s", state_text(d));
    return false;
  }
}

// processor_state.h ProcessorState::continueDoData. `empty` is what was pushed, not what the plugin made of it.
static void continue_do_data(struct direction* d) {
  if (!d->end_stream && d->list_bytes == 0) {
    return;
  }
  struct bytes data = {0};
  list_move_out(d, &data);
  flow_inject(d, &data);
  bytes_free(&data);
}

// golang_filter.cc Filter::doTrailerGo
static bool trailer_to_go(struct direction* d) {
  process_trailer(d);
  uint64_t count, size;
  header_sizes(d, true, &count, &size);
  return handle_trailer_status(d, (int)d->stream->go->on_header(&d->ps, 1, count, size));
}

// golang_filter.cc Filter::doTrailer
bool do_trailer(struct direction* d) {
  d->trailers = true;
  switch (d->ps.state) {
  case WaitingTrailer:
  case WaitingData:
    return trailer_to_go(d);
  case WaitingAllData:
    if (d->held.len > 0) {
      bool done = held_data_to_go(d, false);
      if (d->ps.state == WaitingTrailer) {
        continue_do_data(d);
        done = trailer_to_go(d);
      }
      return done;
    }
    continue_do_data(d);
    return trailer_to_go(d);
  case ProcessingHeader:
  case ProcessingData:
    return false;
  default:
    log_error("unexpected state: %s", state_text(d));
    return false;
  }
}

static void resume(struct direction* d, int before) {
  switch (before) {
  case ProcessingHeader:
    // The end that only Envoy has seen must not reach the next filter with the headers.
    if (d->do_end_stream || !(d->end_stream || d->trailers)) {
      flow_continue(d);
    }
    break;
  case ProcessingData:
    continue_do_data(d);
    break;
  case ProcessingTrailer:
    continue_do_data(d);
    flow_continue(d);
    break;
  default:
    break;
  }
}

// golang_filter.cc Filter::continueStatusInternal
void continue_status_internal(struct direction* d, int status) {
  int before = d->ps.state;
  if (handle_status(d, status)) {
    resume(d, before);
  }
  bool ended = d->end_stream || d->trailers;
  if ((d->ps.state == WaitingData && (d->held.len > 0 || d->end_stream)) ||
      (d->ps.state == WaitingAllData && ended)) {
    if (!d->held_made) {
      refuse_fatally("%s: more data awaited where none can come (upstream dereferences data_buffer_, a null pointer)",
                     state_text(d));
    }
    if (!held_data_to_go(d, d->end_stream)) {
      return;
    }
    continue_do_data(d);
  }
  if (d->ps.state == WaitingTrailer && d->trailers && trailer_to_go(d)) {
    flow_continue(d);
  }
}
