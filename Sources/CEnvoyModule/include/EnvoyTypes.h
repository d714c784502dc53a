#ifndef ENVOY_TYPES_H
#define ENVOY_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes. 1.36 passes the two words by themselves and later versions as a structure, which is the same for
 * hooks (their arguments fit into registers), but not for callbacks. */
typedef struct {
  const void *start;
  size_t count;
} EnvoyBuffer;

typedef struct {
  const void *name;
  size_t name_count;
  const void *value;
  size_t value_count;
} EnvoyHeader;

/* Envoy's filter object of one HTTP stream. */
typedef void *EnvoyStream;
/* Envoy's object of one filter configuration. */
typedef void *EnvoyFilterConfig;

typedef enum {
  ENVOY_REQUEST_HEADERS = 0,
  ENVOY_REQUEST_TRAILERS = 1,
  ENVOY_RESPONSE_HEADERS = 2,
  ENVOY_RESPONSE_TRAILERS = 3,
} EnvoyHeaderMap;

typedef enum {
  /* What comes with the body hook that runs; only there. */
  ENVOY_RECEIVED_REQUEST_BODY = 0,
  /* What was held back before. */
  ENVOY_BUFFERED_REQUEST_BODY = 1,
  ENVOY_RECEIVED_RESPONSE_BODY = 2,
  ENVOY_BUFFERED_RESPONSE_BODY = 3,
} EnvoyBody;

/* What hooks return. */
typedef enum {
  ENVOY_HEADERS_CONTINUE = 0,
  /* Body hooks still run; one that continues lets the headers go too. */
  ENVOY_HEADERS_STOP = 1,
} EnvoyHeadersStatus;

typedef enum {
  ENVOY_BODY_CONTINUE = 0,
  ENVOY_BODY_STOP_AND_BUFFER = 1,
  /* The same, but where the buffer grows over its limit the peer is stopped, and nobody is answered with an error. */
  ENVOY_BODY_STOP_AND_WATERMARK = 2,
  ENVOY_BODY_STOP_NO_BUFFER = 3,
} EnvoyBodyStatus;

typedef enum {
  ENVOY_TRAILERS_CONTINUE = 0,
  ENVOY_TRAILERS_STOP = 1,
} EnvoyTrailersStatus;

typedef enum {
  ENVOY_LOG_TRACE = 0,
  ENVOY_LOG_DEBUG = 1,
  ENVOY_LOG_INFO = 2,
  ENVOY_LOG_WARN = 3,
  ENVOY_LOG_ERROR = 4,
  ENVOY_LOG_CRITICAL = 5,
} EnvoyLogLevel;

/* Which ABI an Envoy has; in this order. */
typedef enum {
  /* No Envoy at all. */
  ENVOY_NONE = 0,
  /* 1.36.2 or older: other names again. */
  ENVOY_TOO_OLD = 1,
  ENVOY_1_36 = 36,
  ENVOY_1_37 = 37,
  ENVOY_1_38 = 38,
  ENVOY_1_39 = 39,
  /* 1.40 or newer. */
  ENVOY_1_40 = 40,
} EnvoyLine;

#endif
