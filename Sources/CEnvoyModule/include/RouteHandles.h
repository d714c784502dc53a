#ifndef ROUTE_HANDLES_H
#define ROUTE_HANDLES_H

/* What Envoy keeps for a route's configuration: the address of a place in a table that is ours. So a pointer that another
 * module made is told from one of ours by where it points, and nothing is read there. All functions may be called from
 * any thread. */

/* Null when there is no memory. */
void *route_handle_make(void *object);

/* The object that the handle was made for; null when `pointer`, which may be anything, is no handle. Takes no lock. */
void *route_handle_object(const void *pointer);

/* Ends the handle, which may be used for another object from now on. Returns the object; null as above. */
void *route_handle_end(void *pointer);

#endif
