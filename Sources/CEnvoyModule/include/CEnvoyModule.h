/* What Envoy's dynamic modules and their HTTP filters say to each other in C, as far as this project uses it.
 *
 * The file is our own: names, numbers and signatures are Envoy's public ABI of 1.36 to 1.40. Envoy exports its
 * callbacks from its executable; they are found by name when the module is loaded, because their names and
 * signatures differ between 1.36 and later versions. */
#ifndef C_ENVOY_MODULE_H
#define C_ENVOY_MODULE_H

#include "EnvoyTypes.h"
#include "EnvoyCallbacks.h"
#include "EnvoyCalls.h"
#include "FilterPool.h"
#include "Process.h"
#include "RouteHandles.h"

#endif
