// Reads one HTTP/1.1 message after the other from a stream of bytes, requests and responses alike: the head as text,
// the body piece by piece. For peers that are trusted to be Envoy or another tool of this folder.
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <strings.h>

#include "common.h"

enum { HEAD_BYTES_MAX = 16 << 10 };

typedef enum { IN_HEAD, IN_BODY, IN_CHUNK_SIZE, IN_CHUNK, AFTER_CHUNK, AT_END, BROKEN } message_state;

typedef struct {
  message_state state;
  /// From the first line to the empty one, zero-terminated when it is complete.
  char head[HEAD_BYTES_MAX + 1];
  size_t head_length;
  /// Of the body or of the chunk at hand.
  uint64_t left;
  bool is_last_chunk;
  /// The line of a chunk's size, or what follows the last chunk.
  char line[32];
  size_t line_length;
} message;

static inline void message_reset(message *message) {
  message->state = IN_HEAD;
  message->head_length = message->line_length = 0;
  message->left = 0;
  message->is_last_chunk = false;
}

/// The value of a field, which ends at its carriage return; NULL when there is none.
static inline const char *message_field(const message *message, const char *name, size_t *length) {
  size_t name_length = strlen(name);
  for (const char *line = strchr(message->head, '\n'); line; line = strchr(line, '\n')) {
    line++;
    if (strncasecmp(line, name, name_length) != 0 || line[name_length] != ':') continue;
    const char *value = line + name_length + 1;
    while (*value == ' ') value++;
    *length = strcspn(value, "\r\n");
    return value;
  }
  return NULL;
}

static inline bool message_field_is(const message *message, const char *name, const char *wanted) {
  size_t length;
  const char *value = message_field(message, name, &length);
  return value && length == strlen(wanted) && memcmp(value, wanted, length) == 0;
}

static inline void message_end_head(message *message) {
  size_t length;
  message->head[message->head_length] = 0;
  const char *value = message_field(message, "content-length", &length);
  if (value) {
    message->left = strtoull(value, NULL, 10);
    message->state = message->left ? IN_BODY : AT_END;
  } else {
    message->state = message_field_is(message, "transfer-encoding", "chunked") ? IN_CHUNK_SIZE : AT_END;
  }
}

static inline void message_end_line(message *message) {
  message->line[message->line_length] = 0;
  message->line_length = 0;
  if (message->state == AFTER_CHUNK) {
    message->state = message->is_last_chunk ? AT_END : IN_CHUNK_SIZE;
    return;
  }
  char *end;
  message->left = strtoull(message->line, &end, 16);
  if (end == message->line) {
    message->state = BROKEN;
    return;
  }
  message->is_last_chunk = message->left == 0;
  message->state = message->left ? IN_CHUNK : AFTER_CHUNK;
}

/// Takes bytes of `input` until a piece of the body is at hand (returned: it lies in `input`), the state has changed,
/// or nothing is left.
static inline bytes message_read(message *message, bytes *input) {
  bytes piece = {NULL, 0};
  switch (message->state) {
    case IN_HEAD:
      while (input->length > 0) {
        if (message->head_length == HEAD_BYTES_MAX) {
          message->state = BROKEN;
          break;
        }
        char byte = *input->start++;
        input->length--;
        message->head[message->head_length++] = byte;
        if (byte != '\n' || message->head_length < 4) continue;
        if (memcmp(message->head + message->head_length - 4, "\r\n\r\n", 4) == 0) {
          message_end_head(message);
          break;
        }
      }
      break;
    case IN_CHUNK_SIZE:
    case AFTER_CHUNK:
      while (input->length > 0) {
        char byte = *input->start++;
        input->length--;
        if (byte == '\n') {
          message_end_line(message);
          break;
        }
        if (byte == '\r') continue;
        if (message->line_length == sizeof message->line - 1) {
          message->state = BROKEN;
          break;
        }
        message->line[message->line_length++] = byte;
      }
      break;
    case IN_BODY:
    case IN_CHUNK:
      piece.start = input->start;
      piece.length = input->length < message->left ? input->length : message->left;
      input->start += piece.length;
      input->length -= piece.length;
      message->left -= piece.length;
      if (message->left == 0) message->state = message->state == IN_BODY ? AT_END : AFTER_CHUNK;
      break;
    case AT_END:
    case BROKEN:
      break;
  }
  return piece;
}

#endif
