/* The life of one exchange, and what is checked and shown at its end. */
#include "host.h"
#include <stdlib.h>
#include <string.h>

Stream *stream_new(
    const char *id, const FilterKind *kinds, Config **filters, size_t count, Config *route, bool keeps_request) {
  Stream *stream = calloc(1, sizeof *stream);
  if (!stream) abort();
  snprintf(stream->id, sizeof stream->id, "%s", id);
  stream->buffer_limit = 1 << 20;
  stream->route = route ? config_use(route) : NULL;
  stream->keeps_request = keeps_request;
  stream->filter_count = count;
  for (size_t i = 0; i < count; i++) {
    Filter *filter = &stream->filters[i];
    filter->stream = stream;
    filter->kind = kinds[i];
    if (!filters[i]) continue;
    filter->config = config_use(filters[i]);
    hook_enter(filter, "filter_new");
    filter->module_filter = hooks.filter_new(filter->config->module_config, filter);
    hook_leave();
    /* Up to 1.39 Envoy then calls all hooks with a null filter; the module must never let it come to that. */
    if (!filter->module_filter) fault("filter_new returned null");
  }
  return stream;
}

static void filter_end(Filter *filter) {
  if (!filter->config) return;
  hook_enter(filter, "stream_complete");
  hooks.stream_complete(filter, filter->module_filter);
  hook_leave();
  stream_recall(filter->stream);
}

static void print_body(const char *name, const Body *body);

void stream_finish(Stream *stream) {
  for (size_t i = 0; i < stream->filter_count; i++) filter_end(&stream->filters[i]);
  for (size_t i = 0; i < stream->filter_count; i++) {
    Filter *filter = &stream->filters[i];
    if (!filter->config) continue;
    hook_enter(NULL, "filter_destroy");
    hooks.filter_destroy(filter->module_filter);
    hook_leave();
    config_release(filter->config);
  }
  side_check(stream);
  if (!quiet) {
    say("exchange %s\n", stream->id);
    side_print("upstream", &stream->upstream);
    if (stream->keeps_request && stream->upstream.ended) print_body("again", stream->buffered[REQUEST]);
    side_print("client", &stream->client);
    if (stream->reply.code) say("details %s\n", stream->reply.details);
    for (size_t i = 0; i < stream->metadata_count; i++) {
      MetadataItem *item = &stream->metadata[i];
      if (item->source != 0) continue;
      say("metadata ");
      print_escaped((Text){item->space.data, item->space.size});
      say(" ");
      print_escaped((Text){item->key.data, item->key.size});
      say(" ");
      if (item->is_number) {
        say("%g", item->number);
      } else {
        print_escaped((Text){item->value.data, item->value.size});
      }
      say("\n");
    }
  }
  if (stream->route) config_release(stream->route);
  if (stream->next_route) config_release(stream->next_route);
  for (size_t i = 0; i < stream->filter_count; i++)
    for (int direction = REQUEST; direction <= RESPONSE; direction++) body_free(&stream->filters[i].pieces[direction]);
  for (int i = 0; i < 4; i++) map_free(&stream->maps[i]);
  for (int i = 0; i < 2; i++) {
    Side *side = i ? &stream->client : &stream->upstream;
    map_free(&side->headers);
    map_free(&side->trailers);
    body_free(&side->body);
    if (stream->buffered[i]) body_free(stream->buffered[i]);
    free(stream->buffered[i]);
    bytes_free(&stream->attributes[i]);
  }
  map_free(&stream->reply.headers);
  bytes_free(&stream->reply.body);
  for (size_t i = 0; i < stream->metadata_count; i++) {
    bytes_free(&stream->metadata[i].space);
    bytes_free(&stream->metadata[i].key);
    bytes_free(&stream->metadata[i].value);
  }
  free(stream);
  bytes_release_retired();
}

void stream_recall(Stream *stream) {
#if CHECKS
  if (!stream->lent) return;
  stream->lent = false;
  for (int i = 0; i < 4; i++) map_recall(&stream->maps[i]);
  for (int i = 0; i < 2; i++) {
    bytes_recall(&stream->attributes[i]);
    if (stream->buffered[i]) body_recall(stream->buffered[i]);
    for (size_t f = 0; f < stream->filter_count; f++)
      if (stream->filters[f].flow[i].received) body_recall(stream->filters[f].flow[i].received);
  }
  for (size_t i = 0; i < stream->metadata_count; i++) bytes_recall(&stream->metadata[i].value);
#else
  (void)stream;
#endif
}

