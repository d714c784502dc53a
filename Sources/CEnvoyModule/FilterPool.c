#include "FilterPool.h"

#include <pthread.h>
#include <stddef.h>

/* As many streams as one worker often has at once; more than that are allocated. */
enum { POOL_MAX = 32 };

typedef struct {
  void *objects[POOL_MAX];
  int count;
  bool is_registered;
  void (*release)(void *);
} Pool;

static _Thread_local Pool pool;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool has_key;

static void empty(void *ended) {
  Pool *own = ended;
  own->is_registered = false;
  while (own->count > 0) own->release(own->objects[--own->count]);
}

static void make_key(void) { has_key = pthread_key_create(&key, empty) == 0; }

void *filter_pool_take(void) {
  return pool.count > 0 ? pool.objects[--pool.count] : NULL;
}

bool filter_pool_put(void *object, void (*release)(void *)) {
  if (pool.count >= POOL_MAX) return false;
  if (!pool.is_registered) {
    (void)pthread_once(&once, make_key);
    if (!has_key || pthread_setspecific(key, &pool) != 0) return false;
    pool.is_registered = true;
    pool.release = release;
  }
  pool.objects[pool.count++] = object;
  return true;
}
