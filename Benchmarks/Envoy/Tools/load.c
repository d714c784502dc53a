// Sends one HTTP/1.1 request over and over through Envoy, compares every answer with the expected one byte for byte, and
// prints as JSON how long they took and how much processor time other processes spent meanwhile.
//
//   load --port PORT --connections N --request FILE --answer FILE [--answer-header NAME=VALUE]
//        --seconds SECONDS | --requests N  [--warm-up SECONDS] [--rate PER_SECOND] [--cpu NAME=PID]...
//
// Closed loop (without --rate): each connection sends the next request when it has the answer. A latency is from the
// write of the request to the last byte of the answer.
//
// Open loop: requests are due at a fixed rate, whether or not earlier ones were answered, and are sent over the first
// connection that is free. A latency is from the moment when the request was due, so that a stall counts for all that
// had to wait for it (Gil Tene's "coordinated omission" is to leave these out).
//
// A wrong answer, a lost connection or 10 seconds without any answer end it with status 1. Only for loopback.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common.h"
#include "histogram.h"
#include "http.h"

enum { CONNECTIONS_MAX = 1024, PROCESSES_MAX = 8, SILENCE_MS_MAX = 10000, READ_BYTES = 64 << 10 };

typedef struct {
  int socket;
  bool is_busy, waits_for_room;
  /// Bytes of the request that are written.
  size_t sent;
  /// Bytes of the answer's body that have come.
  size_t received;
  uint64_t due, first_byte;
  message answer;
} connection;

typedef struct {
  const char *name;
  clockid_t clock;
  uint64_t before, after;
} process;

static struct {
  int port, connection_count, process_count;
  bytes request, answer;
  char *header_name, *header_value;
  double seconds, warm_up, rate;
  uint64_t requests;
  process processes[PROCESSES_MAX];
} options;

static connection connections[CONNECTIONS_MAX];
static int idle[CONNECTIONS_MAX];
static int idle_count, poller, timer;
static histogram latencies, first_bytes;
static uint64_t started_at, measured_from, measured_to, started, completed, completed_in_window;
static enum { WARMING_UP, MEASURING, ENDING } phase;

// --- Time ------------------------------------------------------------------

static uint64_t due_time(uint64_t request) { return started_at + (uint64_t)((double)request * 1e9 / options.rate); }

/// How many requests are due by now.
static uint64_t due_by(uint64_t time) {
  uint64_t count = (uint64_t)((double)(time - started_at) / 1e9 * options.rate);
  while (due_time(count) <= time) count++;
  return count;
}

static void set_timer(uint64_t time) {
  struct itimerspec wanted = {.it_value = {.tv_sec = (time_t)(time / 1000000000u), .tv_nsec = (long)(time % 1000000000u)}};
  if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &wanted, NULL)) fail("the timer: %s", strerror(errno));
}

static void read_processor_time(bool is_end) {
  for (int i = 0; i < options.process_count; i++) {
    uint64_t spent = nanoseconds(options.processes[i].clock);
    if (is_end) options.processes[i].after = spent; else options.processes[i].before = spent;
  }
}

static void update_phase(uint64_t time) {
  if (phase == WARMING_UP && time >= started_at + (uint64_t)(options.warm_up * 1e9)) {
    read_processor_time(false);
    measured_from = now();
    phase = MEASURING;
  }
  bool is_over = options.requests ? completed >= options.requests
                                  : phase == MEASURING && time >= measured_from + (uint64_t)(options.seconds * 1e9);
  if (phase == MEASURING && is_over) {
    read_processor_time(true);
    measured_to = now();
    phase = ENDING;
  }
}

// --- One exchange ----------------------------------------------------------

static void watch(connection *connection, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = connection};
  if (epoll_ctl(poller, EPOLL_CTL_MOD, connection->socket, &event)) fail("epoll_ctl: %s", strerror(errno));
}

static void write_request(connection *connection) {
  while (connection->sent < options.request.length) {
    ssize_t count = send(connection->socket, options.request.start + connection->sent,
                         options.request.length - connection->sent, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno != EAGAIN) fail("a request cannot be sent: %s", strerror(errno));
      if (!connection->waits_for_room) watch(connection, EPOLLIN | EPOLLOUT);
      connection->waits_for_room = true;
      return;
    }
    connection->sent += (size_t)count;
  }
  if (connection->waits_for_room) watch(connection, EPOLLIN);
  connection->waits_for_room = false;
}

