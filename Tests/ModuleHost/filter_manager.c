/* How headers, data and trailers go from filter to filter, as in Envoy's filter manager (source/common/http/
 * filter_manager.cc, "commonHandleAfter..." and "commonContinue"): one code for both directions. */
#include "host.h"
#include <stdlib.h>
#include <string.h>

static void continue_flow(Stream *stream, size_t position, int direction);
static void run_data(Stream *stream, size_t position, int direction, Body *data, bool end_stream);

/* Requests pass the filters from the first to the last, responses the other way. */
static Filter *filter_at(Stream *stream, size_t position, int direction) {
  return &stream->filters[direction == REQUEST ? position : stream->filter_count - 1 - position];
}

static size_t position_of(Filter *filter, int direction) {
  size_t index = (size_t)(filter - filter->stream->filters);
  return direction == REQUEST ? index : filter->stream->filter_count - 1 - index;
}

static HeaderMap *headers_of(Stream *stream, int direction) {
  return &stream->maps[direction == REQUEST ? REQUEST_HEADERS : RESPONSE_HEADERS];
}

static HeaderMap *trailers_of(Stream *stream, int direction) {
  return &stream->maps[direction == REQUEST ? REQUEST_TRAILERS : RESPONSE_TRAILERS];
}

static Body *make_buffer(Stream *stream, int direction) {
  Body **buffered = &stream->buffered[direction];
  if (!*buffered && !(*buffered = calloc(1, sizeof **buffered))) abort();
  return *buffered;
}

/* What leaves the last filter: for the upstream, or for the client. */
static Side *side_of(Stream *stream, int direction) {
  return direction == REQUEST ? &stream->upstream : &stream->client;
}

static void copy_map(HeaderMap *to, const HeaderMap *from) {
  for (size_t i = 0; i < from->count; i++) {
    Header *header = &from->items[i];
    map_add(to, (Text){header->name.data, header->name.size}, (Text){header->value.data, header->value.size});
  }
  to->exists = true;
}

static void deliver_headers(Stream *stream, int direction, bool end_stream) {
  Side *side = side_of(stream, direction);
  if (side->has_headers) return fault("headers left the last filter twice");
  copy_map(&side->headers, headers_of(stream, direction));
  side->has_headers = true;
  side->ended |= end_stream;
}

static void deliver_data(Stream *stream, int direction, Body *data, bool end_stream) {
  Side *side = side_of(stream, direction);
  if (!side->has_headers) return fault("data left the last filter before its headers");
  if (side->ended) return fault("data left the last filter after the end");
  if (direction == REQUEST && stream->keeps_request) {
    /* The router sends a copy, and adds the data itself to what it keeps. */
    for (size_t i = 0; i < data->count; i++)
      body_append(&side->body, (Text){data->slices[i].data, data->slices[i].size});
    Body *kept = make_buffer(stream, direction);
    if (kept != data) body_move(kept, data);
  } else {
    body_move(&side->body, data);
  }
  side->ended |= end_stream;
}

static void deliver_trailers(Stream *stream, int direction) {
  Side *side = side_of(stream, direction);
  if (side->ended) return fault("trailers left the last filter after the end");
  copy_map(&side->trailers, trailers_of(stream, direction));
  side->has_trailers = side->ended = true;
}

/* The module's hooks see nothing of the reply that their own filter sent. */
static bool is_skipped(Filter *filter, int direction) { return direction == RESPONSE && filter->replied; }

static int call_headers(Filter *filter, int direction, bool end_stream) {
  if (is_skipped(filter, direction)) return CONTINUE;
  if (filter->kind == BUFFER) return direction == RESPONSE || end_stream ? CONTINUE : STOP_ITERATION;
  if (filter->kind == WAIT) return STOP_ALL_AND_WATERMARK;
  if (!filter->config) return CONTINUE;
  hook_enter(filter, direction == REQUEST ? "request_headers" : "response_headers");
  int status = hooks.headers[direction](filter, filter->module_filter, end_stream);
  hook_leave();
  stream_recall(filter->stream);
  return status;
}

static int call_data(Filter *filter, int direction, Body *data, bool end_stream) {
  if (is_skipped(filter, direction)) return DATA_CONTINUE;
  if (filter->kind == BUFFER) return direction == RESPONSE || end_stream ? DATA_CONTINUE : DATA_STOP_AND_BUFFER;
  if (filter->kind == DECOMPRESSOR && end_stream) {
    HeaderMap *trailers = trailers_of(filter->stream, direction);
    map_add(trailers, text("x-envoy-decompressor-gzip-compressed-bytes"), text("1"));
    map_add(trailers, text("x-envoy-decompressor-gzip-uncompressed-bytes"), text("2"));
    trailers->exists = true;
  }
  if (filter->kind == PIECES && !end_stream) {
    body_move(&filter->pieces[direction], data);
    return DATA_STOP_NO_BUFFER;
  }
  if (!filter->config) return DATA_CONTINUE;
  Body *buffered = filter->stream->buffered[direction];
  /* 1.36 and 1.37 add the last piece to what is buffered first. */
  if (ENVOY < 13800 && end_stream && buffered && buffered != data) body_move(buffered, data);
  filter->flow[direction].received = data;
  hook_enter(filter, direction == REQUEST ? "request_body" : "response_body");
  int status = hooks.body[direction](filter, filter->module_filter, end_stream);
  hook_leave();
  filter->flow[direction].received = NULL;
  stream_recall(filter->stream);
  return status;
}

