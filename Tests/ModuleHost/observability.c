/* Logs, metrics, and the host's own output. */
#include "host.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

_Thread_local FILE *output;
bool quiet;
int log_level = INFO;
atomic_int fault_count;

void say(const char *format, ...) {
  if (quiet || !output) return;
  va_list arguments;
  va_start(arguments, format);
  vfprintf(output, format, arguments);
  va_end(arguments);
}

void fault(const char *format, ...) {
  fault_count++;
  FILE *to = output ? output : stderr;
  va_list arguments;
  va_start(arguments, format);
  fputs("FAULT ", to);
  vfprintf(to, format, arguments);
  fputc('\n', to);
  va_end(arguments);
}

static void put_escaped(FILE *to, Text text) {
  fputc('"', to);
  for (size_t i = 0; i < text.size; i++) {
    unsigned char c = (unsigned char)text.data[i];
    if (c == '"' || c == '\\') {
      fprintf(to, "\\%c", c);
    } else if (c == '\n') {
      fputs("\\n", to);
    } else if (c < ' ' || c == 0x7f) {
      fprintf(to, "\\x%02x", c);
    } else {
      fputc(c, to);
    }
  }
  fputc('"', to);
}

void print_escaped(Text text) {
  if (!quiet && output) put_escaped(output, text);
}

static const char *const level_names[] = {"trace", "debug", "info", "warn", "error", "critical"};

/* Not silenced by `quiet`: a test that loops wants to know. */
static void write_log(int level, Text message) {
  if (level < TRACE || level > CRITICAL) return fault("log: there is no level %d", level);
  if (level < log_level) return;
  FILE *to = output ? output : stderr;
  fprintf(to, "log %s ", level_names[level]);
  put_escaped(to, message);
  fputc('\n', to);
}

EXPORT void CB(log)(int level, TEXT(message)) { write_log(level, IN(message)); }

EXPORT bool CB(log_enabled)(int level) { return level >= log_level; }

#if SINCE(13900)
EXPORT int CB(get_log_level)(void) { return log_level; }
#endif
#if SINCE(14000)
EXPORT void CB(log_v2)(int level, Text message, Text file, uint32_t line) {
  (void)file, (void)line;
  write_log(level, message);
}
#endif

#if ENVOY > 0
/* Statistics belong to Envoy: they outlive the configurations that name them. */
typedef struct {
  char name[256];
  int kind;
  uint64_t value, samples;
} Stat;
enum { STATS_MAX = 512 };
static Stat stats[STATS_MAX];
static size_t stat_count;
static pthread_mutex_t stats_lock = PTHREAD_MUTEX_INITIALIZER;

/* Ids begin at 0 in 1.36 and 1.37, at 1 later; each kind of metric counts for itself, and in family A those with
 * labels do too. */
static const size_t first_id = SINCE(13800) ? 1 : 0;

static bool shares_ids(const Metric *metric, int kind, bool has_labels) {
  return metric->kind == kind && (!FAMILY_A || (metric->label_count > 0) == has_labels);
}

static int define(void *envoy, int kind, Text name, const Text *labels, size_t label_count, size_t *id) {
  Config *config = callback_config(envoy, "define_metric");
  if (!config) return METRIC_FROZEN;
  if (config->metric_count == METRICS_MAX || label_count > LABELS_MAX) {
    fault("more metrics or labels than this host can hold");
    return METRIC_FROZEN;
  }
  Metric *metric = &config->metrics[config->metric_count];
  metric->kind = kind;
  metric->label_count = label_count;
  snprintf(metric->name, sizeof metric->name, "%.*s", (int)name.size, name.data);
  for (size_t i = 0; i < label_count; i++)
    snprintf(metric->labels[i], sizeof metric->labels[i], "%.*s", (int)labels[i].size, labels[i].data);
  *id = first_id;
  for (size_t i = 0; i < config->metric_count; i++) *id += shares_ids(&config->metrics[i], kind, label_count > 0);
  config->metric_count++;
  return METRIC_SUCCESS;
}

