/* What the parts of the host share. One stream is one HTTP exchange; a filter is one filter's part in it. */
#pragma once
#include "abi.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

/* 1: what a module may not do is looked for, at the price of speed. 0: for benchmarks. */
#ifndef CHECKS
#define CHECKS 1
#endif

enum { REQUEST, RESPONSE };

/* Bytes of their own. With checks they lie in a block of exactly their size, and what was lent to the module is moved
 * elsewhere as soon as Envoy might have done so, so that a sanitizer sees every use that comes too late. */
typedef struct {
  char *data;
  size_t size, capacity;
  bool lent;
} Bytes;

void bytes_set(Bytes *bytes, Text text);
void bytes_free(Bytes *bytes);
Text bytes_lend(Bytes *bytes);
/* Moves the bytes if the module has a pointer to them. */
void bytes_recall(Bytes *bytes);
/* Bytes that are not valid any more hold this, until they are released. */
enum { RETIRED = 0xdb };
void bytes_release_retired(void);

typedef struct {
  Bytes name, value;
} Header;

/* Slots beyond `count` keep their storage. */
typedef struct {
  Header *items;
  size_t count, capacity;
  bool exists;
} HeaderMap;

Text text(const char *string);
bool text_equal(Text a, Text b);
bool text_equal_any_case(Text a, Text b);
void map_add(HeaderMap *map, Text name, Text value);
/* A null value removes. */
void map_set(HeaderMap *map, Text name, Text value);
/* The value number `index`; *count is how many there are. */
Bytes *map_find(HeaderMap *map, Text name, size_t index, size_t *count);
void map_clear(HeaderMap *map);
void map_free(HeaderMap *map);
void map_recall(HeaderMap *map);

typedef struct {
  Bytes *slices;
  size_t count, capacity;
} Body;

size_t body_size(const Body *body);
void body_append(Body *body, Text data);
void body_drain(Body *body, size_t size);
/* Moves all of `from` to the end of `to`. */
void body_move(Body *to, Body *from);
void body_recall(Body *body);
void body_free(Body *body);

typedef struct Stream Stream;
typedef struct Filter Filter;

enum { METRICS_MAX = 64, LABELS_MAX = 8 };
typedef struct {
  int kind; /* 0 counter, 1 gauge, 2 histogram */
  char name[128];
  char labels[LABELS_MAX][64];
  size_t label_count;
} Metric;

/* A configuration of the filter, or of a route. Ends with its last user. */
typedef struct {
  atomic_int users;
  bool is_route;
  /* Made by another module, which the host plays itself. */
  bool is_foreign;
  char id[64];
  void *module_config;
  Metric metrics[METRICS_MAX];
  size_t metric_count;
} Config;

/* One direction of one filter. */
typedef struct {
  enum { ITERATING, STOPPED, STOPPED_ALL } iteration;
  bool headers_seen, headers_continued, end_stream, from_current;
  /* The data that the running hook is about. */
  Body *received;
} Flow;

/* What a filter is, where it is none of the module's: Envoy's buffer filter; its decompressor, which adds trailers with
 * the last data; one that waits at the headers until the script says `release`; one that keeps the pieces of a body for
 * itself, and its trailers, until then. */
typedef enum { MODULE, BUFFER, DECOMPRESSOR, WAIT, PIECES } FilterKind;

struct Filter {
  Stream *stream;
  FilterKind kind;
  /* Null where it is none of the module's. */
  Config *config;
  void *module_filter;
  Flow flow[2];
  /* Of one that keeps pieces. */
  Body pieces[2];
  bool replied;
};

enum { FILTERS_MAX = 8 };

/* What one side of the exchange was sent. */
typedef struct {
  HeaderMap headers, trailers;
  Body body;
  bool has_headers, has_trailers, ended, was_reset;
} Side;

typedef struct {
  Bytes space, key, value;
  int source;
  bool is_number;
  double number;
} MetadataItem;

enum { METADATA_MAX = 64 };

