import Glibc
import Logging
import TestPeers
import Testing

@testable import HTTP2
@testable import Server

@Suite(.blocking) struct ServerTests {
  private func options(_ addresses: ListenAddress..., drainSeconds: Int = 30) -> Server.Options {
    var options = Server.Options(listen: addresses)
    options.threads = 1
    options.drainSeconds = drainSeconds
    return options
  }

  private func port(_ running: RunningServer) -> Int {
    Int(running.addresses.last?.split(separator: ":").last ?? "") ?? 0
  }

  /// One call with one message, over whatever socket.
  private func expectEcho(_ client: SocketClient) {
    client.startHTTP2()
    client.open(1)
    client.send(1, "hello", end: true)
    #expect(client.next(SocketClient.Frame.data)?.payload == InMemoryClient.frame(Array("hello".utf8)))
    #expect(client.next(SocketClient.Frame.headers)?.flags == 5)
  }

  @Test("a Unix socket and a TCP port serve at once, each with a log line that shows the real port")
  func listeners() async throws {
    let directory = TemporaryDirectory()
    let path = "\(directory.path)/s"
    let running = try await RunningServer(options(.unix(path: path), .tcp(host: "127.0.0.1", port: 0)))
    #expect(running.addresses.first == "unix:\(path)")
    #expect(port(running) > 0)
    expectEcho(try SocketClient(unix: path))
    expectEcho(try SocketClient(port: port(running)))
    try await running.stop()
    #expect(running.log.all.allSatisfy { $0.level <= .info })
  }

  @Test("the socket has the mode that was asked for, and no other file is left beside it")
  func mode() async throws {
    let directory = TemporaryDirectory()
    var options = options(.unix(path: "\(directory.path)/s"))
    #expect(options.socketMode == 0o660)
    for mode in [0o660, 0o600, 0o777] as [UInt16] {
      options.socketMode = mode
      let running = try await RunningServer(options)
      #expect(directory.names == ["s"])
      #expect(UInt16(directory.status("s").st_mode & 0o7777) == mode)
      try await running.stop()
      #expect(directory.names == [])
    }
  }

  @Test("a stale socket is replaced")
  func stale() async throws {
    let directory = TemporaryDirectory()
    let path = "\(directory.path)/s"
    let (crashed, descriptor) = try UnixSocketPath.bind(path, mode: 0o600)
    try crashed.publish()
    close(descriptor)
    let before = directory.status("s").st_ino
    let running = try await RunningServer(options(.unix(path: path)))
    #expect(directory.status("s").st_ino != before)
    expectEcho(try SocketClient(unix: path))
    try await running.stop()
  }

