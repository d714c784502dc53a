// The server behind Envoy. It answers 200 only when the request that arrives is exactly what it must be after the
// filters, so that every answer tells that one exchange was right; else 500, with what is wrong.
//
//   upstream CHECKS
//
// Prints "listening on 127.0.0.1:PORT" and serves until it is ended. A request says by "check=N" in its path which of
// the checks applies. CHECKS is a text file:
//
//   check 3                       the lines below belong to check 3
//   header x-model claude         the request has this header, with just this value
//   absent x-debug                the request does not have it
//   body PATH                     the request's body equals the file; without this line it must be empty
//   answer PATH                   the response's body
//   events PATH MICROSECONDS      instead: the response is streamed; the file's events (an empty line ends one) go
//                                 out one by one, so far apart
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common.h"
#include "http.h"

enum { CHECKS_MAX = 256, FIELDS_MAX = 8, EVENTS_MAX = 256, CONNECTIONS_MAX = 4096, READ_BYTES = 64 << 10 };

typedef struct {
  /// Value NULL: must be absent.
  char *name, *value;
} field;

typedef struct {
  bool is_known;
  field fields[FIELDS_MAX];
  int field_count;
  bytes body;
  /// Ready to be sent: head and body, or head and first event.
  bytes answer;
  /// Later parts: the other events as chunks, the last with the end.
  bytes events[EVENTS_MAX];
  int event_count;
  uint64_t interval;
} check;

typedef struct connection {
  int socket;
  message request;
  const check *check;
  size_t received;
  const char *fault;
  int next_event;
  uint64_t next_time;
  struct connection *next_waiting;
  bool is_closed;
} connection;

static check checks[CHECKS_MAX];
static int poller, timer;
/// Connections that owe an event, in the order of their times.
static connection *first_waiting, *last_waiting;

// --- Checks ----------------------------------------------------------------

static bytes format(const char *head, const char *body, size_t length, const char *tail) {
  bytes text = {malloc(strlen(head) + length + strlen(tail) + 1), 0};
  if (!text.start) fail("out of memory");
  text.length = (size_t)sprintf(text.start, "%s", head);
  memcpy(text.start + text.length, body, length);
  text.length += length;
  text.length += (size_t)sprintf(text.start + text.length, "%s", tail);
  return text;
}

static void read_answer(check *check, const char *path) {
  bytes body = read_file(path);
  char head[128];
  snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n",
           body.length);
  check->answer = format(head, body.start, body.length, "");
  free(body.start);
}

static void read_events(check *check, char *text) {
  char *space = strchr(text, ' ');
  if (!space) fail("events without microseconds: %s", text);
  *space = 0;
  check->interval = strtoull(space + 1, NULL, 10) * 1000;
  bytes file = read_file(text);
  char *event = file.start;
  for (char *end; (end = strstr(event, "\n\n")); event = end + 2) {
    size_t length = (size_t)(end + 2 - event);
    char head[128];
    snprintf(head, sizeof head, "%s%zx\r\n",
             check->event_count ? "" : "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
             length);
    if (check->event_count == EVENTS_MAX) fail("%s has more than %d events", text, EVENTS_MAX);
    bool is_last = end[2] == 0;
    check->events[check->event_count++] = format(head, event, length, is_last ? "\r\n0\r\n\r\n" : "\r\n");
  }
  if (!check->event_count || *event) fail("%s must have events, each with an empty line behind it", text);
  check->answer = check->events[0];
  free(file.start);
}

static void read_checks(const char *path) {
  bytes file = read_file(path);
  check *check = NULL;
  for (char *line = strtok(file.start, "\n"); line; line = strtok(NULL, "\n")) {
    char *rest = strchr(line, ' ');
    if (!rest) fail("%s: '%s' is no line of a check", path, line);
    *rest++ = 0;
    if (strcmp(line, "check") == 0) {
      int number = atoi(rest);
      if (number < 0 || number >= CHECKS_MAX) fail("%s: checks are numbered from 0 to %d", path, CHECKS_MAX - 1);
      check = &checks[number];
      check->is_known = true;
    } else if (!check) {
      fail("%s: the first line is not 'check N'", path);
    } else if (strcmp(line, "header") == 0 || strcmp(line, "absent") == 0) {
      if (check->field_count == FIELDS_MAX) fail("%s: a check has more than %d headers", path, FIELDS_MAX);
      field *field = &check->fields[check->field_count++];
      field->name = rest;
      if (*line == 'h') {
        field->value = strchr(rest, ' ');
        if (!field->value) fail("%s: a header without value", path);
        *field->value++ = 0;
      }
    } else if (strcmp(line, "body") == 0) {
      check->body = read_file(rest);
    } else if (strcmp(line, "answer") == 0) {
      read_answer(check, rest);
    } else if (strcmp(line, "events") == 0) {
      read_events(check, rest);
    } else {
      fail("%s: '%s' is no line of a check", path, line);
    }
  }
}

/// What is wrong with the head; NULL when nothing is.
static const char *check_head(connection *connection) {
  const char *number = strstr(connection->request.head, "check=");
  if (!number || number > strchr(connection->request.head, '\n')) return "the path has no check=N";
  int index = atoi(number + 6);
  if (index < 0 || index >= CHECKS_MAX || !checks[index].is_known) return "no such check";
  connection->check = &checks[index];
  for (int i = 0; i < connection->check->field_count; i++) {
    const field *field = &connection->check->fields[i];
    size_t length;
    if (field->value ? !message_field_is(&connection->request, field->name, field->value)
                     : message_field(&connection->request, field->name, &length) != NULL)
      return field->value ? "a header is missing or has another value" : "a header should not be there";
  }
  return NULL;
}

