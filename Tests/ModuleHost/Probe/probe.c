/* A module that does what its configuration names, right or wrong: with it the host is tested. */
#include "../abi.h"
#include <stdlib.h>
#include <string.h>

#define ON(name) envoy_dynamic_module_on_##name
#define IS(config, word) ((config)->size == strlen(word) && !memcmp((config)->data, word, (config)->size))

typedef struct {
  char *data;
  size_t size;
  size_t counter;
  void *envoy;
} Config;

typedef struct {
  Config *config;
  const char *stale;
} Probe;

#if FAMILY_A
#define PASS(x) (x), strlen(x)
bool CB(http_set_request_header)(void *e, TEXT(key), TEXT(value));
bool CB(http_set_response_header)(void *e, TEXT(key), TEXT(value));
size_t CB(http_get_request_header)(void *e, TEXT(key), OUT(result), size_t index);
bool CB(http_get_received_request_body_vector_size)(void *e, size_t *n);
bool CB(http_append_received_request_body)(void *e, TEXT(data));
bool CB(http_append_buffered_request_body)(void *e, TEXT(data));
bool CB(http_append_received_response_body)(void *e, TEXT(data));
bool CB(http_drain_buffered_request_body)(void *e, size_t n);
bool CB(http_drain_received_request_body)(void *e, size_t n);
int CB(http_filter_config_define_counter)(void *e, TEXT(name), size_t *id);
int CB(http_filter_increment_counter)(void *e, size_t id, uint64_t value);
void CB(http_send_response)(void *e, uint32_t code, HeaderView *headers, size_t count, TEXT(body));
#define SET(e, key, value) CB(http_set_request_header)(e, PASS(key), PASS(value))
#define SET_RESPONSE(e, key, value) CB(http_set_response_header)(e, PASS(key), PASS(value))
#define APPEND(e, data) CB(http_append_received_request_body)(e, PASS(data))
#define APPEND_BUFFERED(e, data) CB(http_append_buffered_request_body)(e, PASS(data))
#define APPEND_RESPONSE(e, data) CB(http_append_received_response_body)(e, PASS(data))
#define DRAIN(e) (CB(http_drain_buffered_request_body)(e, SIZE_MAX), CB(http_drain_received_request_body)(e, SIZE_MAX))
#define DEFINE(e, id) CB(http_filter_config_define_counter)(e, PASS("probe"), id)
#define INCREMENT(e, id) CB(http_filter_increment_counter)(e, id, 1)
#define SEND(e, code) CB(http_send_response)(e, code, NULL, 0, PASS("refused"))
static const char *get(void *e, const char *key, size_t index) {
  const char *value;
  size_t size;
  CB(http_get_request_header)(e, PASS(key), &value, &size, index);
  return value;
}
#else
#define PASS(x) ((Text){(x), strlen(x)})
bool CB(http_set_header)(void *e, unsigned type, Text key, Text value);
bool CB(http_get_header)(void *e, unsigned type, Text key, Text *result, size_t index, size_t *count);
bool CB(http_append_body)(void *e, unsigned kind, Text data);
bool CB(http_drain_body)(void *e, unsigned kind, size_t n);
int CB(http_filter_config_define_counter)(void *e, Text name, Text *labels, size_t count, size_t *id);
int CB(http_filter_increment_counter)(void *e, size_t id, Text *values, size_t count, uint64_t value);
void CB(http_send_response)(void *e, uint32_t code, HeaderView *headers, size_t count, Text body, Text details);
#define SET(e, key, value) CB(http_set_header)(e, REQUEST_HEADERS, PASS(key), PASS(value))
#define SET_RESPONSE(e, key, value) CB(http_set_header)(e, RESPONSE_HEADERS, PASS(key), PASS(value))
#define APPEND(e, data) CB(http_append_body)(e, 0, PASS(data))
#define APPEND_BUFFERED(e, data) CB(http_append_body)(e, 1, PASS(data))
#define APPEND_RESPONSE(e, data) CB(http_append_body)(e, 2, PASS(data))
#define DRAIN(e) (CB(http_drain_body)(e, 1, SIZE_MAX), CB(http_drain_body)(e, 0, SIZE_MAX))
#define DEFINE(e, id) CB(http_filter_config_define_counter)(e, PASS("probe"), NULL, 0, id)
#define INCREMENT(e, id) CB(http_filter_increment_counter)(e, id, NULL, 0, 1)
#define SEND(e, code) CB(http_send_response)(e, code, NULL, 0, PASS("refused"), PASS("probe"))
static const char *get(void *e, const char *key, size_t index) {
  Text value;
  CB(http_get_header)(e, REQUEST_HEADERS, PASS(key), &value, index, NULL);
  return value.data;
}
#endif
bool CB(http_filter_get_attribute_int)(void *e, int id, uint64_t *result);

EXPORT const char *ON(program_init)(void) { return "probe"; }

EXPORT void *ON(http_filter_config_new)(void *envoy, TEXT(name), TEXT(config)) {
  (void)IN(name);
  Text text = IN(config);
  Config *own = calloc(1, sizeof *own);
  own->data = malloc(text.size + 1);
  own->size = text.size;
  memcpy(own->data, text.data, text.size);
  own->envoy = envoy;
  DEFINE(envoy, &own->counter);
  return own;
}

EXPORT void ON(http_filter_config_destroy)(void *config) {
  free(((Config *)config)->data);
  free(config);
}

