#include "RouteHandles.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

enum { FIRST_BLOCK_PLACES = 128 };

typedef struct Place {
  /* Null while the place is free. */
  _Atomic(void *) object;
  struct Place *next_free;
} Place;

/* Never freed, so that one may look into it without the lock. Each is twice as large as the one before: there are few. */
typedef struct Block {
  struct Block *older;
  size_t count;
  Place places[];
} Block;

static _Atomic(Block *) newest;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under the lock. */
static Place *first_free;

static void grow(void) {
  Block *older = atomic_load_explicit(&newest, memory_order_relaxed);
  size_t count = older ? 2 * older->count : FIRST_BLOCK_PLACES;
  Block *block = calloc(1, sizeof *block + count * sizeof *block->places);
  if (!block) return;
  block->older = older;
  block->count = count;
  for (size_t i = count; i > 0; i--) {
    block->places[i - 1].next_free = first_free;
    first_free = &block->places[i - 1];
  }
  atomic_store_explicit(&newest, block, memory_order_release);
}

/* Null when `pointer` is no place of ours. */
static Place *place_at(const void *pointer) {
  for (Block *block = atomic_load_explicit(&newest, memory_order_acquire); block; block = block->older) {
    uintptr_t offset = (uintptr_t)pointer - (uintptr_t)block->places;
    if (offset >= block->count * sizeof(Place)) continue;
    return offset % sizeof(Place) == 0 ? &block->places[offset / sizeof(Place)] : NULL;
  }
  return NULL;
}

void *route_handle_make(void *object) {
  pthread_mutex_lock(&lock);
  if (!first_free) grow();
  Place *place = first_free;
  if (place) {
    first_free = place->next_free;
    atomic_store_explicit(&place->object, object, memory_order_release);
  }
  pthread_mutex_unlock(&lock);
  return place;
}

void *route_handle_object(const void *pointer) {
  Place *place = place_at(pointer);
  return place ? atomic_load_explicit(&place->object, memory_order_acquire) : NULL;
}

void *route_handle_end(void *pointer) {
  Place *place = place_at(pointer);
  if (!place) return NULL;
  pthread_mutex_lock(&lock);
  void *object = atomic_exchange_explicit(&place->object, NULL, memory_order_relaxed);
  if (object) {
    place->next_free = first_free;
    first_free = place;
  }
  pthread_mutex_unlock(&lock);
  return object;
}
