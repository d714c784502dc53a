#ifndef FILTER_POOL_H
#define FILTER_POOL_H

#include <stdbool.h>

/* Objects of one thread that wait to be used again, so that a stream costs no allocation. */

/* Null when there is none. */
void *filter_pool_take(void);

/* False when the pool is full: the caller keeps the object. `release` is called with it when the thread ends. */
bool filter_pool_put(void *object, void (*release)(void *object));

#endif
