#define _GNU_SOURCE
#include "EnvoyCallbacks.h"

#include <dlfcn.h>
#include <string.h>

EnvoyCallbacks envoy_callbacks;

#define NAME(name) "envoy_dynamic_module_callback_" name

typedef struct {
  const char *name;
  size_t place;
  bool is_optional;
} Entry;

#define SHARED(field, name) {NAME(name), offsetof(EnvoyCallbacks, field), false}
#define IN_36(field, name) {NAME(name), offsetof(EnvoyCallbacks, v36.field), false}
#define IN_37(field, name) {NAME(name), offsetof(EnvoyCallbacks, v37.field), false}
#define MAYBE_IN_37(field, name) {NAME(name), offsetof(EnvoyCallbacks, v37.field), true}

/* In the order of EnvoyHeaderMap and EnvoyBody. */
#define IN_36_BY_MAP(field, before, after)                                                   \
  IN_36(field[0], before "request_header" after), IN_36(field[1], before "request_trailer" after), \
      IN_36(field[2], before "response_header" after), IN_36(field[3], before "response_trailer" after)
#define IN_36_BY_BODY(field, before, after)                                                  \
  IN_36(field[0], before "received_request" after), IN_36(field[1], before "buffered_request" after), \
      IN_36(field[2], before "received_response" after), IN_36(field[3], before "buffered_response" after)

static const Entry shared[] = {
    SHARED(log_enabled, "log_enabled"),
    SHARED(attribute_int, "http_filter_get_attribute_int"),
    SHARED(route_config, "get_most_specific_route_config"),
    SHARED(clear_route_cache, "http_clear_route_cache"),
};

static const Entry in_36[] = {
    IN_36(log, "log"),
    IN_36_BY_MAP(get_header, "http_get_", ""),
    IN_36_BY_MAP(set_header, "http_set_", ""),
    IN_36_BY_MAP(headers_count, "http_get_", "s_count"),
    IN_36_BY_MAP(headers, "http_get_", "s"),
    IN_36_BY_BODY(body_chunks_count, "http_get_", "_body_vector_size"),
    IN_36_BY_BODY(body_chunks, "http_get_", "_body_vector"),
    IN_36_BY_BODY(drain_body, "http_drain_", "_body"),
    IN_36_BY_BODY(append_body, "http_append_", "_body"),
    IN_36(send_response, "http_send_response"),
    IN_36(attribute_string, "http_filter_get_attribute_string"),
    IN_36(set_metadata, "http_set_dynamic_metadata_string"),
    IN_36(define_counter, "http_filter_config_define_counter"),
    IN_36(define_labelled_counter, "http_filter_config_define_counter_vec"),
    IN_36(define_histogram, "http_filter_config_define_histogram"),
    IN_36(increment_counter, "http_filter_increment_counter"),
    IN_36(increment_labelled_counter, "http_filter_increment_counter_vec"),
    IN_36(record_histogram, "http_filter_record_histogram_value"),
};

static const Entry in_37[] = {
    IN_37(log, "log"),
    MAYBE_IN_37(log_with_place, "log_v2"),
    IN_37(get_header, "http_get_header"),
    IN_37(set_header, "http_set_header"),
    IN_37(add_header, "http_add_header"),
    IN_37(headers_count, "http_get_headers_size"),
    IN_37(headers, "http_get_headers"),
    IN_37(body_chunks_count, "http_get_body_chunks_size"),
    IN_37(body_chunks, "http_get_body_chunks"),
    IN_37(drain_body, "http_drain_body"),
    IN_37(append_body, "http_append_body"),
    IN_37(send_response, "http_send_response"),
    IN_37(attribute_string, "http_filter_get_attribute_string"),
    MAYBE_IN_37(attribute_bool, "http_filter_get_attribute_bool"),
    MAYBE_IN_37(buffer_limit, "http_get_buffer_limit"),
    IN_37(set_metadata, "http_set_dynamic_metadata_string"),
    IN_37(define_counter, "http_filter_config_define_counter"),
    IN_37(define_histogram, "http_filter_config_define_histogram"),
    IN_37(increment_counter, "http_filter_increment_counter"),
    IN_37(record_histogram, "http_filter_record_histogram_value"),
};

void *envoy_lookup_in_process(const char *symbol) { return dlsym(RTLD_DEFAULT, symbol); }

/* By symbols that came with a version and stayed. */
static EnvoyLine recognise(EnvoyLookup lookup) {
  if (!lookup(NAME("http_get_header"))) {
    if (!lookup(NAME("http_get_request_header"))) return lookup(NAME("log")) ? ENVOY_TOO_OLD : ENVOY_NONE;
    return lookup(NAME("http_append_buffered_request_body")) ? ENVOY_1_36 : ENVOY_TOO_OLD;
  }
  if (!lookup(NAME("get_function"))) return ENVOY_1_37;
  if (!lookup(NAME("http_get_header_values"))) return ENVOY_1_38;
  if (!lookup(NAME("http_set_dynamic_metadata_struct"))) return ENVOY_1_39;
  return ENVOY_1_40;
}

/* The first needed one that was not found. */
static const char *fill(EnvoyCallbacks *table, const Entry *entries, size_t count, EnvoyLookup lookup) {
  const char *missing = NULL;
  for (size_t i = 0; i < count; i++) {
    void *found = lookup(entries[i].name);
    memcpy((char *)table + entries[i].place, &found, sizeof found);
    if (!found && !entries[i].is_optional && !missing) missing = entries[i].name;
  }
  return missing;
}

EnvoyLoadResult envoy_load(EnvoyLookup lookup) {
  EnvoyCallbacks table;
  memset(&table, 0, sizeof table);
  EnvoyLine line = recognise(lookup);
  /* Older ones log as 1.36 does. */
  table.line = line < ENVOY_1_36 ? ENVOY_1_36 : line;
  const char *missing = fill(&table, shared, sizeof shared / sizeof *shared, lookup);
  const char *more = table.line == ENVOY_1_36 ? fill(&table, in_36, sizeof in_36 / sizeof *in_36, lookup)
                                              : fill(&table, in_37, sizeof in_37 / sizeof *in_37, lookup);
  envoy_callbacks = table;
  EnvoyLoadResult result = {line, missing ? missing : more};
  return result;
}
