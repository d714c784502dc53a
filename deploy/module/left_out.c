/* What of the Swift runtime and of libstdc++ a module inside Envoy has no use for. The linker takes these in the place
 * of the originals, which are then left out: three quarters of a megabyte. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The names of all Unicode characters, and which version of Unicode brought each. The rest of their file stays, so the
 * linker is told by --wrap. */
long __wrap__swift_stdlib_getScalarName(uint32_t scalar, uint8_t *buffer, long capacity) {
  (void)scalar;
  (void)buffer;
  (void)capacity;
  return 0;
}

const char *__wrap__swift_stdlib_getNameAlias(uint32_t scalar) {
  (void)scalar;
  return NULL;
}

/* The largest means that it is not known. */
uint16_t __wrap__swift_stdlib_getAge(uint32_t scalar) {
  (void)scalar;
  return UINT16_MAX;
}

/* Swift's own report of a crash, and with it what SWIFT_BACKTRACE would do: signals are Envoy's to handle. All zero
 * means that it is off; the room is more than the settings take. */
const char _swift_backtraceSettings[512];

bool _swift_backtrace_isThunkFunction(const char *name) {
  (void)name;
  return false;
}

/* The names of C++ functions in such a report. -2: the name cannot be read. */
char *__cxa_demangle(const char *name, char *buffer, size_t *length, int *status) {
  (void)name;
  (void)buffer;
  (void)length;
  if (status) *status = -2;
  return NULL;
}