struct Stream {
  char id[64];
  HeaderMap maps[4];
  Body *buffered[2];
  Filter filters[FILTERS_MAX];
  size_t filter_count;
  Config *route, *next_route;
  /* The router keeps the request's body for another try. */
  bool keeps_request;
  uint64_t buffer_limit;
  /* All of the direction has arrived at Envoy. */
  bool complete[2];
  /* No hook of the direction is called any more. */
  bool aborted[2];
  Side upstream, client;
  /* A local reply that waits for the running hook's end. */
  struct {
    bool waits;
    uint32_t code;
    HeaderMap headers;
    Bytes body;
    char details[128];
  } reply;
  MetadataItem metadata[METADATA_MAX];
  size_t metadata_count;
  Bytes attributes[2];
  bool lent;
};

/* `kinds` and `filters` say what the filters are. */
Stream *stream_new(
    const char *id, const FilterKind *kinds, Config **filters, size_t count, Config *route, bool keeps_request);
/* The stream is over: tells the filters, destroys them, shows what both sides saw. */
void stream_finish(Stream *stream);
void stream_headers(Stream *stream, int direction, const HeaderMap *headers, bool end_stream);
void stream_data(Stream *stream, int direction, Text data, bool end_stream);
void stream_trailers(Stream *stream, int direction, const HeaderMap *trailers);
/* `filter`: who asks for it, or null for Envoy itself. */
void stream_reply(
    Stream *stream, Filter *filter, uint32_t code, const HeaderView *headers, size_t count, Text body, Text details);
/* Sends the local reply that waits, if any. */
void stream_execute_reply(Stream *stream);
void stream_continue(Filter *filter, int direction);
/* Lets go what filters that wait have stopped. */
void stream_release(Stream *stream);
/* Recalls the pointers to headers, metadata and attributes. */
void stream_recall(Stream *stream);
void side_print(const char *name, Side *side);
void side_check(Stream *stream);

/* The module's hooks. */
typedef struct {
  const char *(*program_init)(void);
  void *(*config_new)(void *, TEXT(name), TEXT(config));
  void (*config_destroy)(void *);
  void *(*route_new)(TEXT(name), TEXT(config));
  void (*route_destroy)(void *);
  void *(*filter_new)(void *, void *);
  void (*filter_destroy)(void *);
  int (*headers[2])(void *, void *, bool);
  int (*body[2])(void *, void *, bool);
  int (*trailers[2])(void *, void *);
  void (*stream_complete)(void *, void *);
  int (*local_reply)(void *, void *, uint32_t, Text, bool);
} Hooks;
extern Hooks hooks;

/* Loads the module and asks for its version; false when it refuses. */
bool module_load(const char *path);
void module_unload(void);
Config *config_load(const char *id, bool is_route, Text name, Text config);
/* `address`: what the other module made of it; 0 for an object of its own. */
Config *config_foreign_route(const char *id, uintptr_t address);
Config *config_use(Config *config);
void config_release(Config *config);

/* Every hook runs between these two; `envoy` is what the module may pass to callbacks meanwhile. */
void hook_enter(void *envoy, const char *name);
void hook_leave(void);
/* The filter, or the configuration, that a callback is about; null, with a fault noted, when it may not be used now. */
Filter *callback_filter(void *envoy, const char *callback);
Config *callback_config(void *envoy, const char *callback);

/* Calls module hooks in orders that no Envoy would use. */
void random_hooks(uint64_t seed, uint64_t exchanges, Config *config, Config *route);

/* Output: what the test reads, in the order of events. Each thread has its own. */
extern _Thread_local FILE *output;
extern bool quiet;
extern int log_level;
extern atomic_int fault_count;
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_escaped(Text text);
/* Something that the module or its use must not do. */
void fault(const char *format, ...) __attribute__((format(printf, 1, 2)));
void stats_print(void);
void attribute_define(int id, const char *type, Text value);
void metadata_define(Stream *stream, int source, Text space, Text key, Text value, bool is_number);
/* Runs a script; 0, or 2 when the script itself is wrong. */
int script_run(const char *path);
/* Blocks of memory in use, the module's included; bytes under a sanitizer. */
int64_t memory_in_use(void);

/* One line of a script. Its words have a zero behind their last byte. */
typedef struct {
  Text *words;
  size_t count;
  size_t number;
} Line;
/* Null when the file cannot be read or its syntax is wrong; says so on standard error. */
Line *script_read(const char *path, size_t *count);
void script_free(Line *lines, size_t count);