EXPORT void *ON(http_filter_per_route_config_new)(TEXT(name), TEXT(config)) {
  (void)IN(name);
  return IN(config).size ? malloc(1) : NULL;
}

EXPORT void ON(http_filter_per_route_config_destroy)(void *config) { free(config); }

EXPORT void *ON(http_filter_new)(void *config, void *envoy) {
  (void)envoy;
  if (IS((Config *)config, "null filter")) return NULL;
  Probe *probe = calloc(1, sizeof *probe);
  probe->config = config;
  return probe;
}

EXPORT void ON(http_filter_destroy)(void *filter) {
  if (filter && !IS(((Probe *)filter)->config, "leak")) free(filter);
}

static void *another_stream;

EXPORT int ON(http_filter_request_headers)(void *e, void *filter, bool end_of_stream) {
  Probe *probe = filter;
  if (!probe) return CONTINUE;
  Config *config = probe->config;
  INCREMENT(e, config->counter);
  if (IS(config, "set")) SET(e, "x-probe", "yes");
  if (IS(config, "set empty")) SET(e, "x-probe", "");
  if (IS(config, "bad value")) SET(e, "x-probe", "a\r\nb");
  if (IS(config, "refuse")) SEND(e, 403);
  if (IS(config, "refuse") || IS(config, "replace") || IS(config, "wrong length")) return !end_of_stream;
  if (IS(config, "inject") && end_of_stream) APPEND_BUFFERED(e, "injected");
  if (IS(config, "inject early") && !end_of_stream) APPEND_BUFFERED(e, "lost");
  if (IS(config, "stale after hook")) probe->stale = get(e, ":path", 0);
  if (IS(config, "stale after set")) {
    const char *path = get(e, ":path", 0);
    SET(e, "x-probe", "yes");
    char first[2] = {path[0], 0};
    SET(e, "x-first", first);
  }
  if (IS(config, "one by one"))
    for (size_t index = 0; index < 3; index++) get(e, "x-many", index);
  uint64_t number;
  if (IS(config, "unknown attribute")) CB(http_filter_get_attribute_int)(e, 12, &number);
  if (IS(config, "late metric")) DEFINE(config->envoy, &config->counter);
  if (IS(config, "another stream")) {
    if (another_stream) SET(another_stream, "x-probe", "yes");
    another_stream = e;
  }
  return CONTINUE;
}

EXPORT int ON(http_filter_request_body)(void *e, void *filter, bool end_of_stream) {
  Probe *probe = filter;
  if (!probe) return DATA_CONTINUE;
  if (IS(probe->config, "no buffer")) return DATA_STOP_NO_BUFFER;
  if (!IS(probe->config, "replace") && !IS(probe->config, "wrong length")) return DATA_CONTINUE;
  if (!end_of_stream) return DATA_STOP_AND_BUFFER;
  DRAIN(e);
  APPEND(e, "replaced");
  if (IS(probe->config, "replace")) SET(e, "content-length", "8");
  return DATA_CONTINUE;
}

EXPORT int ON(http_filter_request_trailers)(void *e, void *filter) {
  Probe *probe = filter;
  if (probe && IS(probe->config, "replace")) {
    DRAIN(e);
    APPEND_BUFFERED(e, "replaced");
    SET(e, "content-length", "8");
  }
  return CONTINUE;
}

EXPORT int ON(http_filter_response_headers)(void *e, void *filter, bool end_of_stream) {
  (void)end_of_stream;
  Probe *probe = filter;
  if (!probe) return CONTINUE;
  SET_RESPONSE(e, "x-seen", "yes");
  if (probe->stale) {
    char first[2] = {probe->stale[0], 0};
    SET_RESPONSE(e, "x-first", first);
  }
  if (IS(probe->config, "refuse response")) SEND(e, 502);
  return CONTINUE;
}

EXPORT int ON(http_filter_response_body)(void *e, void *filter, bool end_of_stream) {
  Probe *probe = filter;
  if (probe && IS(probe->config, "append to response") && end_of_stream) APPEND_RESPONSE(e, "!");
  if (probe && IS(probe->config, "buffer response")) return end_of_stream ? DATA_CONTINUE : DATA_STOP_AND_BUFFER;
  return DATA_CONTINUE;
}

EXPORT int ON(http_filter_response_trailers)(void *e, void *filter) {
  (void)e, (void)filter;
  return CONTINUE;
}

EXPORT void ON(http_filter_stream_complete)(void *e, void *filter) { (void)e, (void)filter; }
EXPORT void ON(http_filter_scheduled)(void) {}
EXPORT void ON(http_filter_http_callout_done)(void) {}
EXPORT void ON(http_filter_http_stream_headers)(void) {}
EXPORT void ON(http_filter_http_stream_data)(void) {}
EXPORT void ON(http_filter_http_stream_trailers)(void) {}
EXPORT void ON(http_filter_http_stream_complete)(void) {}
EXPORT void ON(http_filter_http_stream_reset)(void) {}
EXPORT void ON(http_filter_downstream_above_write_buffer_high_watermark)(void) {}
EXPORT void ON(http_filter_downstream_below_write_buffer_low_watermark)(void) {}

EXPORT int ON(http_filter_local_reply)(void *e, void *filter, uint32_t code, Text details, bool reset_imminent) {
  (void)e, (void)code, (void)details, (void)reset_imminent;
  Probe *probe = filter;
  return probe && IS(probe->config, "reset");
}
