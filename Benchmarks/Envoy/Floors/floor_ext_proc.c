// The floor of the sidecars: the least that an ext_proc server over nghttp2 can do. One thread, one epoll, one nghttp2
// session for each connection. Nothing is parsed but which kind of message came; the answer is a constant: request
// headers get `x-floor: 1`, everything else stays as it is.
//
//   floor_ext_proc PATH      listens on a Unix socket, which it makes anew; serves until it is ended
#define _GNU_SOURCE
#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
  READ_BYTES = 64 << 10,
  WRITE_BYTES = 256 << 10,
  STREAMS_MAX = 1 << 14,
  STREAM_WINDOW_BYTES = 1 << 24,
  CONNECTION_WINDOW_BYTES = 1 << 26,
  PREFIX_BYTES = 5,
  ANSWER_BYTES_MAX = 32,
  /// Envoy has at most one message of each phase on the way where bodies are buffered.
  ANSWERS_BYTES_MAX = 8 * ANSWER_BYTES_MAX
};

typedef struct {
  /// Of the message at hand: its prefix and its first byte, as far as they are here, and what is left to pass over.
  uint8_t start[PREFIX_BYTES + 1];
  size_t start_length, left;
  uint8_t answers[ANSWERS_BYTES_MAX];
  size_t answers_length, sent;
  bool is_at_end, is_waiting, has_head;
} stream;

typedef struct {
  int socket;
  nghttp2_session *session;
} connection;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

// --- Messages (envoy.service.ext_proc.v3) ------------------------------------

/// ProcessingResponse.request_headers.response.header_mutation.set_headers: x-floor = 1.
static const uint8_t HEADERS_ANSWER[] = {0x0a, 0x14, 0x0a, 0x12, 0x12, 0x10, 0x0a, 0x0e, 0x0a, 0x0c, 0x0a,
                                         0x07, 'x',  '-',  'f',  'l',  'o',  'o',  'r',  0x1a, 0x01, '1'};

/// A message starts with its kind: the fields 2 (request_headers) to 7 (response_trailers) come first on the wire. The
/// kinds of the answers have the same order and start at 1. False when it starts with anything else.
static bool append_answer(stream *stream, uint8_t tag) {
  uint8_t kind = tag >> 3, message[ANSWER_BYTES_MAX];
  size_t length;
  if (kind < 2 || kind > 7 || (tag & 7) != 2) return false;
  if (kind == 2) {
    length = sizeof HEADERS_ANSWER;
    memcpy(message, HEADERS_ANSWER, length);
  } else {
    length = 2;
    message[0] = (uint8_t)((kind - 1) << 3 | 2);
    message[1] = 0;
  }
  if (stream->sent == stream->answers_length) stream->sent = stream->answers_length = 0;
  if (stream->answers_length + PREFIX_BYTES + length > sizeof stream->answers) return false;
  uint8_t *place = stream->answers + stream->answers_length;
  memset(place, 0, PREFIX_BYTES);
  place[PREFIX_BYTES - 1] = (uint8_t)length;
  memcpy(place + PREFIX_BYTES, message, length);
  stream->answers_length += PREFIX_BYTES + length;
  return true;
}

/// Answers each message when its last byte is here.
static bool take(stream *stream, const uint8_t *bytes, size_t count) {
  while (count > 0) {
    if (stream->start_length < sizeof stream->start) {
      stream->start[stream->start_length++] = *bytes++;
      count--;
      if (stream->start_length < sizeof stream->start) continue;
      const uint8_t *prefix = stream->start;
      size_t length = (size_t)prefix[1] << 24 | (size_t)prefix[2] << 16 | (size_t)prefix[3] << 8 | prefix[4];
      if (length == 0) return false;
      stream->left = length - 1;
    } else {
      size_t part = count < stream->left ? count : stream->left;
      bytes += part;
      count -= part;
      stream->left -= part;
    }
    if (stream->left > 0) continue;
    stream->start_length = 0;
    if (!append_answer(stream, stream->start[PREFIX_BYTES])) return false;
  }
  return true;
}

// --- HTTP/2 ----------------------------------------------------------------

