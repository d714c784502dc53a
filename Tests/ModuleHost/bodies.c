/* The callbacks that read and change bodies. */
#include "host.h"
#include <stdlib.h>
#include <string.h>

/* 0 received request, 1 buffered request, 2 received response, 3 buffered response. */
static Body **find_body(void *envoy, unsigned kind, const char *callback) {
  Filter *filter = callback_filter(envoy, callback);
  if (!filter) return NULL;
  if (kind > 3) {
    fault("%s: there is no body %u", callback, kind);
    return NULL;
  }
  filter->stream->lent = true;
  return kind & 1 ? &filter->stream->buffered[kind / 2] : &filter->flow[kind / 2].received;
}

static Body *get_body(void *envoy, unsigned kind, const char *callback) {
  Body **body = find_body(envoy, kind, callback);
  return body ? *body : NULL;
}

static bool get_chunks(void *envoy, unsigned kind, Text *result) {
  Body *body = get_body(envoy, kind, "get_body_chunks");
  if (!body) return false;
  for (size_t i = 0; i < body->count; i++) result[i] = bytes_lend(&body->slices[i]);
  return true;
}

static bool drain(void *envoy, unsigned kind, size_t size) {
  Body *body = get_body(envoy, kind, "drain_body");
  if (body) body_drain(body, size);
  return body != NULL;
}

/* Only the buffered body can be made by an append. */
static bool append(void *envoy, unsigned kind, Text data) {
  Body **body = find_body(envoy, kind, "append_body");
  if (!body || (!*body && !(kind & 1))) return false;
  if (!*body && !(*body = calloc(1, sizeof **body))) abort();
#if CHECKS
  Bytes kept = {0};
  bytes_set(&kept, data);
  body_append(*body, (Text){kept.data, kept.size});
  bytes_free(&kept);
#else
  body_append(*body, data);
#endif
  return true;
}

#if FAMILY_A
#define CALLBACKS(what, kind) \
  EXPORT bool CB(http_get_##what##_body_vector_size)(void *e, size_t *result) { \
    Body *body = get_body(e, kind, "get_body_vector_size"); \
    if (body) *result = body->count; \
    return body != NULL; \
  } \
  EXPORT bool CB(http_get_##what##_body_vector)(void *e, Text *result) { return get_chunks(e, kind, result); } \
  EXPORT bool CB(http_drain_##what##_body)(void *e, size_t size) { return drain(e, kind, size); } \
  EXPORT bool CB(http_append_##what##_body)(void *e, TEXT(data)) { return append(e, kind, IN(data)); }
#if ENVOY >= 13603
CALLBACKS(received_request, 0)
CALLBACKS(buffered_request, 1)
CALLBACKS(received_response, 2)
CALLBACKS(buffered_response, 3)
#elif ENVOY > 0
/* 1.36.2 and before: other names. */
#undef CALLBACKS
#define CALLBACKS(what, kind) \
  EXPORT bool CB(http_get_##what##_body_vector)(void *e, Text *result) { return get_chunks(e, kind, result); } \
  EXPORT bool CB(http_drain_##what##_body)(void *e, size_t size) { return drain(e, kind, size); } \
  EXPORT bool CB(http_append_##what##_body)(void *e, TEXT(data)) { return append(e, kind, IN(data)); }
CALLBACKS(request, 0)
CALLBACKS(response, 2)
#endif
#else
EXPORT size_t CB(http_get_body_chunks_size)(void *e, unsigned kind) {
  Body *body = get_body(e, kind, "get_body_chunks_size");
  return body ? body->count : 0;
}

EXPORT bool CB(http_get_body_chunks)(void *e, unsigned kind, Text *result) { return get_chunks(e, kind, result); }

EXPORT size_t CB(http_get_body_size)(void *e, unsigned kind) {
  Body *body = get_body(e, kind, "get_body_size");
  return body ? body_size(body) : 0;
}

EXPORT bool CB(http_drain_body)(void *e, unsigned kind, size_t size) { return drain(e, kind, size); }

EXPORT bool CB(http_append_body)(void *e, unsigned kind, Text data) { return append(e, kind, data); }

#if SINCE(13800)
static bool is_same(void *envoy, int direction) {
  Body *received = get_body(envoy, direction * 2, "received_buffered_body");
  return received && received == *find_body(envoy, direction * 2 + 1, "received_buffered_body");
}

EXPORT bool CB(http_received_buffered_request_body)(void *e) { return is_same(e, REQUEST); }

EXPORT bool CB(http_received_buffered_response_body)(void *e) { return is_same(e, RESPONSE); }

EXPORT uint64_t CB(http_get_buffer_limit)(void *e) {
  Filter *filter = callback_filter(e, "get_buffer_limit");
  return filter ? filter->stream->buffer_limit : 0;
}

EXPORT void CB(http_set_buffer_limit)(void *e, uint64_t limit) {
  Filter *filter = callback_filter(e, "set_buffer_limit");
  if (filter) filter->stream->buffer_limit = limit;
}
#endif
#endif
