/* The module: its hooks, its configurations, and who may call back meanwhile. */
#define _GNU_SOURCE
#include "host.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

Hooks hooks;
static void *library;

/* The hooks that are running on this thread, innermost first. */
typedef struct Call {
  void *envoy;
  const char *name;
  struct Call *outer;
} Call;
static _Thread_local Call *running;

void hook_enter(void *envoy, const char *name) {
#if CHECKS
  Call *call = malloc(sizeof *call);
  if (!call) abort();
  *call = (Call){envoy, name, running};
  running = call;
#else
  (void)envoy, (void)name;
#endif
}

void hook_leave(void) {
#if CHECKS
  Call *call = running;
  running = call->outer;
  free(call);
#endif
}

static void *check_caller(void *envoy, const char *callback) {
#if CHECKS
  if (!running) {
    fault("%s was called outside of a hook", callback);
    return NULL;
  }
  if (!envoy || running->envoy != envoy) {
    fault("%s was called in %s for something else", callback, running->name);
    return NULL;
  }
#else
  (void)callback;
#endif
  return envoy;
}

static bool is_defining(void) { return !CHECKS || (running && !strcmp(running->name, "config_new")); }

Filter *callback_filter(void *envoy, const char *callback) {
  if (CHECKS && is_defining()) {
    fault("%s was called in config_new", callback);
    return NULL;
  }
  return check_caller(envoy, callback);
}

Config *callback_config(void *envoy, const char *callback) {
  if (is_defining()) return check_caller(envoy, callback);
  fault("%s was called in %s, and not in config_new", callback, running ? running->name : "no hook");
  return NULL;
}

static void *find_hook(const char *name, bool is_needed) {
  char symbol[160];
  snprintf(symbol, sizeof symbol, "envoy_dynamic_module_on_%s", name);
  void *hook = dlsym(library, symbol);
  if (!hook && is_needed) {
    fprintf(stderr, "Failed to resolve symbol %s\n", symbol);
    exit(2);
  }
  return hook;
}

static void find_hooks(void) {
  hooks.program_init = find_hook("program_init", true);
  hooks.config_new = find_hook("http_filter_config_new", true);
  hooks.config_destroy = find_hook("http_filter_config_destroy", true);
  hooks.route_new = find_hook("http_filter_per_route_config_new", true);
  hooks.route_destroy = find_hook("http_filter_per_route_config_destroy", true);
  hooks.filter_new = find_hook("http_filter_new", true);
  hooks.filter_destroy = find_hook("http_filter_destroy", true);
  hooks.headers[REQUEST] = find_hook("http_filter_request_headers", true);
  hooks.body[REQUEST] = find_hook("http_filter_request_body", true);
  hooks.trailers[REQUEST] = find_hook("http_filter_request_trailers", true);
  hooks.headers[RESPONSE] = find_hook("http_filter_response_headers", true);
  hooks.body[RESPONSE] = find_hook("http_filter_response_body", true);
  hooks.trailers[RESPONSE] = find_hook("http_filter_response_trailers", true);
  hooks.stream_complete = find_hook("http_filter_stream_complete", true);
  find_hook("http_filter_scheduled", true);
  find_hook("http_filter_http_callout_done", true);
  static const char *const streams[] = {"headers", "data", "trailers", "complete", "reset"};
  for (size_t i = 0; i < sizeof streams / sizeof *streams && !FAMILY_A; i++) {
    char name[64];
    snprintf(name, sizeof name, "http_filter_http_stream_%s", streams[i]);
    find_hook(name, true);
  }
  if (!FAMILY_A) {
    find_hook("http_filter_downstream_above_write_buffer_high_watermark", true);
    find_hook("http_filter_downstream_below_write_buffer_low_watermark", true);
  }
  hooks.local_reply = SINCE(13800) ? find_hook("http_filter_local_reply", false) : NULL;
}

/* A library that is still in memory is used again, and not initialised again. */
bool module_load(const char *path) {
  library = dlopen(path, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);
  bool is_new = !library;
  if (is_new) library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    exit(2);
  }
  find_hooks();
  if (!is_new) {
    say("module still loaded\n");
    return true;
  }
  const char *version = hooks.program_init();
  say("module version %s\n", version ? version : "none");
  return version != NULL;
}

void module_unload(void) {
  if (library) dlclose(library);
  library = NULL;
  hooks = (Hooks){0};
}

/* The name and the text are the module's only during the hook. */
Config *config_load(const char *id, bool is_route, Text name, Text text) {
  Config *config = calloc(1, sizeof *config);
  if (!config) abort();
  snprintf(config->id, sizeof config->id, "%s", id);
  config->users = 1;
  config->is_route = is_route;
  Bytes lent_name = {0}, lent_text = {0};
  bytes_set(&lent_name, name);
  bytes_set(&lent_text, text);
  Text name_view = bytes_lend(&lent_name), text_view = bytes_lend(&lent_text);
#if FAMILY_A
#define PASS(x) x.data, x.size
#else
#define PASS(x) x
#endif
  hook_enter(is_route ? NULL : config, is_route ? "per_route_config_new" : "config_new");
  config->module_config = is_route ? hooks.route_new(PASS(name_view), PASS(text_view))
                                   : hooks.config_new(config, PASS(name_view), PASS(text_view));
  hook_leave();
  bytes_free(&lent_name);
  bytes_free(&lent_text);
  say("%s %s %s\n", is_route ? "route" : "config", id, config->module_config ? "accepted" : "rejected");
  if (config->module_config) return config;
  free(config);
  return NULL;
}

Config *config_foreign_route(const char *id, uintptr_t address) {
  Config *config = calloc(1, sizeof *config);
  if (!config) abort();
  snprintf(config->id, sizeof config->id, "%s", id);
  config->users = 1;
  config->is_route = config->is_foreign = true;
  config->module_config = address ? (void *)address : config;
  return config;
}

Config *config_use(Config *config) {
  config->users++;
  return config;
}

void config_release(Config *config) {
  if (--config->users > 0) return;
  if (!config->is_foreign) {
    hook_enter(NULL, "config_destroy");
    (config->is_route ? hooks.route_destroy : hooks.config_destroy)(config->module_config);
    hook_leave();
  }
  say("%s %s destroyed\n", config->is_route ? "route" : "config", config->id);
  free(config);
}

#if SINCE(13800)
EXPORT uint32_t CB(get_concurrency)(void) { return 2; }

EXPORT bool CB(is_validation_mode)(void) { return false; }

/* Only that it is there matters: it tells Envoy 1.38. */
EXPORT void *CB(get_function)(Text name) {
  (void)name;
  return NULL;
}
#endif
