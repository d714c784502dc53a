/* Header maps, and the callbacks that read and change them. */
#include "host.h"
#include <stdlib.h>
#include <string.h>

Text text(const char *string) { return (Text){string, strlen(string)}; }

bool text_equal(Text a, Text b) { return a.size == b.size && (!a.size || !memcmp(a.data, b.data, a.size)); }

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

bool text_equal_any_case(Text a, Text b) {
  if (a.size != b.size) return false;
  /* Mostly both are in lower case. */
  if (!memcmp(a.data, b.data, a.size)) return true;
  for (size_t i = 0; i < a.size; i++)
    if (a.data[i] != b.data[i] && lower(a.data[i]) != lower(b.data[i])) return false;
  return true;
}

/* To Envoy `host` is another name of `:authority`. */
static Text canonical(Text name) {
  return name.size == 4 && text_equal_any_case(name, (Text){"host", 4}) ? (Text){":authority", 10} : name;
}

void map_add(HeaderMap *map, Text name, Text value) {
  name = canonical(name);
  if (map->count == map->capacity) {
    size_t capacity = map->capacity * 2 + 16;
    Header *grown = realloc(map->items, capacity * sizeof *grown);
    if (!grown) abort();
    memset(grown + map->capacity, 0, (capacity - map->capacity) * sizeof *grown);
    map->items = grown;
    map->capacity = capacity;
  }
  Header *header = &map->items[map->count++];
  bytes_set(&header->name, name);
  for (size_t i = 0; i < name.size; i++) header->name.data[i] = lower(header->name.data[i]);
  bytes_set(&header->value, value);
}

/* Most names are told apart by their length. */
static inline bool has_name(const Header *header, Text name) {
  return header->name.size == name.size && text_equal_any_case((Text){header->name.data, header->name.size}, name);
}

/* Leaves one value, at the place of the first, as Envoy's `setReference` and `setCopy` do. */
void map_set(HeaderMap *map, Text name, Text value) {
  name = canonical(name);
  bool done = value.data == NULL;
  size_t kept = 0;
  for (size_t i = 0; i < map->count; i++) {
    if (has_name(&map->items[i], name)) {
      if (done) {
#if CHECKS
        bytes_free(&map->items[i].name);
        bytes_free(&map->items[i].value);
#endif
        continue;
      }
      bytes_set(&map->items[i].value, value);
      done = true;
    }
    if (kept != i) {
      Header moved = map->items[kept];
      map->items[kept] = map->items[i];
      map->items[i] = moved;
    }
    kept++;
  }
  map->count = kept;
  if (!done) map_add(map, name, value);
}

Bytes *map_find(HeaderMap *map, Text name, size_t index, size_t *count) {
  name = canonical(name);
  Bytes *found = NULL;
  *count = 0;
  for (size_t i = 0; i < map->count; i++)
    if (has_name(&map->items[i], name) && (*count)++ == index) found = &map->items[i].value;
  return found;
}

void map_clear(HeaderMap *map) {
#if CHECKS
  for (size_t i = 0; i < map->count; i++) {
    bytes_free(&map->items[i].name);
    bytes_free(&map->items[i].value);
  }
#endif
  map->count = 0;
}

void map_free(HeaderMap *map) {
  for (size_t i = 0; i < map->capacity; i++) {
    bytes_free(&map->items[i].name);
    bytes_free(&map->items[i].value);
  }
  free(map->items);
  *map = (HeaderMap){0};
}

void map_recall(HeaderMap *map) {
  for (size_t i = 0; i < map->count; i++) {
    bytes_recall(&map->items[i].name);
    bytes_recall(&map->items[i].value);
  }
}

/* The map, or null when it does not exist in this phase. */
static HeaderMap *find_map(void *envoy, unsigned type, const char *callback) {
  Filter *filter = callback_filter(envoy, callback);
  if (!filter) return NULL;
  if (type > RESPONSE_TRAILERS) {
    fault("%s: there is no header map %u", callback, type);
    return NULL;
  }
  filter->stream->lent = true;
  HeaderMap *map = &filter->stream->maps[type];
  return map->exists ? map : NULL;
}

