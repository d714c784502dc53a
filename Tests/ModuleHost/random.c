/* Hooks in orders, and with bodies and maps in states, that no Envoy would use: the module must neither crash nor keep
 * anything. The same seed gives the same calls. */
#include "host.h"
#include <stdlib.h>

typedef struct {
  uint64_t state;
} Generator;

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t next(Generator *generator) {
  uint64_t z = generator->state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static size_t below(Generator *generator, size_t limit) { return (size_t)(next(generator) % limit); }

static const char *const names[] = {
    ":method", ":path", ":authority", ":status", "content-length", "content-type", "upgrade",
    "transfer-encoding", "x-a", "x-b", "cookie", "grpc-status", "content-encoding",
};
static const char *const values[] = {
    "", "GET", "HEAD", "CONNECT", "/a?b=c", "200", "204", "304", "100", "7", "18446744073709551616", "-1",
    "application/json", "text/event-stream", "application/grpc", "websocket", "gzip", "\xff\xfe", "a\r\nb", "x",
};
static const char *const pieces[] = {
    "", "{", "}", "{\"model\":\"m\",\"messages\":[]}", "[1,2", "\"", "\\u12", "null", "\xff", "data: {}\n\n", "x",
};

static void fill(Generator *generator, HeaderMap *map) {
  map->exists = below(generator, 8) > 0;
  for (size_t i = below(generator, 8); i > 0; i--)
    map_add(
        map, text(names[below(generator, sizeof names / sizeof *names)]),
        text(values[below(generator, sizeof values / sizeof *values)]));
}

static Body *make_body(Generator *generator) {
  Body *body = calloc(1, sizeof *body);
  if (!body) abort();
  for (size_t i = below(generator, 5); i > 0; i--)
    body_append(body, text(pieces[below(generator, sizeof pieces / sizeof *pieces)]));
  return body;
}

static void drop_body(Body *body) {
  body_free(body);
  free(body);
}

static void call(Generator *generator, Filter *filter) {
  static const Text details = {"random", 6};
  Stream *stream = filter->stream;
  int direction = below(generator, 2) ? RESPONSE : REQUEST;
  bool end_stream = below(generator, 2);
  void *module_filter = below(generator, 40) ? filter->module_filter : NULL;
  if (!below(generator, 4)) fill(generator, &stream->maps[below(generator, 4)]);
  Body **buffered = &stream->buffered[direction];
  if (!below(generator, 3) && !*buffered) *buffered = make_body(generator);
  hook_enter(filter, "a random hook");
  switch (below(generator, 8)) {
    case 0:
    case 1: hooks.headers[direction](filter, module_filter, end_stream); break;
    case 2:
    case 3:
    case 4: {
      bool is_same = *buffered && !below(generator, 4);
      Body *received = is_same ? *buffered : make_body(generator);
      filter->flow[direction].received = received;
      hooks.body[direction](filter, module_filter, end_stream);
      filter->flow[direction].received = NULL;
      if (!is_same) drop_body(received);
      break;
    }
    case 5: hooks.trailers[direction](filter, module_filter); break;
    case 6: hooks.stream_complete(filter, module_filter); break;
    default:
      if (hooks.local_reply) hooks.local_reply(filter, module_filter, 500, details, end_stream);
  }
  hook_leave();
  stream_recall(stream);
}

void random_hooks(uint64_t seed, uint64_t exchanges, Config *config, Config *route) {
  Generator generator = {seed};
  for (uint64_t i = 0; i < exchanges; i++) {
    static const FilterKind kinds[] = {MODULE};
    Stream *stream = stream_new("random", kinds, &config, 1, below(&generator, 2) ? route : NULL, false);
    for (int type = 0; type < 4; type++) fill(&generator, &stream->maps[type]);
    for (size_t hooks_left = below(&generator, 12); hooks_left > 0; hooks_left--) {
      call(&generator, &stream->filters[0]);
      /* A reply is not encoded here, and the next one may come. */
      stream->reply.waits = stream->filters[0].replied = stream->aborted[RESPONSE] = false;
    }
    bool was_quiet = quiet;
    quiet = true;
    stream_finish(stream);
    quiet = was_quiet;
  }
  say("random %llu exchanges\n", (unsigned long long)exchanges);
}