  @Test("a socket that a live server answers on is left alone")
  func live() async throws {
    let directory = TemporaryDirectory()
    let path = "\(directory.path)/s"
    let running = try await RunningServer(options(.unix(path: path)))
    let error = await #expect(throws: Listener.BindError.self) {
      _ = try await RunningServer(options(.unix(path: path)))
    }
    #expect(error?.description == "cannot listen on unix:\(path): another server answers on it")
    expectEcho(try SocketClient(unix: path))
    try await running.stop()
  }

  @Test("a file that is not a socket is left alone")
  func regularFile() async throws {
    let directory = TemporaryDirectory()
    let path = "\(directory.path)/s"
    close(open(path, O_CREAT | O_WRONLY, 0o600))
    let error = await #expect(throws: Listener.BindError.self) {
      _ = try await RunningServer(options(.unix(path: path)))
    }
    #expect(error?.reason == "the file exists and is not a socket")
    #expect(directory.names == ["s"])
  }

  @Test("a socket that another server has put in the place of ours is not removed")
  func replaced() async throws {
    let directory = TemporaryDirectory()
    let path = "\(directory.path)/s"
    let running = try await RunningServer(options(.unix(path: path)))
    unlink(path)
    let (other, descriptor) = try UnixSocketPath.bind(path, mode: 0o600)
    try other.publish()
    try await running.stop()
    #expect(directory.names == ["s"])
    close(descriptor)
  }

  @Test("a path as long as a Unix socket allows is served")
  func longestPath() async throws {
    let directory = TemporaryDirectory()
    let path = directory.path + "/" + String(repeating: "s", count: 106 - directory.path.utf8.count)
    #expect(path.utf8.count == 107)
    let running = try await RunningServer(options(.unix(path: path)))
    expectEcho(try SocketClient(unix: path))
    try await running.stop()
  }

  @Test("the socket's folder is made when only it is missing")
  func missingFolder() async throws {
    let directory = TemporaryDirectory()
    let running = try await RunningServer(options(.unix(path: "\(directory.path)/new/s")))
    expectEcho(try SocketClient(unix: "\(directory.path)/new/s"))
    try await running.stop()
  }

  @Test("an address that cannot be bound is named with the reason, and the others are given up")
  func bindFailure() async throws {
    let directory = TemporaryDirectory()
    let running = try await RunningServer(options(.tcp(host: "127.0.0.1", port: 0)))
    let taken = port(running)
    let second = options(.unix(path: "\(directory.path)/s"), .tcp(host: "127.0.0.1", port: taken))
    let error = await #expect(throws: Listener.BindError.self) { _ = try await RunningServer(second) }
    #expect(error?.description == "cannot listen on 127.0.0.1:\(taken): Address already in use")
    #expect(directory.names == [])
    let missing = await #expect(throws: Listener.BindError.self) {
      _ = try await RunningServer(options(.unix(path: "\(directory.path)/none/none/s")))
    }
    #expect(missing?.description.hasSuffix("No such file or directory") == true)
    try await running.stop()
  }

  @Test("a drain lets a stream in flight finish, takes no new connection, and removes the socket")
  func drain() async throws {
    let directory = TemporaryDirectory()
    let path = "\(directory.path)/s"
    let running = try await RunningServer(options(.unix(path: path)))
    let client = try SocketClient(unix: path)
    client.startHTTP2()
    client.open(1)
    client.send(1, "one")
    #expect(client.next(SocketClient.Frame.data) != nil)
    running.server.shutdown()
    #expect(client.next(SocketClient.Frame.goAway)?.payload.prefix(4) == [0x7f, 0xff, 0xff, 0xff])
    #expect(client.next(SocketClient.Frame.goAway)?.payload == [0, 0, 0, 1, 0, 0, 0, 0])
    #expect(directory.names == [])
    #expect(throws: SocketClient.ConnectError.self) { _ = try SocketClient(unix: path) }
    client.send(1, "two", end: true)
    #expect(client.next(SocketClient.Frame.data)?.payload == InMemoryClient.frame(Array("two".utf8)))
    #expect(client.next(SocketClient.Frame.headers)?.flags == 5)
    #expect(client.isClosedByServer)
    try await running.ended()
  }

  @Test("a drain closes idle connections, those that never spoke included")
  func drainIdle() async throws {
    let running = try await RunningServer(options(.tcp(host: "127.0.0.1", port: 0)))
    let silent = try SocketClient(port: port(running))
    let idle = try SocketClient(port: port(running))
    expectEcho(idle)
    running.server.shutdown()
    #expect(idle.isClosedByServer)
    #expect(silent.isClosedByServer)
    try await running.ended()
  }

  @Test("a drain ends calls with nothing left to do at once, with status 0, also those that come to it later")
  func drainSettled() async throws {
    let running = try await RunningServer(options(.tcp(host: "127.0.0.1", port: 0)))
    let client = try SocketClient(port: port(running))
    client.startHTTP2()
    for (stream, text) in [(1, "settled"), (3, "busy")] as [(UInt32, String)] {
      client.open(stream)
      client.send(stream, text)
      #expect(client.next(SocketClient.Frame.data) != nil)
    }
    running.server.shutdown()
    #expect(client.next(SocketClient.Frame.headers)?.stream == 1)
    client.send(3, "settled")
    #expect(client.next(SocketClient.Frame.data)?.stream == 3)
    try await running.ended()
    #expect(Samples(running.server.metrics)["swiftformations_streams_ended_total{end=\"succeeded\"}"] == 2)
  }

  @Test("a drain ends at its deadline, whatever is in flight")
  func deadline() async throws {
    let running = try await RunningServer(options(.tcp(host: "127.0.0.1", port: 0), drainSeconds: 0))
    let client = try SocketClient(port: port(running))
    client.startHTTP2()
    client.open(1)
    client.send(1, "one")
    #expect(client.next(SocketClient.Frame.data) != nil)
    try await running.stop()
    #expect(client.isClosedByServer)
  }

  @Test("calls of a connection that breaks are counted as ended")
  func brokenConnection() async throws {
    let running = try await RunningServer(options(.tcp(host: "127.0.0.1", port: 0)))
    do {
      let client = try SocketClient(port: port(running))
      client.startHTTP2()
      for stream: UInt32 in [1, 3] {
        client.open(stream)
        client.send(stream, "one")
        #expect(client.next(SocketClient.Frame.data) != nil)
      }
      #expect(Samples(running.server.metrics)["swiftformations_streams_open"] == 2)
    }
    try await running.stop()
    let samples = Samples(running.server.metrics)
    #expect(samples["swiftformations_streams_open"] == 0)
    #expect(samples["swiftformations_streams_ended_total{end=\"cancelled\"}"] == 2)
  }

  @Test("a shutdown before the start is not forgotten")
  func earlyShutdown() async throws {
    let directory = TemporaryDirectory()
    let server = Server(
      options: options(.unix(path: "\(directory.path)/s")),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      makeProcess: { ScriptedHandler.Service().method })
    server.shutdown()
    try await server.run()
    #expect(directory.names == [])
  }

  @Test("a client that speaks HTTP/1.1 is told so and cut off, and the server lives on")
  func wrongProtocol() async throws {
    let running = try await RunningServer(options(.tcp(host: "127.0.0.1", port: 0)))
    let client = try SocketClient(port: port(running))
    client.write(Array("GET / HTTP/1.1\r\nhost: a\r\n\r\n".utf8))
    #expect(client.next(SocketClient.Frame.goAway)?.payload == [0, 0, 0, 0, 0, 0, 0, 1])
    #expect(client.isClosedByServer)
    expectEcho(try SocketClient(port: port(running)))
    try await running.stop()
  }

  @Test("a client that does not read its answers is held back, and gets them all when it reads")
  func backPressure() async throws {
    let running = try await RunningServer(options(.tcp(host: "127.0.0.1", port: 0)))
    let client = try SocketClient(port: port(running))
    client.startHTTP2()
    // A window for everything: what stops the server is the socket alone.
    client.write(
      .init(type: SocketClient.Frame.settings, flags: 0, stream: 0, payload: [0, 4, 0x7f, 0xff, 0xff, 0xff]))
    client.write(.init(type: 8, flags: 0, stream: 0, payload: [0x7f, 0xff, 0, 0]))
    client.open(1)
    let bytes = 40 << 20
    client.send(1, "large: \(bytes)", end: true)
    var received = 0
    while received < bytes + 5, let frame = client.next(SocketClient.Frame.data) {
      received += frame.payload.count
    }
    #expect(received == bytes + 5)
    try await running.stop()
  }

  @Test("a connection over the limit is closed, and the others live on")
  func connectionLimit() async throws {
    var options = options(.tcp(host: "127.0.0.1", port: 0))
    options.limits.connectionsMax = 1
    let running = try await RunningServer(options)
    let first = try SocketClient(port: port(running))
    expectEcho(first)
    let second = try SocketClient(port: port(running))
    #expect(second.isClosedByServer)
    first.open(3)
    first.send(3, "hello", end: true)
    #expect(first.next(SocketClient.Frame.data) != nil)
    try await running.stop()
  }
}
