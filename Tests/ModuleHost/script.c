/* Runs a script: README.md tells the commands. */
#include "host.h"
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 512, STREAMS_MAX = 64, THREADS_MAX = 16 };

/* Configurations and routes by name, for all threads. */
static Config *configs[NAMES_MAX];
static pthread_mutex_t configs_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t buffer_limit = 1 << 20;

static Line *lines;
static size_t line_count;

/* What belongs to one thread. */
typedef struct {
  Stream *streams[STREAMS_MAX];
  Stream *current;
  HeaderMap pending;
  size_t first, end; /* lines to run */
  int status;
  char *text;
  size_t text_size;
} Run;

static const char *word(const Line *line, size_t index) { return index < line->count ? line->words[index].data : ""; }

static Text text_word(const Line *line, size_t index) {
  return index < line->count ? line->words[index] : (Text){"", 0};
}

static bool is(const Line *line, size_t index, const char *wanted) { return !strcmp(word(line, index), wanted); }

/* A reference of its own, or null. */
static Config *find_config(const char *id) {
  Config *found = NULL;
  pthread_mutex_lock(&configs_lock);
  for (size_t i = 0; i < NAMES_MAX && !found; i++)
    if (configs[i] && !strcmp(configs[i]->id, id)) found = config_use(configs[i]);
  pthread_mutex_unlock(&configs_lock);
  return found;
}

/* Takes over the reference; what had the name before goes when its last exchange has gone. */
static void put_config(const char *id, Config *config) {
  Config *old = NULL;
  pthread_mutex_lock(&configs_lock);
  size_t place = NAMES_MAX;
  for (size_t i = 0; i < NAMES_MAX; i++) {
    if (configs[i] && !strcmp(configs[i]->id, id)) {
      place = i;
      break;
    }
    if (!configs[i] && place == NAMES_MAX) place = i;
  }
  if (place < NAMES_MAX) {
    old = configs[place];
    configs[place] = config;
  }
  pthread_mutex_unlock(&configs_lock);
  if (old) config_release(old);
}

static int wrong(const Line *line, const char *why) {
  fprintf(stderr, "line %zu: %s: %s\n", line->number, word(line, 0), why);
  return 2;
}

static Stream **find_stream(Run *run, const char *id) {
  for (size_t i = 0; i < STREAMS_MAX; i++)
    if (run->streams[i] && !strcmp(run->streams[i]->id, id)) return &run->streams[i];
  return NULL;
}

static FilterKind filter_kind(const char *word) {
  if (!strcmp(word, "buffer")) return BUFFER;
  if (!strcmp(word, "decompressor")) return DECOMPRESSOR;
  if (!strcmp(word, "pieces")) return PIECES;
  return !strcmp(word, "wait") ? WAIT : MODULE;
}

static int begin(Run *run, const Line *line) {
  Config *filters[FILTERS_MAX] = {NULL}, *route = NULL;
  FilterKind kinds[FILTERS_MAX] = {MODULE};
  bool keeps_request = false;
  size_t count = 0, place = 0;
  while (place < STREAMS_MAX && run->streams[place]) place++;
  if (place == STREAMS_MAX || find_stream(run, word(line, 1)))
    return wrong(line, "the name is taken, or there are too many");
  for (size_t i = 2; i < line->count; i++) {
    if (is(line, i, "retry")) {
      keeps_request = true;
      continue;
    }
    FilterKind kind = filter_kind(word(line, i));
    Config *config = kind == MODULE ? find_config(word(line, i)) : NULL;
    if ((!config && kind == MODULE) || count == FILTERS_MAX) return wrong(line, "no such configuration, or too many");
    if (config && config->is_route) {
      route = config;
    } else {
      kinds[count] = kind;
      filters[count++] = config;
    }
  }
  run->current = run->streams[place] = stream_new(word(line, 1), kinds, filters, count, route, keeps_request);
  run->current->buffer_limit = buffer_limit;
  for (size_t i = 0; i < count; i++)
    if (filters[i]) config_release(filters[i]);
  if (route) config_release(route);
  return 0;
}

static void finish(Run *run, Stream **place) {
  if (run->current == *place) run->current = NULL;
  stream_finish(*place);
  *place = NULL;
}

static int run_exchange_command(Run *run, const Line *line) {
  Stream *stream = run->current;
  int direction = !strncmp(word(line, 0), "response-", 9) ? RESPONSE : REQUEST;
  const char *part = strchr(word(line, 0), '-');
  part = part ? part + 1 : "";
  if (!stream) return wrong(line, "there is no exchange, or no such command");
  if (!strcmp(part, "headers")) {
    stream_headers(stream, direction, &run->pending, is(line, 1, "end"));
    map_clear(&run->pending);
  } else if (!strcmp(part, "data")) {
    stream_data(stream, direction, text_word(line, 1), is(line, 2, "end"));
  } else if (!strcmp(part, "trailers")) {
    stream_trailers(stream, direction, &run->pending);
    map_clear(&run->pending);
  } else if (is(line, 0, "reply")) {
    stream_reply(stream, NULL, (uint32_t)atoi(word(line, 1)), NULL, 0, text_word(line, 2), text_word(line, 3));
    stream_execute_reply(stream);
  } else if (is(line, 0, "metadata") || is(line, 0, "metadata-number")) {
    metadata_define(
        stream, atoi(word(line, 1)), text_word(line, 2), text_word(line, 3), text_word(line, 4),
        is(line, 0, "metadata-number"));
  } else if (is(line, 0, "next-route")) {
    if (stream->next_route) config_release(stream->next_route);
    stream->next_route = find_config(word(line, 1));
  } else if (is(line, 0, "release")) {
    stream_release(stream);
  } else if (is(line, 0, "finish")) {
    finish(run, find_stream(run, stream->id));
  } else {
    return wrong(line, "no such command");
  }
  return 0;
}

