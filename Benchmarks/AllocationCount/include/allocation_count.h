// Counts what the program asks of the C allocator: malloc, calloc, realloc and the aligned kinds are replaced by
// functions that count and hand on to glibc's own. Exact, for one thread.
#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

#include <stdint.h>

/// How many blocks were asked for since the start of the program; a block that is moved counts again.
uint64_t allocation_count(void);

#endif
