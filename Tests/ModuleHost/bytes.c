#include "host.h"
#include <stdlib.h>
#include <string.h>

static void *allocate(size_t size) {
  void *memory = malloc(size ? size : 1);
  if (!memory) abort();
  return memory;
}

#if CHECKS && defined(SANITIZED)
/* Freed at once, and as large as the text: the sanitizer sees the rest. */
static char *make_block(size_t size) { return allocate(size); }

static void retire(char *data, size_t size) {
  (void)size;
  free(data);
}

void bytes_release_retired(void) {}
#elif CHECKS
/* Without a sanitizer what is not valid any more is kept for a while, filled with a pattern that the output shows. */
typedef struct Block {
  struct Block *next;
  char data[];
} Block;
static _Thread_local Block *retired;

static char *make_block(size_t size) { return ((Block *)allocate(sizeof(Block) + size))->data; }

static void retire(char *data, size_t size) {
  if (!data) return;
  memset(data, RETIRED, size);
  Block *block = (Block *)(data - offsetof(Block, data));
  block->next = retired;
  retired = block;
}

void bytes_release_retired(void) {
  while (retired) {
    Block *block = retired;
    retired = block->next;
    free(block);
  }
}
#endif

#if CHECKS
void bytes_set(Bytes *bytes, Text text) {
  char *copy = make_block(text.size);
  if (text.size) memcpy(copy, text.data, text.size);
  retire(bytes->data, bytes->size);
  *bytes = (Bytes){copy, text.size, text.size, false};
}

void bytes_recall(Bytes *bytes) {
  if (bytes->lent) bytes_set(bytes, (Text){bytes->data, bytes->size});
}

void bytes_free(Bytes *bytes) {
  retire(bytes->data, bytes->size);
  *bytes = (Bytes){0};
}

Text bytes_lend(Bytes *bytes) {
  if (!bytes->data) bytes_set(bytes, (Text){"", 0});
  bytes->lent = true;
  return (Text){bytes->data, bytes->size};
}
#else
void bytes_set(Bytes *bytes, Text text) {
  if (text.size > bytes->capacity || !bytes->data) {
    size_t capacity = text.size * 2 + 32;
    char *grown = allocate(capacity);
    free(bytes->data);
    bytes->data = grown;
    bytes->capacity = capacity;
  }
  memcpy(bytes->data, text.data, text.size);
  bytes->size = text.size;
}

void bytes_recall(Bytes *bytes) { (void)bytes; }

void bytes_free(Bytes *bytes) {
  free(bytes->data);
  *bytes = (Bytes){0};
}

Text bytes_lend(Bytes *bytes) { return (Text){bytes->data, bytes->size}; }

void bytes_release_retired(void) {}
#endif

size_t body_size(const Body *body) {
  size_t size = 0;
  for (size_t i = 0; i < body->count; i++) size += body->slices[i].size;
  return size;
}

static Bytes *add_slice(Body *body) {
  if (body->count == body->capacity) {
    size_t capacity = body->capacity * 2 + 4;
    Bytes *grown = realloc(body->slices, capacity * sizeof *grown);
    if (!grown) abort();
    memset(grown + body->capacity, 0, (capacity - body->capacity) * sizeof *grown);
    body->slices = grown;
    body->capacity = capacity;
  }
  return &body->slices[body->count++];
}

/* Each append is a slice of its own, as Envoy may do it. */
void body_append(Body *body, Text data) {
  body_recall(body);
  if (data.size) bytes_set(add_slice(body), data);
}

void body_drain(Body *body, size_t size) {
  body_recall(body);
  size_t whole = 0;
  while (whole < body->count && size >= body->slices[whole].size) size -= body->slices[whole++].size;
  if (whole) {
    /* The drained slices' storage goes to the end, to be used again or freed. */
    for (size_t i = 0; i < whole; i++) {
#if CHECKS
      bytes_free(&body->slices[i]);
#endif
    }
    for (size_t moved = 0; moved + whole < body->count; moved++) {
      Bytes kept = body->slices[moved];
      body->slices[moved] = body->slices[moved + whole];
      body->slices[moved + whole] = kept;
    }
    body->count -= whole;
  }
  if (size && body->count) {
    Bytes rest = {0};
    bytes_set(&rest, (Text){body->slices[0].data + size, body->slices[0].size - size});
    bytes_free(&body->slices[0]);
    body->slices[0] = rest;
  }
}

void body_move(Body *to, Body *from) {
  body_recall(to);
  body_recall(from);
  for (size_t i = 0; i < from->count; i++) {
    Bytes *slice = add_slice(to);
    Bytes unused = *slice;
    *slice = from->slices[i];
    from->slices[i] = unused;
  }
  from->count = 0;
}

void body_recall(Body *body) {
#if CHECKS
  for (size_t i = 0; i < body->count; i++) bytes_recall(&body->slices[i]);
#else
  (void)body;
#endif
}

void body_free(Body *body) {
  for (size_t i = 0; i < body->capacity; i++) bytes_free(&body->slices[i]);
  free(body->slices);
  *body = (Body){0};
}
