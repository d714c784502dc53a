import ExtProc
import Glibc
import TestPeers
import Testing

@testable import HTTP2
@testable import Server

@Suite(.blocking) struct DeadlineTests {
  private func options(_ change: (inout Server.Options) -> Void = { _ in }) -> Server.Options {
    var options = Server.Options(listen: [.tcp(host: "127.0.0.1", port: 0)])
    options.threads = 1
    change(&options)
    return options
  }

  private func port(_ running: RunningServer) -> Int {
    Int(running.addresses.last?.split(separator: ":").last ?? "") ?? 0
  }

  @Test(
    "who takes none of the answers that wait is closed, at the socket and by windows; who takes some is not")
  func stalled() async throws {
    let running = try await RunningServer(options { $0.limits.stalledSeconds = 2 })
    let deaf = try SocketClient(port: port(running))
    deaf.startHTTP2()
    deaf.write(SocketClient.Frame(type: 8, flags: 0, stream: 0, payload: [0x3f, 0, 0, 0]))
    let shut = try SocketClient(port: port(running))
    shut.startHTTP2()
    for client in [deaf, shut] {
      for stream: UInt32 in [1, 3, 5, 7, 9, 11, 13, 15] {
        client.open(stream)
        client.send(stream, "large: 4000000")
        if client === deaf {
          client.write(SocketClient.Frame(type: 8, flags: 0, stream: stream, payload: [0x3f, 0, 0, 0]))
        }
      }
    }
    let idle = try SocketClient(port: port(running))
    idle.startHTTP2()
    idle.open(1)
    idle.send(1, "hello")
    #expect(idle.next(SocketClient.Frame.data) != nil)
    // What the windows allow has come; then there is nothing but the end.
    #expect(shut.isClosedByServer)
    var exposition = Exposition()
    repeat {
      await Task.yield()
      exposition = Exposition()
      running.server.metrics.write(to: &exposition)
    } while !exposition.text.contains("swiftformations_connections_stalled_total 2\n")
    idle.send(1, "still here", end: true)
    #expect(idle.next(SocketClient.Frame.data)?.payload == InMemoryClient.frame(Array("still here".utf8)))
    try await running.stop()
    withExtendedLifetime(deaf) {}
  }

  @Test("who does not begin to speak HTTP/2 is closed; who has begun may be silent")
  func start() async throws {
    let running = try await RunningServer(options { $0.limits.startSeconds = 1 })
    let idle = try SocketClient(port: port(running))
    idle.startHTTP2()
    let silent = try SocketClient(port: port(running))
    let half = try SocketClient(port: port(running))
    half.write(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
    #expect(silent.isClosedByServer)
    #expect(half.isClosedByServer)
    idle.open(1)
    idle.send(1, "hello", end: true)
    #expect(idle.next(SocketClient.Frame.data) != nil)
    try await running.stop()
  }

  @Test("while a drain is delayed, new connections are served and health checks say no")
  func drainDelay() async throws {
    // Long enough for a busy machine to connect and ask twice.
    let running = try await RunningServer(options { $0.drainDelaySeconds = 5 })
    let port = port(running)
    running.server.shutdown()
    while running.server.currentPhase != .draining { await Task.yield() }
    let client = try SocketClient(port: port)
    client.startHTTP2()
    client.open(1)
    client.send(1, "hello", end: true)
    #expect(client.next(SocketClient.Frame.data)?.payload == InMemoryClient.frame(Array("hello".utf8)))
    client.open(3, path: "/grpc.health.v1.Health/Check")
    client.send(3, "", end: true)
    // HealthCheckResponse { status: NOT_SERVING }
    #expect(client.next(SocketClient.Frame.data)?.payload == InMemoryClient.frame([8, 2]))
    // The end first: a thread that waits for it in a read is one less for the server to come to it.
    try await running.ended()
    #expect(client.next(SocketClient.Frame.goAway) != nil)
  }

  @Test("while a drain is delayed, those who watch hear of it, though they say nothing")
  func drainDelayWatched() async throws {
    let running = try await RunningServer(options { $0.drainDelaySeconds = 5 })
    let client = try SocketClient(port: port(running))
    client.startHTTP2()
    client.open(1, path: "/grpc.health.v1.Health/Watch")
    client.send(1, "", end: true)
    #expect(client.next(SocketClient.Frame.data)?.payload == InMemoryClient.frame([8, 1]))
    running.server.shutdown()
    // Before the GOAWAY with which the drain begins.
    #expect(client.nextFrame()?.payload == InMemoryClient.frame([8, 2]))
    try await running.ended()
    #expect(client.next(SocketClient.Frame.goAway) != nil)
  }

  @Test("TCP connections have keepalive")
  func keepalive() async throws {
    let running = try await RunningServer(options())
    let client = try SocketClient(port: port(running))
    client.startHTTP2()
    client.open(1)
    client.send(1, "hello", end: true)
    #expect(client.next(SocketClient.Frame.data) != nil)
    // proc(5), /proc/net/tcp: in the fields behind `sl`, the local address, the state (1 is ESTABLISHED) and the timer
    // (2 is keepalive, once all is acknowledged).
    let port = String(port(running), radix: 16, uppercase: true)
    let suffix = ":" + String(repeating: "0", count: 4 - port.count) + port
    var timers: Set<Substring> = []
    for _ in 0..<2_000 where !timers.contains("02") {
      for line in lines(of: "/proc/net/tcp") {
        let fields = line.split(separator: " ")
        guard fields.count > 5, fields[1].hasSuffix(suffix), fields[3] == "01" else { continue }
        timers.insert(fields[5].prefix(2))
      }
      usleep(1_000)
    }
    #expect(timers.contains("02"))
    try await running.stop()
  }

  private func lines(of path: String) -> [Substring] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk.prefix(count) }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }
}