static const char *check_body(connection *connection, bytes piece) {
  bytes wanted = connection->check->body;
  if (piece.length > wanted.length - connection->received) return "the body is too long";
  if (memcmp(wanted.start + connection->received, piece.start, piece.length) != 0) return "another body";
  connection->received += piece.length;
  return NULL;
}

// --- Answers ---------------------------------------------------------------

static void drop(connection *connection) {
  close(connection->socket);
  connection->is_closed = true;
  // One that owes an event is freed when its turn comes.
  if (!connection->next_time) free(connection);
}

/// Answers are small, and Envoy reads them: what does not fit at once is a fault.
static bool send_all(connection *connection, bytes text) {
  return send(connection->socket, text.start, text.length, MSG_NOSIGNAL) == (ssize_t)text.length;
}

static void set_timer(void) {
  struct itimerspec wanted = {0};
  if (first_waiting) {
    wanted.it_value.tv_sec = (time_t)(first_waiting->next_time / 1000000000u);
    wanted.it_value.tv_nsec = (long)(first_waiting->next_time % 1000000000u);
  }
  if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &wanted, NULL)) fail("the timer: %s", strerror(errno));
}

/// All intervals are alike in one run, so that who comes last is last.
static void wait_for_event(connection *connection, uint64_t time) {
  connection->next_time = time;
  connection->next_waiting = NULL;
  if (first_waiting) {
    last_waiting->next_waiting = connection;
  } else {
    first_waiting = connection;
  }
  last_waiting = connection;
  if (first_waiting == connection) set_timer();
}

static void send_events(void) {
  uint64_t time = now();
  while (first_waiting && first_waiting->next_time <= time) {
    connection *connection = first_waiting;
    uint64_t due = connection->next_time;
    first_waiting = connection->next_waiting;
    connection->next_time = 0;
    if (connection->is_closed) {
      free(connection);
    } else if (!send_all(connection, connection->check->events[connection->next_event])) {
      // Its end is then noticed like any other; it may have an event of epoll already.
      shutdown(connection->socket, SHUT_RDWR);
    } else if (++connection->next_event < connection->check->event_count) {
      wait_for_event(connection, due + connection->check->interval);
    }
  }
  set_timer();
}

static bool answer(connection *connection) {
  const check *check = connection->check;
  if (!connection->fault && connection->received != check->body.length) connection->fault = "the body is too short";
  if (connection->fault) {
    char body[HEAD_BYTES_MAX + 256], text[HEAD_BYTES_MAX + 512];
    int length = snprintf(body, sizeof body, "upstream: %s, in\n%s", connection->fault, connection->request.head);
    int total = snprintf(text, sizeof text, "HTTP/1.1 500 Wrong Request\r\ncontent-length: %d\r\n\r\n%s", length, body);
    return send_all(connection, (bytes){text, (size_t)total});
  }
  if (!send_all(connection, check->answer)) return false;
  if (check->event_count > 1) {
    connection->next_event = 1;
    wait_for_event(connection, now() + check->interval);
  }
  return true;
}

static bool take(connection *connection, bytes input) {
  while (input.length > 0) {
    message *request = &connection->request;
    bool was_in_head = request->state == IN_HEAD;
    bytes piece = message_read(request, &input);
    if (was_in_head && request->state != IN_HEAD) connection->fault = check_head(connection);
    if (piece.length > 0 && !connection->fault) connection->fault = check_body(connection, piece);
    if (request->state == BROKEN) return false;
    if (request->state != AT_END) continue;
    if (!answer(connection)) return false;
    message_reset(request);
    connection->received = 0;
    connection->fault = NULL;
  }
  return true;
}

// --- Sockets ---------------------------------------------------------------

static void serve(connection *connection) {
  static char buffer[READ_BYTES];
  ssize_t count = recv(connection->socket, buffer, sizeof buffer, MSG_DONTWAIT);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0 || !take(connection, (bytes){buffer, (size_t)count})) drop(connection);
}

static void watch(int socket, void *pointer) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = pointer};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, socket, &event)) fail("epoll_ctl: %s", strerror(errno));
}

static void accept_one(int listener) {
  int socket = accept(listener, NULL, NULL);
  if (socket < 0) return;
  int yes = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  connection *connection = calloc(1, sizeof *connection);
  if (!connection) fail("out of memory");
  connection->socket = socket;
  watch(socket, connection);
}

static int listen_on_loopback(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, CONNECTIONS_MAX) ||
      getsockname(listener, (struct sockaddr *)&address, &length))
    fail("cannot listen: %s", strerror(errno));
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

int main(int count, char **arguments) {
  if (count != 2) fail("usage: upstream CHECKS");
  read_checks(arguments[1]);
  poller = epoll_create1(0);
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  int listener = listen_on_loopback();
  watch(listener, &listener);
  watch(timer, &timer);
  for (;;) {
    struct epoll_event events[256];
    int ready = epoll_wait(poller, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      if (events[i].data.ptr == &listener) {
        accept_one(listener);
      } else if (events[i].data.ptr == &timer) {
        uint64_t expirations;
        if (read(timer, &expirations, sizeof expirations) > 0) send_events();
      } else {
        serve(events[i].data.ptr);
      }
    }
  }
}
