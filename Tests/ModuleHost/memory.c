/* Envoy brings an allocator of its own, which its modules use too. This one counts what is in use. */
#include "host.h"
#include <errno.h>
#include <malloc.h>

#ifdef SANITIZED
size_t __sanitizer_get_current_allocated_bytes(void);

int64_t memory_in_use(void) { return (int64_t)__sanitizer_get_current_allocated_bytes(); }
#else
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

static atomic_llong blocks;

int64_t memory_in_use(void) { return atomic_load(&blocks); }

static void *counted(void *memory) {
  if (memory) blocks++;
  return memory;
}

EXPORT void *malloc(size_t size) { return counted(__libc_malloc(size)); }

EXPORT void *calloc(size_t count, size_t size) { return counted(__libc_calloc(count, size)); }

EXPORT void *memalign(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }

EXPORT void *aligned_alloc(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }

EXPORT int posix_memalign(void **result, size_t alignment, size_t size) {
  void *memory = counted(__libc_memalign(alignment, size));
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}

EXPORT void *realloc(void *memory, size_t size) {
  void *moved = __libc_realloc(memory, size);
  if (!memory && moved) blocks++;
  if (memory && !size && !moved) blocks--;
  return moved;
}

EXPORT void free(void *memory) {
  if (memory) blocks--;
  __libc_free(memory);
}
#endif
