/* Swift's runtime has the name of every Unicode character, half a megabyte that nothing here asks for. The linker puts
 * this function in the place of the one that reads them (--wrap), so that they are left out: no character has a name. */
#include <stdint.h>

long __wrap__swift_stdlib_getScalarName(uint32_t scalar, uint8_t *buffer, long capacity) {
  (void)scalar;
  (void)buffer;
  (void)capacity;
  return 0;
}
