// Counts durations in buckets whose width grows with the duration, so that every percentile is known to within 0.8%
// (the idea of HdrHistogram). Nanoseconds, up to 2^40 (18 minutes); longer ones count as the longest.
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

// Below this many nanoseconds a bucket is one nanosecond wide; above, each power of two has this many halves.
enum { SUB_BUCKETS = 128, SUB_BITS = 7, POWERS = 40 - SUB_BITS, BUCKETS = SUB_BUCKETS * (POWERS + 1) };

typedef struct {
  uint64_t count[BUCKETS];
  uint64_t total;
} histogram;

static inline void histogram_add(histogram *histogram, uint64_t nanoseconds) {
  uint64_t power = 0;
  while (power < POWERS && nanoseconds >> power >= 2 * SUB_BUCKETS) power++;
  uint64_t index = power * SUB_BUCKETS + (nanoseconds >> power);
  histogram->count[index < BUCKETS ? index : BUCKETS - 1]++;
  histogram->total++;
}

/// The smallest duration that a bucket counts.
static inline uint64_t histogram_lowest(uint64_t bucket) {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  uint64_t power = bucket / SUB_BUCKETS - 1;
  return (bucket - power * SUB_BUCKETS) << power;
}

/// A JSON array of [nanoseconds, count] pairs.
static inline void histogram_print(const histogram *histogram, FILE *file) {
  const char *comma = "";
  fputc('[', file);
  for (uint64_t bucket = 0; bucket < BUCKETS; bucket++) {
    if (histogram->count[bucket] == 0) continue;
    fprintf(file, "%s[%" PRIu64 ",%" PRIu64 "]", comma, histogram_lowest(bucket), histogram->count[bucket]);
    comma = ",";
  }
  fputc(']', file);
}

#endif
