#define _GNU_SOURCE
#include "Process.h"

#include <dlfcn.h>
#include <time.h>
#include <unistd.h>

bool process_pin_library(void) {
  Dl_info own;
  if (dladdr((void *)&process_pin_library, &own) == 0 || !own.dli_fname) return false;
  return dlopen(own.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE) != NULL;
}

uint64_t process_nanoseconds(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return 0;
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void process_print_error(const void *text, size_t count) {
  const char *bytes = text;
  while (count > 0) {
    ssize_t written = write(STDERR_FILENO, bytes, count);
    if (written <= 0) return;
    bytes += written;
    count -= (size_t)written;
  }
}