static bool get_all(void *envoy, unsigned type, HeaderView *result) {
  HeaderMap *map = find_map(envoy, type, "get_headers");
  if (!map) return false;
  for (size_t i = 0; i < map->count; i++) {
    Text name = bytes_lend(&map->items[i].name), value = bytes_lend(&map->items[i].value);
    result[i] = (HeaderView){name.data, name.size, value.data, value.size};
  }
  return true;
}

static size_t get_count(void *envoy, unsigned type) {
  HeaderMap *map = find_map(envoy, type, "get_headers_size");
  return map ? map->count : 0;
}

static size_t get_one(void *envoy, unsigned type, Text name, size_t index, Text *result) {
  HeaderMap *map = find_map(envoy, type, "get_header");
  /* Each is a search, so that all values one by one are quadratic in what a client sends. */
  if (index > 1) fault("get_header: value %zu of a header by itself", index);
  size_t count = 0;
  Bytes *value = map ? map_find(map, name, index, &count) : NULL;
  *result = value ? bytes_lend(value) : (Text){NULL, 0};
  return count;
}

static bool set_one(void *envoy, unsigned type, Text name, Text value) {
  HeaderMap *map = find_map(envoy, type, "set_header");
  if (!map) return false;
#if CHECKS
  /* A copy first: the module may give back what it was lent. */
  Bytes kept = {0};
  if (value.data) {
    bytes_set(&kept, value);
    value.data = kept.data;
  }
#endif
#if !FAMILY_A
  if (!value.size) value.data = NULL;
#endif
  map_set(map, name, value);
#if CHECKS
  bytes_free(&kept);
  stream_recall(((Filter *)envoy)->stream);
#endif
  return true;
}

#if FAMILY_A
#define CALLBACKS(what, type) \
  EXPORT size_t CB(http_get_##what)(void *e, TEXT(key), OUT(result), size_t index) { \
    Text value; \
    size_t count = get_one(e, type, IN(key), index, &value); \
    GIVE(result, value); \
    return count; \
  } \
  EXPORT bool CB(http_set_##what)(void *e, TEXT(key), TEXT(value)) { return set_one(e, type, IN(key), IN(value)); } \
  EXPORT size_t CB(http_get_##what##s_count)(void *e) { return get_count(e, type); } \
  EXPORT bool CB(http_get_##what##s)(void *e, HeaderView *result) { return get_all(e, type, result); }
#if ENVOY > 0
CALLBACKS(request_header, REQUEST_HEADERS)
CALLBACKS(request_trailer, REQUEST_TRAILERS)
CALLBACKS(response_header, RESPONSE_HEADERS)
CALLBACKS(response_trailer, RESPONSE_TRAILERS)
#endif
#else
EXPORT size_t CB(http_get_headers_size)(void *e, unsigned type) { return get_count(e, type); }

EXPORT bool CB(http_get_headers)(void *e, unsigned type, HeaderView *result) { return get_all(e, type, result); }

EXPORT bool CB(http_get_header)(void *e, unsigned type, Text key, Text *result, size_t index, size_t *count_or_null) {
  size_t count = get_one(e, type, key, index, result);
  if (count_or_null) *count_or_null = count;
  return result->data != NULL;
}

#if SINCE(13900)
EXPORT bool CB(http_get_header_values)(void *e, unsigned type, Text key, Text *result) {
  HeaderMap *map = find_map(e, type, "get_header_values");
  size_t count = 0;
  for (size_t i = 0; map && i < map->count; i++)
    if (has_name(&map->items[i], canonical(key))) result[count++] = bytes_lend(&map->items[i].value);
  return count > 0;
}
#endif

EXPORT bool CB(http_set_header)(void *e, unsigned type, Text key, Text value) { return set_one(e, type, key, value); }

EXPORT bool CB(http_add_header)(void *e, unsigned type, Text key, Text value) {
  HeaderMap *map = find_map(e, type, "add_header");
  if (!map || !value.data || !value.size) return false;
  map_add(map, key, value);
#if CHECKS
  stream_recall(((Filter *)e)->stream);
#endif
  return true;
}
#endif
