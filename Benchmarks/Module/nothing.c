/* A module that does nothing: what the benchmark spends itself, and what Envoy spends on any module. For Envoys that
 * accept any version (1.38 and newer) and for the benchmark. */
#include <stdbool.h>
#include <stddef.h>

#define HOOK(name) envoy_dynamic_module_on_##name

const char *HOOK(program_init)(void) { return "v0.1.0"; }

/* One for all: it holds nothing. */
static char nothing;
void *HOOK(http_filter_config_new)(void) { return &nothing; }
void HOOK(http_filter_config_destroy)(void) {}
void *HOOK(http_filter_per_route_config_new)(void) { return &nothing; }
void HOOK(http_filter_per_route_config_destroy)(void) {}
void *HOOK(http_filter_new)(void) { return &nothing; }
void HOOK(http_filter_destroy)(void) {}
int HOOK(http_filter_request_headers)(void) { return 0; }
int HOOK(http_filter_request_body)(void) { return 0; }
int HOOK(http_filter_request_trailers)(void) { return 0; }
int HOOK(http_filter_response_headers)(void) { return 0; }
int HOOK(http_filter_response_body)(void) { return 0; }
int HOOK(http_filter_response_trailers)(void) { return 0; }
void HOOK(http_filter_stream_complete)(void) {}
void HOOK(http_filter_scheduled)(void) {}
void HOOK(http_filter_http_callout_done)(void) {}
void HOOK(http_filter_http_stream_headers)(void) {}
void HOOK(http_filter_http_stream_data)(void) {}
void HOOK(http_filter_http_stream_trailers)(void) {}
void HOOK(http_filter_http_stream_complete)(void) {}
void HOOK(http_filter_http_stream_reset)(void) {}
void HOOK(http_filter_downstream_above_write_buffer_high_watermark)(void) {}
void HOOK(http_filter_downstream_below_write_buffer_low_watermark)(void) {}
