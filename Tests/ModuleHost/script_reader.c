/* Reads a script into lines of words. A word is bare, or in quotes with \n \r \t \\ \" and \xHH; "..."*3 is repeated;
 * @FILE is the content of a file; # begins a comment. */
#include "host.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
  char *data;
  size_t size, capacity;
} Buffer;

static void put(Buffer *buffer, const char *data, size_t size) {
  if (buffer->size + size + 1 > buffer->capacity) {
    buffer->capacity = (buffer->size + size + 1) * 2;
    buffer->data = realloc(buffer->data, buffer->capacity);
    if (!buffer->data) abort();
  }
  memcpy(buffer->data + buffer->size, data, size);
  buffer->size += size;
  buffer->data[buffer->size] = 0;
}

static bool read_file(const char *path, Buffer *buffer) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    return false;
  }
  char block[65536];
  size_t size;
  put(buffer, "", 0);
  while ((size = fread(block, 1, sizeof block, file)) > 0) put(buffer, block, size);
  bool is_read = !ferror(file);
  fclose(file);
  return is_read;
}

static int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* After the opening quote; null when the closing one is missing. */
static const char *read_quoted(const char *at, Buffer *word) {
  for (; *at != '"'; at++) {
    if (!*at || *at == '\n') return NULL;
    if (*at != '\\') {
      put(word, at, 1);
      continue;
    }
    at++;
    char c = *at;
    if (c == 'x') {
      int high = hex(at[1]), low = high < 0 ? -1 : hex(at[2]);
      if (low < 0) return NULL;
      c = (char)(high * 16 + low);
      at += 2;
    } else if (c == 'n' || c == 'r' || c == 't') {
      c = c == 'n' ? '\n' : c == 'r' ? '\r' : '\t';
    } else if (c != '"' && c != '\\') {
      return NULL;
    }
    put(word, &c, 1);
  }
  at++;
  if (*at != '*') return at;
  char *end;
  unsigned long times = strtoul(at + 1, &end, 10);
  Buffer once = *word;
  *word = (Buffer){0};
  put(word, "", 0);
  for (unsigned long i = 0; i < times; i++) put(word, once.data, once.size);
  free(once.data);
  return end;
}

static const char *read_word(const char *at, Text *result) {
  Buffer word = {0};
  put(&word, "", 0);
  bool is_file = *at == '@';
  if (*at == '"') {
    at = read_quoted(at + 1, &word);
  } else {
    size_t size = strcspn(at, " \n");
    put(&word, at + is_file, size - is_file);
    at += size;
  }
  if (at && is_file) {
    Buffer content = {0};
    if (!read_file(word.data, &content)) at = NULL;
    free(word.data);
    word = content;
  }
  if (at && *at && *at != ' ' && *at != '\n') at = NULL;
  *result = (Text){word.data, word.size};
  return at;
}

Line *script_read(const char *path, size_t *count) {
  Buffer script = {0};
  if (!read_file(path, &script)) return NULL;
  Line *lines = NULL;
  size_t number = 0;
  *count = 0;
  for (const char *at = script.data; at && *at;) {
    number++;
    Line line = {NULL, 0, number};
    while (*at && *at != '\n') {
      if (*at == ' ') {
        at++;
      } else if (*at == '#') {
        at += strcspn(at, "\n");
      } else {
        line.words = realloc(line.words, (line.count + 1) * sizeof *line.words);
        if (!line.words) abort();
        at = read_word(at, &line.words[line.count++]);
        if (!at) {
          fprintf(stderr, "%s:%zu: word %zu cannot be read\n", path, number, line.count);
          break;
        }
      }
    }
    if (line.count) {
      lines = realloc(lines, (*count + 1) * sizeof *lines);
      if (!lines) abort();
      lines[(*count)++] = line;
    }
    if (!at) {
      script_free(lines, *count);
      lines = NULL;
      break;
    }
    if (*at == '\n') at++;
    if (!*at && !lines) lines = malloc(sizeof *lines);
  }
  free(script.data);
  return lines;
}

void script_free(Line *lines, size_t count) {
  for (size_t i = 0; i < count; i++) {
    for (size_t k = 0; k < lines[i].count; k++) free((char *)lines[i].words[k].data);
    free(lines[i].words);
  }
  free(lines);
}