static int call_trailers(Filter *filter, int direction) {
  if (is_skipped(filter, direction)) return CONTINUE;
  if (filter->kind == PIECES && filter->pieces[direction].count) return STOP_ITERATION;
  if (!filter->config) return CONTINUE;
  hook_enter(filter, direction == REQUEST ? "request_trailers" : "response_trailers");
  int status = hooks.trailers[direction](filter, filter->module_filter);
  hook_leave();
  stream_recall(filter->stream);
  return status;
}

static void run_headers(Stream *stream, size_t position, int direction, bool end_stream);

void stream_execute_reply(Stream *stream) {
  if (!stream->reply.waits) return;
  stream->reply.waits = false;
  map_clear(headers_of(stream, RESPONSE));
  copy_map(headers_of(stream, RESPONSE), &stream->reply.headers);
  stream->complete[RESPONSE] = true;
  bool has_body = stream->reply.body.size > 0;
  run_headers(stream, 0, RESPONSE, !has_body);
  if (has_body && !stream->aborted[RESPONSE]) {
    Body body = {0};
    body_append(&body, (Text){stream->reply.body.data, stream->reply.body.size});
    run_data(stream, 0, RESPONSE, &body, true);
    body_free(&body);
  }
}

/* After a hook: does the direction end here? */
static bool is_over(Stream *stream, int direction) {
  bool waits = stream->reply.waits;
  stream_execute_reply(stream);
  return waits || stream->aborted[direction];
}

static void run_headers(Stream *stream, size_t position, int direction, bool end_stream) {
  Filter *injected = NULL;
  for (; position < stream->filter_count; position++) {
    Filter *filter = filter_at(stream, position, direction);
    Flow *flow = &filter->flow[direction];
    flow->headers_seen = true;
    flow->end_stream = end_stream && !injected;
    int status = call_headers(filter, direction, flow->end_stream);
    if (is_over(stream, direction)) return;
    bool goes_on = status != STOP_ITERATION && status != STOP_ALL_AND_BUFFER && status != STOP_ALL_AND_WATERMARK;
    if (goes_on) {
      flow->headers_continued = true;
      if (status == CONTINUE_AND_DONT_END_STREAM) end_stream = false;
    } else {
      flow->iteration = status == STOP_ITERATION ? STOPPED : STOPPED_ALL;
    }
    if (end_stream && stream->buffered[direction] && !injected) injected = filter;
    if (!goes_on) break;
  }
  if (position == stream->filter_count) deliver_headers(stream, direction, end_stream && !injected);
  /* A filter made a body where there was none. */
  if (injected && injected->flow[direction].iteration == ITERATING) {
    injected->flow[direction].iteration = STOPPED;
    continue_flow(stream, position_of(injected, direction), direction);
  }
}

static bool buffer_data(Stream *stream, int direction, Body *data, bool with_limit) {
  Body *buffered = make_buffer(stream, direction);
  if (buffered != data) body_move(buffered, data);
  if (!with_limit || body_size(buffered) <= stream->buffer_limit) return true;
  if (direction == REQUEST) {
    stream_reply(stream, NULL, 413, NULL, 0, text("Payload Too Large"), text("request_payload_too_large"));
  } else {
    stream_reply(stream, NULL, 500, NULL, 0, text("Internal Server Error"), text("response_payload_too_large"));
  }
  return !is_over(stream, direction);
}

static void run_trailers(Stream *stream, size_t position, int direction);

