// The floor of the modules: a dynamic module for Envoy's HTTP filter that does nothing, for Envoy 1.36.3 to 1.40. With
// -DBUFFERS_BODY it holds each request until its body is complete, as every filter must that reads the body, and does
// nothing with it. Also what the benchmark without an Envoy (Benchmarks/Module) spends itself.
//
// The hooks take and give what source/extensions/dynamic_modules/abi of Envoy says; text arguments, which are a pointer
// and a length, are not looked at.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOOK(name) __attribute__((visibility("default"))) envoy_dynamic_module_on_##name

enum { HEADERS_CONTINUE = 0, HEADERS_STOP = 1, BODY_CONTINUE = 0, BODY_STOP_AND_BUFFER = 1, TRAILERS_CONTINUE = 0 };

typedef struct {
  const char *start;
  size_t length;
} text;

/// What stands for a configuration, for a filter of one stream: Envoy wants anything but null.
static char nothing;

static bool has(const char *callback) { return dlsym(RTLD_DEFAULT, callback) != NULL; }

/// Envoy loads a module only when this is the version of its own interface. Which Envoy it is shows in the callbacks
/// that it offers.
const char *HOOK(program_init)(void) {
  if (has("envoy_dynamic_module_callback_http_get_request_header"))
    return has("envoy_dynamic_module_callback_http_append_buffered_request_body")
               ? "7ee559f16f35086fa7dc9ed380e2efc6b4d89031a001fb504aa71eccd25882f7"  // 1.36.3, 1.36.4
               : NULL;
  if (!has("envoy_dynamic_module_callback_get_function"))
    return "4dae397a7c9ff0238d318d57ea656ce8b3fbff595787dcd7ee2ff5b79c9fe10f";  // 1.37.0
  return has("envoy_dynamic_module_callback_http_set_dynamic_metadata_struct") ? "v0.2.0" : "v0.1.0";
}

void *HOOK(http_filter_config_new)(void *envoy, text name, text config) {
  (void)envoy, (void)name, (void)config;
  return &nothing;
}

void *HOOK(http_filter_per_route_config_new)(text name, text config) {
  (void)name, (void)config;
  return &nothing;
}

void *HOOK(http_filter_new)(void *config, void *envoy) {
  (void)config, (void)envoy;
  return &nothing;
}

int HOOK(http_filter_request_headers)(void *envoy, void *filter, bool is_end) {
  (void)envoy, (void)filter, (void)is_end;
#ifdef BUFFERS_BODY
  return is_end ? HEADERS_CONTINUE : HEADERS_STOP;
#else
  return HEADERS_CONTINUE;
#endif
}

int HOOK(http_filter_request_body)(void *envoy, void *filter, bool is_end) {
  (void)envoy, (void)filter, (void)is_end;
#ifdef BUFFERS_BODY
  return is_end ? BODY_CONTINUE : BODY_STOP_AND_BUFFER;
#else
  return BODY_CONTINUE;
#endif
}

int HOOK(http_filter_request_trailers)(void *envoy, void *filter) {
  (void)envoy, (void)filter;
  return TRAILERS_CONTINUE;
}

int HOOK(http_filter_response_headers)(void *envoy, void *filter, bool is_end) {
  (void)envoy, (void)filter, (void)is_end;
  return HEADERS_CONTINUE;
}

int HOOK(http_filter_response_body)(void *envoy, void *filter, bool is_end) {
  (void)envoy, (void)filter, (void)is_end;
  return BODY_CONTINUE;
}

int HOOK(http_filter_response_trailers)(void *envoy, void *filter) {
  (void)envoy, (void)filter;
  return TRAILERS_CONTINUE;
}

// Hooks that Envoy asks for and that never have anything to do here. What they are given is not looked at.
void HOOK(http_filter_config_destroy)(void) {}
void HOOK(http_filter_per_route_config_destroy)(void) {}
void HOOK(http_filter_destroy)(void) {}
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