static void start(connection *connection, uint64_t due) {
  started++;
  connection->is_busy = true;
  connection->due = due;
  connection->sent = connection->received = 0;
  connection->first_byte = 0;
  message_reset(&connection->answer);
  write_request(connection);
}

/// Whether the next request of the open loop is to be sent. What was due before the end is, however late.
static bool is_wanted(void) { return phase != ENDING || due_time(started) < measured_to; }

/// Starts what is due, as far as connections are free.
static void start_due(uint64_t time) {
  uint64_t due = due_by(time);
  while (started < due && idle_count > 0 && is_wanted()) start(&connections[idle[--idle_count]], due_time(started));
}

static bool is_done(void) {
  return phase == ENDING && completed == started && (options.rate == 0 || !is_wanted());
}

static void refuse(const connection *connection, const char *reason, bytes piece) {
  fail("wrong answer: %s\n%s\n%.*s", reason, connection->answer.state == IN_HEAD ? "" : connection->answer.head,
       (int)(piece.length < 2000 ? piece.length : 2000), piece.start ? piece.start : "");
}

static void check_head(const connection *connection, bytes rest) {
  if (strncmp(connection->answer.head, "HTTP/1.1 200 ", 13) != 0) refuse(connection, "not a 200", rest);
  if (options.header_name && !message_field_is(&connection->answer, options.header_name, options.header_value))
    refuse(connection, "a header is missing or has another value", rest);
}

static void check_body(connection *connection, bytes piece) {
  if (piece.length > options.answer.length - connection->received ||
      memcmp(options.answer.start + connection->received, piece.start, piece.length) != 0)
    refuse(connection, "another body", piece);
  if (connection->received == 0) connection->first_byte = now();
  connection->received += piece.length;
}

static void complete(connection *connection) {
  if (connection->received != options.answer.length) refuse(connection, "the body is too short", (bytes){NULL, 0});
  uint64_t time = now();
  completed++;
  connection->is_busy = false;
  // In the open loop what counts is when it was due: one that is late must not drop out.
  bool was_due_in_window = measured_from && connection->due >= measured_from && (!measured_to || connection->due < measured_to);
  if (phase == MEASURING) completed_in_window++;
  if (options.rate > 0 ? was_due_in_window : phase == MEASURING) {
    histogram_add(&latencies, time - connection->due);
    histogram_add(&first_bytes, connection->first_byte - connection->due);
  }
  update_phase(time);
  if (options.rate > 0) {
    idle[idle_count++] = (int)(connection - connections);
    start_due(time);
  } else if (phase != ENDING) {
    start(connection, now());
  }
}

static void read_answer(connection *connection) {
  static char buffer[READ_BYTES];
  ssize_t count = recv(connection->socket, buffer, sizeof buffer, 0);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) fail("Envoy closed a connection: %s", count < 0 ? strerror(errno) : "the end of its stream");
  bytes input = {buffer, (size_t)count};
  while (input.length > 0) {
    if (!connection->is_busy) refuse(connection, "more than one", input);
    bool was_in_head = connection->answer.state == IN_HEAD;
    bytes piece = message_read(&connection->answer, &input);
    if (was_in_head && connection->answer.state != IN_HEAD) check_head(connection, input);
    if (piece.length > 0) check_body(connection, piece);
    if (connection->answer.state == BROKEN) refuse(connection, "not HTTP", input);
    if (connection->answer.state == AT_END) complete(connection);
  }
}

// --- All of them -----------------------------------------------------------

static void connect_all(void) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)options.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int i = 0; i < options.connection_count; i++) {
    connection *connection = &connections[i];
    connection->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection->socket, (struct sockaddr *)&address, sizeof address))
      fail("cannot connect to port %d: %s", options.port, strerror(errno));
    int yes = 1, nonblocking = 1;
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (ioctl(connection->socket, FIONBIO, &nonblocking)) fail("ioctl: %s", strerror(errno));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->socket, &event)) fail("epoll_ctl: %s", strerror(errno));
    idle[idle_count++] = i;
  }
}

