/* module-host MODULE.so SCRIPT: drives an Envoy dynamic module without Envoy.
 *
 * Exit status 0; 1 when the module refused to start; 2 for a wrong script or library; 3 when there were faults. */
#include "host.h"

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: module-host MODULE.so SCRIPT\n");
    return 2;
  }
  output = stdout;
  int status = 1;
  if (module_load(arguments[1])) status = script_run(arguments[2]);
  module_unload();
  fflush(stdout);
  return status ? status : fault_count ? 3 : 0;
}