static int run_command(Run *run, const Line *line) {
  if (is(line, 0, "config") || is(line, 0, "route")) {
    Config *config = config_load(word(line, 1), is(line, 0, "route"), text_word(line, 2), text_word(line, 3));
    /* A rejected one leaves the old one in place. */
    if (config) put_config(word(line, 1), config);
  } else if (is(line, 0, "foreign-route")) {
    put_config(word(line, 1), config_foreign_route(word(line, 1), strtoull(word(line, 2), NULL, 0)));
  } else if (is(line, 0, "drop")) {
    put_config(word(line, 1), NULL);
  } else if (is(line, 0, "attribute")) {
    attribute_define(atoi(word(line, 1)), word(line, 2), text_word(line, 3));
  } else if (is(line, 0, "limit")) {
    buffer_limit = strtoull(word(line, 1), NULL, 10);
  } else if (is(line, 0, "level")) {
    static const char *const names[] = {"trace", "debug", "info", "warn", "error", "critical", "off"};
    for (int i = 0; i < 7; i++)
      if (is(line, 1, names[i])) log_level = i;
  } else if (is(line, 0, "quiet") || is(line, 0, "loud")) {
    quiet = is(line, 0, "quiet");
  } else if (is(line, 0, "begin")) {
    return begin(run, line);
  } else if (is(line, 0, "use")) {
    Stream **place = find_stream(run, word(line, 1));
    if (!place) return wrong(line, "no such exchange");
    run->current = *place;
  } else if (is(line, 0, "header")) {
    map_add(&run->pending, text_word(line, 1), text_word(line, 2));
  } else if (is(line, 0, "stats")) {
    stats_print();
  } else if (is(line, 0, "memory")) {
    say("memory %lld\n", (long long)memory_in_use());
  } else if (is(line, 0, "random")) {
    Config *config = find_config(word(line, 3)), *route = find_config(word(line, 4));
    if (!config) return wrong(line, "no such configuration");
    random_hooks(strtoull(word(line, 1), NULL, 10), strtoull(word(line, 2), NULL, 10), config, route);
    config_release(config);
    if (route) config_release(route);
  } else if (is(line, 0, "unload")) {
    module_unload();
  } else if (is(line, 0, "load")) {
    module_load(word(line, 1));
  } else {
    return run_exchange_command(run, line);
  }
  return 0;
}

/* The place behind the `end` that belongs to the block beginning at `first`. */
static size_t block_end(size_t first) {
  size_t depth = 0;
  for (size_t i = first; i < line_count; i++) {
    if (is(&lines[i], 0, "repeat") || is(&lines[i], 0, "threads")) depth++;
    if (is(&lines[i], 0, "end") && --depth == 0) return i + 1;
  }
  return 0;
}

static int run_lines(Run *run, size_t first, size_t end);

static void *run_thread(void *argument) {
  Run *run = argument;
  output = open_memstream(&run->text, &run->text_size);
  if (!output) abort();
  run->status = run_lines(run, run->first, run->end);
  for (size_t i = 0; i < STREAMS_MAX; i++)
    if (run->streams[i]) finish(run, &run->streams[i]);
  map_free(&run->pending);
  fclose(output);
  output = NULL;
  return NULL;
}

static int run_threads(size_t count, size_t first, size_t end) {
  pthread_t threads[THREADS_MAX];
  Run *runs = calloc(THREADS_MAX, sizeof *runs);
  if (!runs) abort();
  int status = 0;
  for (size_t i = 0; i < count; i++) {
    runs[i].first = first;
    runs[i].end = end;
    if (pthread_create(&threads[i], NULL, run_thread, &runs[i])) abort();
  }
  for (size_t i = 0; i < count; i++) {
    pthread_join(threads[i], NULL);
    fwrite(runs[i].text, 1, runs[i].text_size, output);
    free(runs[i].text);
    if (runs[i].status) status = runs[i].status;
  }
  free(runs);
  return status;
}

static int run_lines(Run *run, size_t first, size_t end) {
  for (size_t i = first; i < end; i++) {
    const Line *line = &lines[i];
    bool is_repeat = is(line, 0, "repeat");
    if (!is_repeat && !is(line, 0, "threads")) {
      int status = run_command(run, line);
      if (status) return status;
      continue;
    }
    size_t after = block_end(i), times = strtoul(word(line, 1), NULL, 10);
    if (!after || (!is_repeat && times > THREADS_MAX)) return wrong(line, "has no end, or there are too many");
    int status = 0;
    if (!is_repeat) status = run_threads(times, i + 1, after - 1);
    for (size_t k = 0; is_repeat && k < times && !status; k++) status = run_lines(run, i + 1, after - 1);
    if (status) return status;
    i = after - 1;
  }
  return 0;
}

int script_run(const char *path) {
  lines = script_read(path, &line_count);
  if (!lines) return 2;
  Run run = {0};
  int status = run_lines(&run, 0, line_count);
  quiet = true;
  for (size_t i = 0; i < STREAMS_MAX; i++)
    if (run.streams[i]) finish(&run, &run.streams[i]);
  map_free(&run.pending);
  for (size_t i = 0; i < NAMES_MAX; i++)
    if (configs[i]) config_release(configs[i]);
  script_free(lines, line_count);
  return status;
}
