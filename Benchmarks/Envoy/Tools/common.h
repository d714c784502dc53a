// What the tools share: the end on a fault, files, time.
#ifndef COMMON_H
#define COMMON_H

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

__attribute__((noreturn, format(printf, 1, 2))) static inline void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "%s: ", program_invocation_short_name);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

typedef struct {
  char *start;
  size_t length;
} bytes;

/// The whole of a file.
static inline bytes read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) fail("%s: %s", path, strerror(errno));
  bytes content = {malloc(1), 0};
  char part[1 << 16];
  size_t count;
  while ((count = fread(part, 1, sizeof part, file)) > 0) {
    content.start = realloc(content.start, content.length + count + 1);
    if (!content.start) fail("out of memory");
    memcpy(content.start + content.length, part, count);
    content.length += count;
  }
  if (ferror(file)) fail("%s: cannot be read", path);
  fclose(file);
  content.start[content.length] = 0;
  return content;
}

static inline uint64_t nanoseconds(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time)) fail("a clock cannot be read: %s", strerror(errno));
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline uint64_t now(void) { return nanoseconds(CLOCK_MONOTONIC); }

#endif
