#include <stddef.h>
#include <stdint.h>

// libFuzzer's entry for programs that have a main of their own (LLVM: compiler-rt/lib/fuzzer/FuzzerInterface.h).
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));

// LeakSanitizer's: what is allocated between the two is no leak (LLVM: sanitizer/lsan_interface.h).
void __lsan_disable(void);
void __lsan_enable(void);