static void print_map(const char *side, const char *what, HeaderMap *map) {
  for (size_t i = 0; i < map->count; i++) {
    say("%s %s ", side, what);
    print_escaped((Text){map->items[i].name.data, map->items[i].name.size});
    say(" ");
    print_escaped((Text){map->items[i].value.data, map->items[i].value.size});
    say("\n");
  }
}

/* The whole body in one piece; nothing when there is none. */
static void print_body(const char *name, const Body *body) {
  if (!body || !body->count) return;
  char *whole = malloc(body_size(body) + 1);
  if (!whole) abort();
  size_t size = 0;
  for (size_t i = 0; i < body->count; i++) {
    memcpy(whole + size, body->slices[i].data, body->slices[i].size);
    size += body->slices[i].size;
  }
  say("%s body ", name);
  print_escaped((Text){whole, size});
  say("\n");
  free(whole);
}

void side_print(const char *name, Side *side) {
  if (!side->has_headers && !side->was_reset) return say("%s nothing\n", name);
  print_map(name, "header", &side->headers);
  print_body(name, &side->body);
  print_map(name, "trailer", &side->trailers);
  say("%s %s\n", name, side->was_reset ? "reset" : side->ended ? "end" : "incomplete");
}

static bool value_is(HeaderMap *map, const char *name, const char *value) {
  size_t count;
  Bytes *found = map_find(map, text(name), 0, &count);
  return found && text_equal_any_case((Text){found->data, found->size}, text(value));
}

/* What the module was lent and read too late. */
static void check_retired(const char *name, const Bytes *bytes) {
  size_t row = 0;
  for (size_t i = 0; i < bytes->size && row < 8; i++) row = (unsigned char)bytes->data[i] == RETIRED ? row + 1 : 0;
  if (row == 8 || (row && row == bytes->size)) fault("%s: bytes that were not valid any more", name);
}

/* What a codec or the other end would stumble over. */
static void check_values(const char *name, HeaderMap *map) {
  for (size_t i = 0; i < map->count; i++) {
    check_retired(name, &map->items[i].name);
    check_retired(name, &map->items[i].value);
    Header *header = &map->items[i];
    bool valid = header->name.size > 0;
    for (size_t k = 0; k < header->name.size; k++) valid &= header->name.data[k] > ' ' && header->name.data[k] != 0x7f;
    if (!valid) fault("%s: invalid name of a header", name);
    for (size_t k = 0; k < header->value.size; k++) {
      char c = header->value.data[k];
      if (c == '\r' || c == '\n' || c == 0) {
        fault("%s: invalid value of the header %.*s", name, (int)header->name.size, header->name.data);
        break;
      }
    }
  }
}

/* Envoy never mends a content-length: too small a one lets a request be smuggled. */
static void check_length(const char *name, Side *side, bool has_no_body) {
  size_t size = body_size(&side->body), count;
  if (has_no_body && size) fault("%s: %zu bytes where no body may be", name, size);
  Bytes *length = map_find(&side->headers, text("content-length"), 0, &count);
  if (!length || has_no_body || !side->ended || side->was_reset) return;
  if (count > 1) fault("%s: %zu values of content-length", name, count);
  char expected[24];
  snprintf(expected, sizeof expected, "%zu", size);
  if (!text_equal((Text){length->data, length->size}, text(expected)))
    fault("%s: content-length is %.*s, the body has %zu bytes", name, (int)length->size, length->data, size);
}

void side_check(Stream *stream) {
  Side *upstream = &stream->upstream, *client = &stream->client;
  check_values("upstream", &upstream->headers);
  check_values("client", &client->headers);
  for (size_t i = 0; i < upstream->body.count; i++) check_retired("upstream", &upstream->body.slices[i]);
  for (size_t i = 0; i < client->body.count; i++) check_retired("client", &client->body.slices[i]);
  bool is_tunnel =
      value_is(&upstream->headers, ":method", "CONNECT") || value_is(&upstream->headers, "upgrade", "websocket");
  if (is_tunnel) return;
  check_length("upstream", upstream, false);
  bool has_no_body = value_is(&stream->maps[REQUEST_HEADERS], ":method", "HEAD") ||
      value_is(&client->headers, ":status", "204") || value_is(&client->headers, ":status", "304");
  check_length("client", client, has_no_body);
}