static ssize_t read_answers(nghttp2_session *session, int32_t id, uint8_t *room, size_t length, uint32_t *flags,
                            nghttp2_data_source *source, void *user) {
  (void)user;
  stream *stream = source->ptr;
  size_t count = stream->answers_length - stream->sent;
  if (count > length) count = length;
  if (count == 0) {
    if (!stream->is_at_end) {
      stream->is_waiting = true;
      return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    nghttp2_nv status = {(uint8_t *)"grpc-status", (uint8_t *)"0", 11, 1, NGHTTP2_NV_FLAG_NONE};
    nghttp2_submit_trailer(session, id, &status, 1);
    return 0;
  }
  memcpy(room, stream->answers + stream->sent, count);
  stream->sent += count;
  return (ssize_t)count;
}

static void send_answers(nghttp2_session *session, int32_t id, stream *stream) {
  if (!stream->has_head) {
    nghttp2_nv head[] = {
        {(uint8_t *)":status", (uint8_t *)"200", 7, 3, NGHTTP2_NV_FLAG_NONE},
        {(uint8_t *)"content-type", (uint8_t *)"application/grpc", 12, 16, NGHTTP2_NV_FLAG_NONE}};
    nghttp2_data_provider provider = {.source.ptr = stream, .read_callback = read_answers};
    nghttp2_submit_response(session, id, head, 2, &provider);
    stream->has_head = true;
  } else if (stream->is_waiting) {
    stream->is_waiting = false;
    nghttp2_session_resume_data(session, id);
  }
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  (void)user;
  stream *new = calloc(1, sizeof *new);
  if (!new) return NGHTTP2_ERR_CALLBACK_FAILURE;
  nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, new);
  return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t count,
                   void *user) {
  (void)flags, (void)user;
  stream *stream = nghttp2_session_get_stream_user_data(session, id);
  if (!stream) return 0;
  if (!take(stream, bytes, count)) return NGHTTP2_ERR_CALLBACK_FAILURE;
  if (stream->sent < stream->answers_length) send_answers(session, id, stream);
  return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  (void)user;
  bool may_end = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
  stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
  if (!may_end || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) || !stream) return 0;
  stream->is_at_end = true;
  send_answers(session, frame->hd.stream_id, stream);
  return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *user) {
  (void)code, (void)user;
  free(nghttp2_session_get_stream_user_data(session, id));
  return 0;
}

// --- Sockets ---------------------------------------------------------------

static bool write_all(int socket, const uint8_t *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = send(socket, bytes, count, MSG_NOSIGNAL);
    if (written < 0 && errno != EINTR) return false;
    if (written < 0) continue;
    bytes += written;
    count -= (size_t)written;
  }
  return true;
}

/// All frames in one write.
static bool flush(connection *connection) {
  static uint8_t output[WRITE_BYTES];
  size_t used = 0;
  const uint8_t *frame;
  ssize_t count;
  while ((count = nghttp2_session_mem_send(connection->session, &frame)) > 0) {
    if (used + (size_t)count > sizeof output) {
      if (!write_all(connection->socket, output, used)) return false;
      used = 0;
    }
    memcpy(output + used, frame, (size_t)count);
    used += (size_t)count;
  }
  return count == 0 && write_all(connection->socket, output, used);
}

static bool serve(connection *connection) {
  static uint8_t input[READ_BYTES];
  ssize_t count = recv(connection->socket, input, sizeof input, MSG_DONTWAIT);
  if (count < 0 && errno == EAGAIN) return true;
  return count > 0 && nghttp2_session_mem_recv(connection->session, input, (size_t)count) >= 0 && flush(connection);
}

static void make_session(connection *connection) {
  static nghttp2_session_callbacks *callbacks;
  static nghttp2_option *options;
  if (!callbacks) {
    if (nghttp2_session_callbacks_new(&callbacks) || nghttp2_option_new(&options)) fail("nghttp2");
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_option_set_no_closed_streams(options, 1);
    // Envoy ends every stream with RST_STREAM.
    nghttp2_option_set_stream_reset_rate_limit(options, UINT64_MAX / 2, UINT64_MAX / 2);
  }
  if (nghttp2_session_server_new2(&connection->session, callbacks, connection, options)) fail("nghttp2");
  nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX},
                                       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES}};
  nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE, settings, 2);
  nghttp2_session_set_local_window_size(connection->session, NGHTTP2_FLAG_NONE, 0, CONNECTION_WINDOW_BYTES);
}

static void accept_one(int poller, int listener) {
  connection *new = calloc(1, sizeof *new);
  if (!new) fail("calloc");
  new->socket = accept(listener, NULL, NULL);
  if (new->socket < 0) fail("accept");
  make_session(new);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = new};
  if (!flush(new) || epoll_ctl(poller, EPOLL_CTL_ADD, new->socket, &event)) fail("a new connection");
}

static int listen_on(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) errno = ENAMETOOLONG, fail(path);
  strcpy(address.sun_path, path);
  unlink(path);
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 128)) fail(path);
  return listener;
}

int main(int count, char **arguments) {
  if (count != 2) {
    fprintf(stderr, "usage: floor_ext_proc PATH\n");
    return 2;
  }
  int listener = listen_on(arguments[1]), poller = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event)) fail("epoll_ctl");
  for (;;) {
    struct epoll_event events[64];
    int ready = epoll_wait(poller, events, 64, -1);
    for (int i = 0; i < ready; i++) {
      connection *connection = events[i].data.ptr;
      if (!connection) {
        accept_one(poller, listener);
      } else if (!serve(connection)) {
        close(connection->socket);
        nghttp2_session_del(connection->session);
        free(connection);
      }
    }
  }
}
