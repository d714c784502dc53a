/* Drives a module's hooks through many exchanges and prints the nanoseconds of one; under callgrind the same program
 * gives instructions. What Envoy itself spends is not in it: a module that does nothing shows the program's own share.
 *
 *   module-benchmark MODULE.so CASE EXCHANGES
 *
 * A case is a file of lines: `configuration JSON`, `body FILE`, `new-body FILE`, `header NAME: VALUE`; the last two are
 * what must come out. Files are found from the working folder. More than 1000 exchanges are done in 50 rounds, of which
 * the fastest counts: a short one is seldom disturbed. Exit status 1 when what comes out is not the expected. The callbacks are those of Tests/ModuleHost, compiled
 * without its checks. */
#define _GNU_SOURCE
#include "../../Tests/ModuleHost/host.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a client's chat request has when Envoy hands it over, as in Benchmarks/Engine. */
static const char *const request_headers[][2] = {
    {":method", "POST"},
    {":path", "/v1/chat/completions"},
    {":scheme", "https"},
    {":authority", "api.shop.example"},
    {"accept", "application/json"},
    {"content-type", "application/json"},
    {"user-agent", "assistant/3.1"},
    {"authorization", "Bearer 4f1e6a0c"},
    {"x-forwarded-proto", "https"},
    {"x-request-id", "0b7e3c52-9d43-4c1e-8f3a-5d9b1c7e2a64"},
    {"x-donor", "north-3"},
};
static const char *const response_headers[][2] = {
    {":status", "200"},
    {"content-type", "application/json"},
    {"server", "envoy"},
    {"date", "Sun, 22 Nov 2026 00:00:00 GMT"},
};

static Text read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(2);
  }
  char *data = NULL;
  size_t size = 0, count;
  do {
    data = realloc(data, size + 65536);
    if (!data) abort();
    count = fread(data + size, 1, 65536, file);
    size += count;
  } while (count > 0);
  fclose(file);
  return (Text){data, size};
}

/* Into the storage of the last exchange. */
static inline void copy(Bytes *to, const Bytes *from) {
  if (to->capacity < from->size) return bytes_set(to, (Text){from->data, from->size});
  memcpy(to->data, from->data, from->size);
  to->size = from->size;
}

static void refill(HeaderMap *map, const HeaderMap *from) {
  map->count = 0;
  for (size_t i = 0; i < from->count; i++) {
    if (i == map->capacity) map_add(map, text("x"), text(""));
    map->count = i + 1;
    copy(&map->items[i].name, &from->items[i].name);
    copy(&map->items[i].value, &from->items[i].value);
  }
  map->exists = true;
}

static void run_exchange(Stream *stream, const HeaderMap *request, const HeaderMap *response, Text body) {
  Filter *filter = &stream->filters[0];
  refill(&stream->maps[REQUEST_HEADERS], request);
  refill(&stream->maps[RESPONSE_HEADERS], response);
  stream->upstream.body.count = 0;
  void *module_filter = hooks.filter_new(filter->config->module_config, filter);
  filter->module_filter = module_filter;
  hooks.headers[REQUEST](filter, module_filter, !body.data);
  if (body.data) {
    body_append(&stream->upstream.body, body);
    filter->flow[REQUEST].received = &stream->upstream.body;
    hooks.body[REQUEST](filter, module_filter, true);
    filter->flow[REQUEST].received = NULL;
  }
  hooks.headers[RESPONSE](filter, module_filter, true);
  hooks.stream_complete(filter, module_filter);
  hooks.filter_destroy(module_filter);
}

static bool has_body(const Body *body, Text expected) {
  size_t place = 0;
  for (size_t i = 0; i < body->count; place += body->slices[i++].size) {
    const Bytes *slice = &body->slices[i];
    if (slice->size > expected.size - place || memcmp(slice->data, expected.data + place, slice->size)) return false;
  }
  return place == expected.size;
}

static bool has_header(HeaderMap *map, const char *wanted) {
  const char *colon = strstr(wanted, ": ");
  size_t count;
  Bytes *value = colon ? map_find(map, (Text){wanted, (size_t)(colon - wanted)}, 0, &count) : NULL;
  return value && text_equal((Text){value->data, value->size}, text(colon + 2));
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* What a case file says; all of it stays in memory. */
typedef struct {
  Text configuration, body, new_body;
  const char *headers[8];
  size_t header_count;
} Case;

static Case read_case(const char *path) {
  Case result = {0};
  Text file = read_file(path);
  char *lines = strndup(file.data, file.size);
  for (char *line = lines ? strtok(lines, "\n") : NULL; line; line = strtok(NULL, "\n")) {
    char *value = strchr(line, ' ');
    if (!value) continue;
    *value++ = 0;
    if (!strcmp(line, "configuration")) result.configuration = text(value);
    if (!strcmp(line, "body")) result.body = read_file(value);
    if (!strcmp(line, "new-body")) result.new_body = read_file(value);
    if (!strcmp(line, "header") && result.header_count < 8) result.headers[result.header_count++] = value;
  }
  if (!result.new_body.data) result.new_body = result.body;
  return result;
}

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: module-benchmark MODULE.so CASE EXCHANGES\n");
    return 2;
  }
  output = stderr;
  quiet = true;
  log_level = WARN;
  Case wanted = read_case(arguments[2]);
  Text body = wanted.body;
  long exchanges = atol(arguments[3]);
  Config *config = NULL;
  if (module_load(arguments[1])) config = config_load("benchmark", false, text("transformation"), wanted.configuration);
  if (!config) {
    fprintf(stderr, "the module or its configuration was refused\n");
    return 2;
  }

  HeaderMap request = {0}, response = {0};
  for (size_t i = 0; i < sizeof request_headers / sizeof *request_headers; i++)
    map_add(&request, text(request_headers[i][0]), text(request_headers[i][1]));
  char length[24];
  snprintf(length, sizeof length, "%zu", body.size);
  if (body.data) map_add(&request, text("content-length"), text(length));
  for (size_t i = 0; i < sizeof response_headers / sizeof *response_headers; i++)
    map_add(&response, text(response_headers[i][0]), text(response_headers[i][1]));

  static Stream stream;
  stream.filter_count = 1;
  stream.filters[0].stream = &stream;
  stream.filters[0].config = config;
  double best = 1e18;
  long rounds = exchanges > 1000 ? 50 : 1, exchanges_per_round = exchanges / rounds;
  for (long round = 0; round < rounds; round++) {
    double start = now();
    for (long i = 0; i < exchanges_per_round; i++) run_exchange(&stream, &request, &response, body);
    double nanoseconds = (now() - start) / (double)exchanges_per_round;
    if (nanoseconds < best) best = nanoseconds;
  }
  printf("%.0f\n", best);

  if (stream.reply.code) {
    fprintf(stderr, "the module answered %u: %s\n", stream.reply.code, stream.reply.details);
    return 1;
  }
  if (!has_body(&stream.upstream.body, wanted.new_body)) {
    fprintf(stderr, "the body is not the expected one\n");
    return 1;
  }
  for (size_t i = 0; i < wanted.header_count; i++) {
    if (has_header(&stream.maps[REQUEST_HEADERS], wanted.headers[i])) continue;
    fprintf(stderr, "not set: %s\n", wanted.headers[i]);
    return 1;
  }
  return 0;
}