static void take_events(void) {
  struct epoll_event events[256];
  int count = epoll_wait(poller, events, 256, SILENCE_MS_MAX);
  if (count < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
  if (count == 0) fail("no answer within %d ms", SILENCE_MS_MAX);
  for (int i = 0; i < count; i++) {
    connection *connection = events[i].data.ptr;
    if (!connection) {
      uint64_t expirations;
      if (read(timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN) fail("the timer: %s", strerror(errno));
      uint64_t time = now();
      update_phase(time);
      start_due(time);
      if (phase != ENDING) set_timer(due_time(due_by(time)));
      continue;
    }
    if (events[i].events & EPOLLOUT) write_request(connection);
    if (events[i].events & ~(uint32_t)EPOLLOUT) read_answer(connection);
  }
}

static void run(void) {
  poller = epoll_create1(0);
  connect_all();
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, timer, &event)) fail("epoll_ctl: %s", strerror(errno));
  started_at = now();
  update_phase(started_at);
  if (options.rate > 0) {
    set_timer(started_at);
  } else {
    while (idle_count > 0) start(&connections[idle[--idle_count]], now());
  }
  while (!is_done()) take_events();
}

static void print_result(void) {
  printf("{\"requests\":%" PRIu64 ",\"seconds\":%.6f,\"cpu\":{", completed_in_window,
         (double)(measured_to - measured_from) / 1e9);
  for (int i = 0; i < options.process_count; i++)
    printf("%s\"%s\":%" PRIu64, i ? "," : "", options.processes[i].name,
           options.processes[i].after - options.processes[i].before);
  printf("},\"latency\":");
  histogram_print(&latencies, stdout);
  printf(",\"first_byte\":");
  histogram_print(&first_bytes, stdout);
  printf("}\n");
}

static char *split(char *text) {
  char *sign = strchr(text, '=');
  if (!sign) fail("'%s' has no =", text);
  *sign = 0;
  return sign + 1;
}

static void add_process(char *text) {
  if (options.process_count == PROCESSES_MAX) fail("more than %d processes", PROCESSES_MAX);
  process *process = &options.processes[options.process_count++];
  int id = atoi(split(text));
  process->name = text;
  if (clock_getcpuclockid(id, &process->clock)) fail("there is no process %d", id);
}

static void read_options(int count, char **arguments) {
  static const struct option known[] = {
      {"port", required_argument, 0, 'p'},     {"connections", required_argument, 0, 'c'},
      {"request", required_argument, 0, 'q'},  {"answer", required_argument, 0, 'a'},
      {"answer-header", required_argument, 0, 'h'}, {"seconds", required_argument, 0, 's'},
      {"requests", required_argument, 0, 'n'}, {"warm-up", required_argument, 0, 'w'},
      {"rate", required_argument, 0, 'r'},     {"cpu", required_argument, 0, 'u'}, {0, 0, 0, 0}};
  int option;
  while ((option = getopt_long(count, arguments, "", known, NULL)) >= 0) {
    switch (option) {
      case 'p': options.port = atoi(optarg); break;
      case 'c': options.connection_count = atoi(optarg); break;
      case 'q': options.request = read_file(optarg); break;
      case 'a': options.answer = read_file(optarg); break;
      case 'h': options.header_value = split(optarg), options.header_name = optarg; break;
      case 's': options.seconds = atof(optarg); break;
      case 'n': options.requests = strtoull(optarg, NULL, 10); break;
      case 'w': options.warm_up = atof(optarg); break;
      case 'r': options.rate = atof(optarg); break;
      case 'u': add_process(optarg); break;
      default: exit(2);
    }
  }
  if (options.port <= 0 || !options.request.length || !options.answer.length) fail("--port, --request, --answer");
  if (options.connection_count < 1 || options.connection_count > CONNECTIONS_MAX)
    fail("--connections is 1 to %d", CONNECTIONS_MAX);
  if ((options.seconds > 0) == (options.requests > 0)) fail("either --seconds or --requests");
  if (options.rate < 0 || options.rate > 1e6) fail("--rate is up to a million");
}

int main(int count, char **arguments) {
  read_options(count, arguments);
  run();
  print_result();
  return 0;
}
