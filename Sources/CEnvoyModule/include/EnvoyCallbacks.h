#ifndef ENVOY_CALLBACKS_H
#define ENVOY_CALLBACKS_H

#include "EnvoyTypes.h"

/* Callbacks of 1.36: one function for each map of headers and each body, and texts as two words. */
typedef struct {
  /* Returns how many values there are; `value` is null when `index` is out of range. */
  size_t (*get_header[4])(EnvoyStream, const void *name, size_t, const void **value, size_t *, size_t index);
  /* A null value removes the header. */
  bool (*set_header[4])(EnvoyStream, const void *name, size_t, const void *value, size_t);
  size_t (*headers_count[4])(EnvoyStream);
  bool (*headers[4])(EnvoyStream, EnvoyHeader *);
  /* False when there is no such body. */
  bool (*body_chunks_count[4])(EnvoyStream, size_t *);
  bool (*body_chunks[4])(EnvoyStream, EnvoyBuffer *);
  bool (*drain_body[4])(EnvoyStream, size_t);
  bool (*append_body[4])(EnvoyStream, const void *, size_t);
  void (*send_response)(EnvoyStream, uint32_t status, EnvoyHeader *, size_t, const void *body, size_t);
  void (*log)(int level, const void *, size_t);
  bool (*attribute_string)(EnvoyStream, int attribute, const void **, size_t *);
  bool (*set_metadata)(
      EnvoyStream, const void *name_space, size_t, const void *key, size_t, const void *value, size_t);
  /* Metrics return 0 for success. */
  int (*define_counter)(EnvoyFilterConfig, const void *name, size_t, size_t *id);
  int (*define_labelled_counter)(
      EnvoyFilterConfig, const void *name, size_t, EnvoyBuffer *labels, size_t, size_t *id);
  int (*define_histogram)(EnvoyFilterConfig, const void *name, size_t, size_t *id);
  int (*increment_counter)(EnvoyStream, size_t id, uint64_t);
  int (*increment_labelled_counter)(EnvoyStream, size_t id, EnvoyBuffer *values, size_t, uint64_t);
  int (*record_histogram)(EnvoyStream, size_t id, uint64_t);
} EnvoyCallbacks36;

/* Callbacks of 1.37 and later. */
typedef struct {
  /* False when there are not that many values; `count`, which may be null, gets how many there are. */
  bool (*get_header)(EnvoyStream, int map, EnvoyBuffer name, EnvoyBuffer *value, size_t index, size_t *count);
  /* A null or an empty value removes the header. */
  bool (*set_header)(EnvoyStream, int map, EnvoyBuffer name, EnvoyBuffer value);
  bool (*add_header)(EnvoyStream, int map, EnvoyBuffer name, EnvoyBuffer value);
  size_t (*headers_count)(EnvoyStream, int map);
  bool (*headers)(EnvoyStream, int map, EnvoyHeader *);
  size_t (*body_chunks_count)(EnvoyStream, int body);
  bool (*body_chunks)(EnvoyStream, int body, EnvoyBuffer *);
  bool (*drain_body)(EnvoyStream, int body, size_t);
  bool (*append_body)(EnvoyStream, int body, EnvoyBuffer);
  void (*send_response)(
      EnvoyStream, uint32_t status, EnvoyHeader *, size_t, EnvoyBuffer body, EnvoyBuffer details);
  void (*log)(int level, EnvoyBuffer);
  /* Null before 1.40. */
  void (*log_with_place)(int level, EnvoyBuffer, EnvoyBuffer file, uint32_t line);
  bool (*attribute_string)(EnvoyStream, int attribute, EnvoyBuffer *);
  /* Null before 1.38. */
  bool (*attribute_bool)(EnvoyStream, int attribute, bool *);
  /* Null before 1.38. */
  uint64_t (*buffer_limit)(EnvoyStream);
  void (*set_metadata)(EnvoyStream, EnvoyBuffer name_space, EnvoyBuffer key, EnvoyBuffer value);
  int (*define_counter)(EnvoyFilterConfig, EnvoyBuffer name, EnvoyBuffer *labels, size_t, size_t *id);
  int (*define_histogram)(EnvoyFilterConfig, EnvoyBuffer name, EnvoyBuffer *labels, size_t, size_t *id);
  int (*increment_counter)(EnvoyStream, size_t id, EnvoyBuffer *values, size_t, uint64_t);
  int (*record_histogram)(EnvoyStream, size_t id, EnvoyBuffer *values, size_t, uint64_t);
} EnvoyCallbacks37;

typedef struct {
  EnvoyLine line;
  /* Those that are the same everywhere. */
  bool (*log_enabled)(int level);
  bool (*attribute_int)(EnvoyStream, int attribute, uint64_t *);
  /* Null when the route has none. Crashes 1.36 and 1.37 when it is called in filter_new. */
  void *(*route_config)(EnvoyStream);
  void (*clear_route_cache)(EnvoyStream);
  union {
    EnvoyCallbacks36 v36;
    EnvoyCallbacks37 v37;
  };
} EnvoyCallbacks;

/* Written once, by envoy_load, on the main thread before any other hook runs. */
extern EnvoyCallbacks envoy_callbacks;

typedef struct {
  EnvoyLine line;
  /* The first callback that is needed and was not found; null when all were. */
  const char *missing;
} EnvoyLoadResult;

/* The address of an exported symbol, or null. */
typedef void *(*EnvoyLookup)(const char *symbol);

/* Finds out which Envoy this is, by the symbols it has, and fills the table. A table with something missing must not
 * be used, but for logging. */
EnvoyLoadResult envoy_load(EnvoyLookup lookup);

/* Looks a symbol up in the process. */
void *envoy_lookup_in_process(const char *symbol);

#endif