static void run_data(Stream *stream, size_t position, int direction, Body *data, bool end_stream) {
  bool had_trailers = trailers_of(stream, direction)->exists;
  /* Behind the filter that added trailers with the data; 0 when none did. */
  size_t added_before = 0;
  for (; position < stream->filter_count; position++) {
    Filter *filter = filter_at(stream, position, direction);
    Flow *flow = &filter->flow[direction];
    if (flow->iteration == STOPPED_ALL) {
      buffer_data(stream, direction, data, true);
      return;
    }
    if (flow->end_stream) return;
    flow->end_stream = end_stream && !trailers_of(stream, direction)->exists;
    int status = call_data(filter, direction, data, flow->end_stream);
    if (is_over(stream, direction)) return;
    bool has_trailers = trailers_of(stream, direction)->exists;
    if (has_trailers && !had_trailers && !added_before) added_before = position + 1;
    bool is_stop = status >= DATA_STOP_AND_BUFFER && status <= DATA_STOP_NO_BUFFER;
    if (!is_stop && flow->iteration == ITERATING) continue;
    if (!is_stop) {
      if (buffer_data(stream, direction, data, false)) continue_flow(stream, position, direction);
    } else {
      flow->iteration = STOPPED;
      if (status != DATA_STOP_NO_BUFFER) {
        buffer_data(stream, direction, data, status == DATA_STOP_AND_BUFFER);
      } else {
        if (body_size(data)) fault("the body hook returned StopIterationNoBuffer and left data");
        if (stream->complete[direction] && !has_trailers) make_buffer(stream, direction);
      }
      /* Trailers that were added come to those behind it in requests; in responses nobody gets them (Envoy's #21205). */
      if (added_before && direction == REQUEST) run_trailers(stream, added_before, direction);
    }
    return;
  }
  deliver_data(stream, direction, data, end_stream && !added_before);
  if (added_before) run_trailers(stream, added_before, direction);
}

static void run_trailers(Stream *stream, size_t position, int direction) {
  for (; position < stream->filter_count; position++) {
    Filter *filter = filter_at(stream, position, direction);
    Flow *flow = &filter->flow[direction];
    if (flow->iteration == STOPPED_ALL) return;
    int status = call_trailers(filter, direction);
    flow->end_stream = true;
    if (is_over(stream, direction)) return;
    if (status == STOP_ITERATION) {
      flow->iteration = STOPPED;
      return;
    }
    if (flow->iteration == STOPPED) return continue_flow(stream, position, direction);
  }
  deliver_trailers(stream, direction);
}

/* What a stopped filter held goes on: to the filters behind it, or to itself where it has not seen it. */
static void continue_flow(Stream *stream, size_t position, int direction) {
  if (stream->aborted[direction]) return;
  Flow *flow = &filter_at(stream, position, direction)->flow[direction];
  size_t next = position + (flow->iteration == STOPPED_ALL ? 0 : 1);
  bool had_trailers = trailers_of(stream, direction)->exists;
  flow->iteration = ITERATING;
  if (!flow->headers_continued) {
    flow->headers_continued = true;
    bool ends = stream->complete[direction] && !stream->buffered[direction] && !had_trailers;
    run_headers(stream, position + 1, direction, ends);
  }
  if (stream->buffered[direction] && !stream->aborted[direction]) {
    /* Whoever takes the data leaves an empty buffer behind. */
    run_data(stream, next, direction, stream->buffered[direction], stream->complete[direction] && !had_trailers);
  }
  if (had_trailers && !stream->aborted[direction]) run_trailers(stream, next, direction);
}

void stream_continue(Filter *filter, int direction) {
  if (filter->flow[direction].iteration == ITERATING) return;
  continue_flow(filter->stream, position_of(filter, direction), direction);
}

/* One after the other, as ext_proc does with what its server sends back. */
static void release_pieces(Filter *filter, int direction) {
  Body *pieces = &filter->pieces[direction];
  for (size_t i = 0; i < pieces->count; i++) {
    Body piece = {0};
    body_append(&piece, (Text){pieces->slices[i].data, pieces->slices[i].size});
    run_data(filter->stream, position_of(filter, direction) + 1, direction, &piece, false);
    body_free(&piece);
  }
  body_free(pieces);
  *pieces = (Body){0};
}

void stream_release(Stream *stream) {
  for (size_t i = 0; i < stream->filter_count; i++) {
    Filter *filter = &stream->filters[i];
    if (filter->kind != WAIT && filter->kind != PIECES) continue;
    for (int direction = REQUEST; direction <= RESPONSE; direction++) {
      if (stream->aborted[direction]) continue;
      release_pieces(filter, direction);
      stream_continue(filter, direction);
    }
  }
}

/* After a local reply nothing is taken from either side. */
static bool is_ignored(Stream *stream, int direction) { return stream->aborted[direction] || stream->reply.code; }

void stream_headers(Stream *stream, int direction, const HeaderMap *headers, bool end_stream) {
  if (is_ignored(stream, direction)) return;
  map_clear(headers_of(stream, direction));
  copy_map(headers_of(stream, direction), headers);
  stream->complete[direction] = end_stream;
  run_headers(stream, 0, direction, end_stream);
}

void stream_data(Stream *stream, int direction, Text data, bool end_stream) {
  if (is_ignored(stream, direction)) return;
  stream->complete[direction] |= end_stream;
  Body body = {0};
  body_append(&body, data);
  run_data(stream, 0, direction, &body, end_stream);
  body_free(&body);
}

void stream_trailers(Stream *stream, int direction, const HeaderMap *trailers) {
  if (is_ignored(stream, direction)) return;
  stream->complete[direction] = true;
  copy_map(trailers_of(stream, direction), trailers);
  run_trailers(stream, 0, direction);
}