static int record(void *envoy, int kind, size_t id, const Text *values, size_t count, uint64_t value, char operation) {
  Filter *filter = callback_filter(envoy, "record_metric");
  if (!filter) return METRIC_NOT_FOUND;
  Config *config = filter->config;
  Metric *metric = NULL;
  size_t next = first_id;
  for (size_t i = 0; i < config->metric_count && !metric; i++)
    if (shares_ids(&config->metrics[i], kind, count > 0) && next++ == id) metric = &config->metrics[i];
  if (!metric) {
    fault("there is no metric %zu of that kind", id);
    return METRIC_NOT_FOUND;
  }
  if (metric->label_count != count) {
    fault("metric %s: %zu labels", metric->name, count);
    return METRIC_INVALID_LABELS;
  }
#if CHECKS
  char name[256];
  int size = snprintf(name, sizeof name, "%s", metric->name);
  for (size_t i = 0; i < count && size < (int)sizeof name; i++)
    size += snprintf(
        name + size, sizeof name - (size_t)size, " %s=%.*s", metric->labels[i], (int)values[i].size, values[i].data);
  pthread_mutex_lock(&stats_lock);
  Stat *stat = NULL;
  for (size_t i = 0; i < stat_count && !stat; i++)
    if (!strcmp(stats[i].name, name)) stat = &stats[i];
  if (!stat && stat_count < STATS_MAX) {
    stat = &stats[stat_count++];
    snprintf(stat->name, sizeof stat->name, "%s", name);
    stat->kind = kind;
  }
  if (stat) {
    stat->samples++;
    stat->value = operation == '=' ? value : operation == '-' ? stat->value - value : stat->value + value;
  }
  pthread_mutex_unlock(&stats_lock);
#else
  (void)values, (void)value, (void)operation;
#endif
  return METRIC_SUCCESS;
}

static int compare_stats(const void *a, const void *b) {
  return strcmp(((const Stat *)a)->name, ((const Stat *)b)->name);
}

/* In the order of their names. Of a histogram only the number of samples: values may be times. */
void stats_print(void) {
  pthread_mutex_lock(&stats_lock);
  qsort(stats, stat_count, sizeof *stats, compare_stats);
  for (size_t i = 0; i < stat_count; i++) {
    bool is_histogram = stats[i].kind == 2;
    say("%s %s %llu\n", is_histogram ? "histogram" : stats[i].kind ? "gauge" : "counter", stats[i].name,
        (unsigned long long)(is_histogram ? stats[i].samples : stats[i].value));
  }
  pthread_mutex_unlock(&stats_lock);
}

#if FAMILY_A
#define DEFINE(what, kind) \
  EXPORT int CB(http_filter_config_define_##what)(void *e, TEXT(name), size_t *id) { \
    return define(e, kind, IN(name), NULL, 0, id); \
  } \
  EXPORT int CB(http_filter_config_define_##what##_vec)( \
      void *e, TEXT(name), Text *labels, size_t count, size_t *id) { \
    return define(e, kind, IN(name), labels, count, id); \
  }
#define RECORD(what, kind, operation) \
  EXPORT int CB(http_filter_##what)(void *e, size_t id, uint64_t value) { \
    return record(e, kind, id, NULL, 0, value, operation); \
  } \
  EXPORT int CB(http_filter_##what##_vec)(void *e, size_t id, Text *values, size_t count, uint64_t value) { \
    return record(e, kind, id, values, count, value, operation); \
  }
RECORD(increase_gauge, 1, '+')
RECORD(decrease_gauge, 1, '-')
#else
#define DEFINE(what, kind) \
  EXPORT int CB(http_filter_config_define_##what)( \
      void *e, Text name, Text *labels_or_null, size_t count, size_t *id) { \
    return define(e, kind, name, labels_or_null, labels_or_null ? count : 0, id); \
  }
#define RECORD(what, kind, operation) \
  EXPORT int CB(http_filter_##what)(void *e, size_t id, Text *values_or_null, size_t count, uint64_t value) { \
    return record(e, kind, id, values_or_null, values_or_null ? count : 0, value, operation); \
  }
RECORD(increment_gauge, 1, '+')
RECORD(decrement_gauge, 1, '-')
#endif
DEFINE(counter, 0)
DEFINE(gauge, 1)
DEFINE(histogram, 2)
RECORD(increment_counter, 0, '+')
RECORD(set_gauge, 1, '=')
RECORD(record_histogram_value, 2, '+')
#else
void stats_print(void) {}
#endif
