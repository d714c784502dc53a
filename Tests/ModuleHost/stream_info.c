/* What Envoy knows beside headers and bodies: attributes, metadata, routes. */
#include "host.h"
#include <stdlib.h>
#include <string.h>

/* The attributes that some line answers: its type, and the first line that does. Asking for another one, or for another
 * type, makes Envoy log an error, on some lines for each request. */
static const struct {
  int id, since;
  char type;
} known[] = {
    {0, 13604, 's'},  {1, 13604, 's'},  {2, 13604, 's'},  {3, 13604, 's'},  {4, 13604, 's'},  {6, 13604, 's'},
    {7, 13604, 's'},  {9, 13604, 's'},  {10, 13604, 's'}, {11, 13604, 's'}, {13, 14000, 'i'}, {14, 14000, 'i'},
    {15, 13604, 'i'}, {16, 13900, 's'}, {17, 13900, 'i'}, {18, 14000, 'i'}, {21, 13900, 'i'}, {22, 14000, 'i'},
    {24, 13604, 's'}, {25, 13604, 'i'}, {26, 13604, 's'}, {27, 13604, 'i'}, {28, 13604, 'i'}, {29, 13800, 'b'},
    {30, 13900, 's'}, {31, 13604, 's'}, {32, 13604, 's'}, {33, 13604, 's'}, {34, 13604, 's'}, {35, 13604, 's'},
    {36, 13604, 's'}, {37, 13604, 's'}, {38, 13604, 's'}, {39, 13604, 's'}, {40, 13604, 's'}, {41, 13604, 's'},
    {42, 13604, 'i'}, {51, 13900, 's'}, {53, 13900, 'i'}, {56, 14000, 's'}, {59, 14000, 'i'}, {61, 13604, 's'},
    {63, 14000, 's'}, {66, 14000, 's'}, {67, 13900, 'b'},
};

enum { ATTRIBUTES_MAX = 71 };
static struct {
  char type;
  char value[512];
} defined[ATTRIBUTES_MAX];

void attribute_define(int id, const char *type, Text value) {
  if (id < 0 || id >= ATTRIBUTES_MAX) return fault("there is no attribute %d", id);
  defined[id].type = *type;
  snprintf(defined[id].value, sizeof defined[id].value, "%.*s", (int)value.size, value.data);
}

/* The attribute's value as text, or null when there is none now. */
static const char *find_attribute(void *envoy, int id, char type) {
  if (!callback_filter(envoy, "get_attribute")) return NULL;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (known[i].id != id || known[i].type != type || !SINCE(known[i].since)) continue;
    return defined[id].type == type ? defined[id].value : NULL;
  }
  fault("attribute %d: this Envoy has none of type %c", id, type);
  return NULL;
}

#if ENVOY > 0
EXPORT bool CB(http_filter_get_attribute_string)(void *e, int id, OUT(result)) {
  const char *value = find_attribute(e, id, 's');
  if (!value) return false;
  Stream *stream = ((Filter *)e)->stream;
  Bytes *kept = &stream->attributes[0];
  bytes_set(kept, text(value));
  stream->lent = true;
  GIVE(result, bytes_lend(kept));
  return true;
}

EXPORT bool CB(http_filter_get_attribute_int)(void *e, int id, uint64_t *result) {
  const char *value = find_attribute(e, id, 'i');
  if (value) *result = strtoull(value, NULL, 10);
  return value != NULL;
}

#if SINCE(13800)
EXPORT bool CB(http_filter_get_attribute_bool)(void *e, int id, bool *result) {
  const char *value = find_attribute(e, id, 'b');
  if (value) *result = !strcmp(value, "true");
  return value != NULL;
}
#endif

static MetadataItem *find_metadata(Stream *stream, int source, Text space, Text key) {
  for (size_t i = 0; i < stream->metadata_count; i++) {
    MetadataItem *item = &stream->metadata[i];
    if (item->source == source && text_equal((Text){item->space.data, item->space.size}, space) &&
        text_equal((Text){item->key.data, item->key.size}, key))
      return item;
  }
  return NULL;
}

