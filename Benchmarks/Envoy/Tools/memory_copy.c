// Prints what the copy of a byte costs this machine, in nanoseconds: the median of copies of a megabyte from memory that
// is not in the caches to memory that is not either, as a body's bytes are when they have come from a socket.
#define _GNU_SOURCE
#include "common.h"

enum { COPY_BYTES = 1 << 20, COPIES = 128, ROUNDS = 5 };

static int by_size(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return (difference > 0) - (difference < 0);
}

int main(void) {
  static double results[ROUNDS * COPIES];
  char *source = malloc((size_t)COPIES * COPY_BYTES), *target = malloc((size_t)COPIES * COPY_BYTES);
  if (!source || !target) fail("out of memory");
  memset(source, 1, (size_t)COPIES * COPY_BYTES);
  memset(target, 2, (size_t)COPIES * COPY_BYTES);
  for (int i = 0; i < ROUNDS * COPIES; i++) {
    size_t offset = (size_t)(i % COPIES) * COPY_BYTES;
    uint64_t start = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    memcpy(target + offset, source + offset, COPY_BYTES);
    // The compiler may not leave the copy out.
    __asm__ volatile("" ::"r"(target) : "memory");
    results[i] = (double)(nanoseconds(CLOCK_THREAD_CPUTIME_ID) - start) / COPY_BYTES;
  }
  qsort(results, ROUNDS * COPIES, sizeof *results, by_size);
  printf("%.5f\n", results[ROUNDS * COPIES / 2]);
  return 0;
}
