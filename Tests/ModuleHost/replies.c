/* Answers that do not come from the upstream. */
#include "host.h"
#include <stdlib.h>
#include <string.h>

static HeaderMap *prepare(Stream *stream, uint32_t code, const HeaderView *headers, size_t count, Text body) {
  HeaderMap *map = &stream->reply.headers;
  map_clear(map);
  char number[24];
  snprintf(number, sizeof number, "%u", code);
  map_add(map, text(":status"), text(number));
  bool has_type = false;
  for (size_t i = 0; i < count; i++) {
    Text name = {headers[i].name, headers[i].name_size};
    has_type |= text_equal_any_case(name, text("content-type"));
    map_add(map, name, (Text){headers[i].value, headers[i].value_size});
  }
  size_t values;
  Bytes *type = map_find(&stream->maps[REQUEST_HEADERS], text("content-type"), 0, &values);
  if (type && type->size >= 16 && !memcmp(type->data, "application/grpc", 16)) {
    /* gRPC: trailers only, the code as 200, the text as grpc-message, and grpc-status 0 unless the filter gave one. */
    map_set(map, text(":status"), text("200"));
    map_set(map, text("content-type"), text("application/grpc"));
    map_find(map, text("grpc-status"), 0, &values);
    if (!values) map_add(map, text("grpc-status"), text("0"));
    if (body.size) map_add(map, text("grpc-message"), body);
    bytes_set(&stream->reply.body, (Text){"", 0});
    return map;
  }
  if (body.size) {
    snprintf(number, sizeof number, "%zu", body.size);
    map_set(map, text("content-length"), text(number));
    if (!has_type) map_add(map, text("content-type"), text("text/plain"));
  }
  bool is_head = false;
  Bytes *method = map_find(&stream->maps[REQUEST_HEADERS], text(":method"), 0, &values);
  if (method) is_head = text_equal((Text){method->data, method->size}, text("HEAD"));
  bytes_set(&stream->reply.body, is_head ? (Text){"", 0} : body);
  return map;
}

/* Past all filters, which is what Envoy does when the response was already on its way through them. */
static void reply_directly(Stream *stream) {
  stream->aborted[REQUEST] = stream->aborted[RESPONSE] = true;
  Side *client = &stream->client;
  if (!client->has_headers) {
    for (size_t i = 0; i < stream->reply.headers.count; i++) {
      Header *header = &stream->reply.headers.items[i];
      map_add(
          &client->headers, (Text){header->name.data, header->name.size},
          (Text){header->value.data, header->value.size});
    }
    client->has_headers = true;
    body_append(&client->body, (Text){stream->reply.body.data, stream->reply.body.size});
  } else {
    /* Too late: the client has other headers, and the connection ends. */
    client->was_reset = true;
  }
  client->ended = true;
}

/* From 1.38 on all filters hear of it at once. False: one of them wants a reset instead. */
static bool announce(Stream *stream, uint32_t code, Text details) {
  if (!SINCE(13800) || !hooks.local_reply) return true;
  bool goes_on = true;
  for (size_t i = 0; i < stream->filter_count; i++) {
    Filter *filter = &stream->filters[i];
    if (!filter->config) continue;
    Bytes lent = {0};
    bytes_set(&lent, details);
    hook_enter(filter, "local_reply");
    goes_on &= hooks.local_reply(filter, filter->module_filter, code, bytes_lend(&lent), false) != 1;
    hook_leave();
    bytes_free(&lent);
  }
  return goes_on;
}

void stream_reply(
    Stream *stream, Filter *filter, uint32_t code, const HeaderView *headers, size_t count, Text body, Text details) {
  if (stream->reply.waits || stream->aborted[RESPONSE] || (filter && filter->replied)) {
    fault("a second local reply of the same exchange");
    return;
  }
  if (filter) filter->replied = true;
  snprintf(stream->reply.details, sizeof stream->reply.details, "%.*s", (int)details.size, details.data);
  stream->reply.code = code;
  prepare(stream, code, headers, count, body);
  if (!announce(stream, code, text(stream->reply.details))) {
    stream->aborted[REQUEST] = stream->aborted[RESPONSE] = true;
    stream->client.was_reset = true;
    return;
  }
  bool response_began = stream->client.has_headers;
  for (size_t i = 0; i < stream->filter_count; i++)
    response_began |= stream->filters[i].flow[RESPONSE].headers_seen;
  if (response_began) {
    reply_directly(stream);
  } else {
    stream->reply.waits = true;
    stream->aborted[REQUEST] = true;
  }
}

EXPORT void CB(http_send_response)(
    void *e, uint32_t code, HeaderView *headers, size_t count, TEXT(body)
#if !FAMILY_A
        , Text details
#endif
) {
#if FAMILY_A
  Text details = {"", 0};
#endif
  Filter *filter = callback_filter(e, "send_response");
  if (!filter) return;
  if (code < 200 || code > 599) fault("send_response: %u is no status of a final response", code);
  if (!details.size) details = text("dynamic_module");
  /* The arguments may be what was lent to the module: they are copied before anything is recalled. */
  stream_reply(filter->stream, filter, code, headers, count, IN(body), details);
}

EXPORT void CB(http_filter_continue_decoding)(void *e) {
  Filter *filter = callback_filter(e, "continue_decoding");
  if (filter) stream_continue(filter, REQUEST);
}

EXPORT void CB(http_filter_continue_encoding)(void *e) {
  Filter *filter = callback_filter(e, "continue_encoding");
  if (filter) stream_continue(filter, RESPONSE);
}
