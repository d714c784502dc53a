/* One function for each thing that the filter asks of Envoy, whatever Envoy it is. They only choose the callback, so
 * that the compiler puts them in line. */
#ifndef ENVOY_CALLS_H
#define ENVOY_CALLS_H

#include "EnvoyCallbacks.h"

static inline bool envoy_is_36(void) { return envoy_callbacks.line == ENVOY_1_36; }

static inline EnvoyLine envoy_line(void) { return envoy_callbacks.line; }

/* Value number `index` of a header; false when there are not that many. `count` gets how many there are. */
static inline bool envoy_get_header(
    EnvoyStream stream, EnvoyHeaderMap map, EnvoyBuffer name, size_t index, EnvoyBuffer *value, size_t *count) {
  if (envoy_is_36()) {
    *count = envoy_callbacks.v36.get_header[map](
        stream, name.start, name.count, &value->start, &value->count, index);
    return index < *count && value->start != NULL;
  }
  *count = 0;
  return envoy_callbacks.v37.get_header(stream, map, name, value, index, count) && value->start != NULL;
}

/* All values become this one. `value` is not empty. */
static inline bool envoy_set_header(EnvoyStream stream, EnvoyHeaderMap map, EnvoyBuffer name, EnvoyBuffer value) {
  if (envoy_is_36()) {
    return envoy_callbacks.v36.set_header[map](stream, name.start, name.count, value.start, value.count);
  }
  return envoy_callbacks.v37.set_header(stream, map, name, value);
}

static inline bool envoy_remove_header(EnvoyStream stream, EnvoyHeaderMap map, EnvoyBuffer name) {
  EnvoyBuffer none = {NULL, 0};
  if (envoy_is_36()) {
    return envoy_callbacks.v36.set_header[map](stream, name.start, name.count, NULL, 0);
  }
  return envoy_callbacks.v37.set_header(stream, map, name, none);
}

/* Whether envoy_add_header works: 1.36 has no such callback. */
static inline bool envoy_can_add_header(void) { return !envoy_is_36(); }

/* `value` is not empty. */
static inline bool envoy_add_header(EnvoyStream stream, EnvoyHeaderMap map, EnvoyBuffer name, EnvoyBuffer value) {
  if (envoy_is_36()) return false;
  return envoy_callbacks.v37.add_header(stream, map, name, value);
}

static inline size_t envoy_headers_count(EnvoyStream stream, EnvoyHeaderMap map) {
  if (envoy_is_36()) return envoy_callbacks.v36.headers_count[map](stream);
  return envoy_callbacks.v37.headers_count(stream, map);
}

/* `headers` has room for envoy_headers_count. */
static inline bool envoy_headers(EnvoyStream stream, EnvoyHeaderMap map, EnvoyHeader *headers) {
  if (envoy_is_36()) return envoy_callbacks.v36.headers[map](stream, headers);
  return envoy_callbacks.v37.headers(stream, map, headers);
}

/* 0 when there is no such body, or it is empty. */
static inline size_t envoy_body_chunks_count(EnvoyStream stream, EnvoyBody body) {
  if (envoy_is_36()) {
    size_t count = 0;
    return envoy_callbacks.v36.body_chunks_count[body](stream, &count) ? count : 0;
  }
  return envoy_callbacks.v37.body_chunks_count(stream, body);
}

/* `chunks` has room for envoy_body_chunks_count. */
static inline bool envoy_body_chunks(EnvoyStream stream, EnvoyBody body, EnvoyBuffer *chunks) {
  if (envoy_is_36()) return envoy_callbacks.v36.body_chunks[body](stream, chunks);
  return envoy_callbacks.v37.body_chunks(stream, body, chunks);
}

static inline bool envoy_drain_body(EnvoyStream stream, EnvoyBody body) {
  if (envoy_is_36()) return envoy_callbacks.v36.drain_body[body](stream, SIZE_MAX);
  return envoy_callbacks.v37.drain_body(stream, body, SIZE_MAX);
}

static inline bool envoy_append_body(EnvoyStream stream, EnvoyBody body, EnvoyBuffer bytes) {
  if (envoy_is_36()) return envoy_callbacks.v36.append_body[body](stream, bytes.start, bytes.count);
  return envoy_callbacks.v37.append_body(stream, body, bytes);
}

/* 1.36 has no details: `%RESPONSE_CODE_DETAILS%` is `dynamic_module` there. */
static inline void envoy_send_response(
    EnvoyStream stream, uint32_t status, EnvoyHeader *headers, size_t headers_count, EnvoyBuffer body,
    EnvoyBuffer details) {
  if (envoy_is_36()) {
    envoy_callbacks.v36.send_response(stream, status, headers, headers_count, body.start, body.count);
  } else {
    envoy_callbacks.v37.send_response(stream, status, headers, headers_count, body, details);
  }
}

