/* The types and the spelling of Envoy's dynamic module interface, for the Envoy that ENVOY names: 13604 is 1.36.4.
 *
 * Two families: up to 1.36 a text is two arguments, and there is a function for each kind of header map and body; from
 * 1.37 on a text is one structure by value, and the kind is an argument. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef ENVOY
#error "compile with -DENVOY=NUMBER, such as 13604 for Envoy 1.36.4"
#endif

#define FAMILY_A (ENVOY < 13700)
#define SINCE(version) (ENVOY >= (version))

#define EXPORT __attribute__((visibility("default")))
#define CB(name) envoy_dynamic_module_callback_##name

typedef struct {
  const char *data;
  size_t size;
} Text;

typedef struct {
  const char *name;
  size_t name_size;
  const char *value;
  size_t value_size;
} HeaderView;

/* TEXT(x) declares a text argument, IN(x) is its value; OUT(x) declares a text result, GIVE(x, text) stores it. */
#if FAMILY_A
#define TEXT(x) const char *x##_data, size_t x##_size
#define IN(x) ((Text){x##_data, x##_size})
#define OUT(x) const char **x##_data, size_t *x##_size
#define GIVE(x, text) (*x##_data = (text).data, *x##_size = (text).size)
#else
#define TEXT(x) Text x
#define IN(x) (x)
#define OUT(x) Text *x
#define GIVE(x, text) (*x = (text))
#endif

enum { REQUEST_HEADERS, REQUEST_TRAILERS, RESPONSE_HEADERS, RESPONSE_TRAILERS };
enum { CONTINUE, STOP_ITERATION, CONTINUE_AND_DONT_END_STREAM, STOP_ALL_AND_BUFFER, STOP_ALL_AND_WATERMARK };
enum { DATA_CONTINUE, DATA_STOP_AND_BUFFER, DATA_STOP_AND_WATERMARK, DATA_STOP_NO_BUFFER };
enum { TRACE, DEBUG, INFO, WARN, ERROR, CRITICAL, OFF };
enum { METRIC_SUCCESS, METRIC_NOT_FOUND, METRIC_INVALID_LABELS, METRIC_FROZEN };
