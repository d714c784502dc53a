#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keeps this library in the process for good: a Swift runtime cannot be unloaded. False when that failed. */
bool process_pin_library(void);

/* Nanoseconds of a clock that never goes back. */
uint64_t process_nanoseconds(void);

/* Writes one line to standard error. */
void process_print_error(const void *text, size_t count);

#endif