/* False too when there is no logger. */
static inline bool envoy_log_enabled(EnvoyLogLevel level) {
  return envoy_callbacks.log_enabled != NULL && envoy_callbacks.log_enabled(level);
}

static inline void envoy_log(EnvoyLogLevel level, EnvoyBuffer message, EnvoyBuffer file, uint32_t line) {
  if (envoy_is_36()) {
    if (envoy_callbacks.v36.log) envoy_callbacks.v36.log(level, message.start, message.count);
  } else if (envoy_callbacks.v37.log_with_place) {
    envoy_callbacks.v37.log_with_place(level, message, file, line);
  } else if (envoy_callbacks.v37.log) {
    envoy_callbacks.v37.log(level, message);
  }
}

/* Asking for what this Envoy does not know writes an error into its log up to 1.38. */
static inline bool envoy_attribute_string(EnvoyStream stream, int attribute, EnvoyBuffer *value) {
  if (envoy_is_36()) {
    return envoy_callbacks.v36.attribute_string(stream, attribute, &value->start, &value->count);
  }
  return envoy_callbacks.v37.attribute_string(stream, attribute, value);
}

static inline bool envoy_attribute_int(EnvoyStream stream, int attribute, uint64_t *value) {
  return envoy_callbacks.attribute_int(stream, attribute, value);
}

/* False before 1.38. */
static inline bool envoy_attribute_bool(EnvoyStream stream, int attribute, bool *value) {
  if (envoy_is_36() || !envoy_callbacks.v37.attribute_bool) return false;
  return envoy_callbacks.v37.attribute_bool(stream, attribute, value);
}

static inline void envoy_set_metadata(
    EnvoyStream stream, EnvoyBuffer name_space, EnvoyBuffer key, EnvoyBuffer value) {
  if (envoy_is_36()) {
    envoy_callbacks.v36.set_metadata(
        stream, name_space.start, name_space.count, key.start, key.count, value.start, value.count);
  } else {
    envoy_callbacks.v37.set_metadata(stream, name_space, key, value);
  }
}

static inline void *envoy_route_config(EnvoyStream stream) { return envoy_callbacks.route_config(stream); }

/* The route is chosen anew when somebody asks for it next, by the headers and the metadata as they are then. */
static inline void envoy_clear_route_cache(EnvoyStream stream) { envoy_callbacks.clear_route_cache(stream); }

/* How many bytes Envoy buffers of a body; 0 where it does not tell (before 1.38). */
static inline uint64_t envoy_buffer_limit(EnvoyStream stream) {
  if (envoy_is_36() || !envoy_callbacks.v37.buffer_limit) return 0;
  return envoy_callbacks.v37.buffer_limit(stream);
}

/* Metrics can be defined while a configuration is made, and never later. False when it failed. */
static inline bool envoy_define_counter(EnvoyFilterConfig config, EnvoyBuffer name, size_t *id) {
  if (envoy_is_36()) return envoy_callbacks.v36.define_counter(config, name.start, name.count, id) == 0;
  return envoy_callbacks.v37.define_counter(config, name, NULL, 0, id) == 0;
}

static inline bool envoy_define_labelled_counter(
    EnvoyFilterConfig config, EnvoyBuffer name, EnvoyBuffer label, size_t *id) {
  if (envoy_is_36()) {
    return envoy_callbacks.v36.define_labelled_counter(config, name.start, name.count, &label, 1, id) == 0;
  }
  return envoy_callbacks.v37.define_counter(config, name, &label, 1, id) == 0;
}

static inline bool envoy_define_histogram(EnvoyFilterConfig config, EnvoyBuffer name, size_t *id) {
  if (envoy_is_36()) return envoy_callbacks.v36.define_histogram(config, name.start, name.count, id) == 0;
  return envoy_callbacks.v37.define_histogram(config, name, NULL, 0, id) == 0;
}

static inline void envoy_increment_counter(EnvoyStream stream, size_t id, uint64_t by) {
  if (envoy_is_36()) {
    (void)envoy_callbacks.v36.increment_counter(stream, id, by);
  } else {
    (void)envoy_callbacks.v37.increment_counter(stream, id, NULL, 0, by);
  }
}

static inline void envoy_increment_labelled_counter(EnvoyStream stream, size_t id, EnvoyBuffer value, uint64_t by) {
  if (envoy_is_36()) {
    (void)envoy_callbacks.v36.increment_labelled_counter(stream, id, &value, 1, by);
  } else {
    (void)envoy_callbacks.v37.increment_counter(stream, id, &value, 1, by);
  }
}

static inline void envoy_record_histogram(EnvoyStream stream, size_t id, uint64_t value) {
  if (envoy_is_36()) {
    (void)envoy_callbacks.v36.record_histogram(stream, id, value);
  } else {
    (void)envoy_callbacks.v37.record_histogram(stream, id, NULL, 0, value);
  }
}

#endif