void metadata_define(Stream *stream, int source, Text space, Text key, Text value, bool is_number) {
  MetadataItem *item = find_metadata(stream, source, space, key);
  if (!item) {
    if (stream->metadata_count == METADATA_MAX) return fault("more metadata than this host can hold");
    item = &stream->metadata[stream->metadata_count++];
    bytes_set(&item->space, space);
    bytes_set(&item->key, key);
    item->source = source;
  }
  item->is_number = is_number;
  bytes_set(&item->value, value);
  if (!is_number) return;
  char number[64];
  snprintf(number, sizeof number, "%.*s", (int)value.size, value.data);
  item->number = strtod(number, NULL);
}

static bool set_metadata(void *envoy, Text space, Text key, Text value) {
  Filter *filter = callback_filter(envoy, "set_dynamic_metadata_string");
  if (!filter) return false;
  metadata_define(filter->stream, 0, space, key, value, false);
  stream_recall(filter->stream);
  return true;
}

static bool set_metadata_number(void *envoy, Text space, Text key, double value) {
  Filter *filter = callback_filter(envoy, "set_dynamic_metadata_number");
  if (!filter) return false;
  char number[40];
  snprintf(number, sizeof number, "%.17g", value);
  metadata_define(filter->stream, 0, space, key, text(number), true);
  stream_recall(filter->stream);
  return true;
}

static MetadataItem *get_metadata(void *envoy, int source, Text space, Text key, bool is_number) {
  Filter *filter = callback_filter(envoy, "get_metadata");
  if (!filter) return NULL;
  filter->stream->lent = true;
  MetadataItem *item = find_metadata(filter->stream, source, space, key);
  if (item && item->is_number != is_number) {
    fault("metadata %.*s is of another type", (int)key.size, key.data);
    return NULL;
  }
  return item;
}

#if FAMILY_A
EXPORT bool CB(http_set_dynamic_metadata_string)(void *e, TEXT(space), TEXT(key), TEXT(value)) {
  return set_metadata(e, IN(space), IN(key), IN(value));
}

EXPORT bool CB(http_set_dynamic_metadata_number)(void *e, TEXT(space), TEXT(key), double value) {
  return set_metadata_number(e, IN(space), IN(key), value);
}
#else
EXPORT void CB(http_set_dynamic_metadata_string)(void *e, Text space, Text key, Text value) {
  set_metadata(e, space, key, value);
}

EXPORT void CB(http_set_dynamic_metadata_number)(void *e, Text space, Text key, double value) {
  set_metadata_number(e, space, key, value);
}
#endif

EXPORT bool CB(http_get_metadata_string)(void *e, int source, TEXT(space), TEXT(key), OUT(result)) {
  MetadataItem *item = get_metadata(e, source, IN(space), IN(key), false);
  if (item) GIVE(result, bytes_lend(&item->value));
  return item != NULL;
}

EXPORT bool CB(http_get_metadata_number)(void *e, int source, TEXT(space), TEXT(key), double *result) {
  MetadataItem *item = get_metadata(e, source, IN(space), IN(key), true);
  if (item) *result = item->number;
  return item != NULL;
}

#if SINCE(14000)
/* Only that it is there matters here: it tells Envoy 1.40. */
EXPORT void CB(http_set_dynamic_metadata_struct)(void *e, Text space, Text value) {
  (void)space, (void)value;
  if (callback_filter(e, "set_dynamic_metadata_struct")) fault("this host has no set_dynamic_metadata_struct");
}
#endif

EXPORT void *CB(get_most_specific_route_config)(void *e) {
  Filter *filter = callback_filter(e, "get_most_specific_route_config");
  if (!filter) return NULL;
  /* Envoy 1.36 and 1.37 have no stream in filter_new, and crash. */
  if (!SINCE(13800) && !filter->module_filter) fault("get_most_specific_route_config in filter_new crashes Envoy");
  return filter->stream->route ? filter->stream->route->module_config : NULL;
}

EXPORT void CB(http_clear_route_cache)(void *e) {
  Filter *filter = callback_filter(e, "clear_route_cache");
  if (!filter || !filter->stream->next_route) return;
  if (filter->stream->route) config_release(filter->stream->route);
  filter->stream->route = filter->stream->next_route;
  filter->stream->next_route = NULL;
}
#else
void metadata_define(Stream *stream, int source, Text space, Text key, Text value, bool is_number) {
  (void)stream, (void)source, (void)space, (void)key, (void)value, (void)is_number;
}
#endif
