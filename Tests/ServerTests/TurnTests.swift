import Dispatch
import Foundation
import Glibc
import Synchronization
import TestPeers
import Testing

@testable import GRPC
@testable import HTTP2
@testable import Server

@Suite(.blocking) struct TurnTests {
  private func options() -> Server.Options {
    var options = Server.Options(listen: [.tcp(host: "127.0.0.1", port: 0)])
    options.threads = 1
    return options
  }

  private func port(_ running: RunningServer) -> Int {
    Int(running.addresses.last?.split(separator: ":").last ?? "") ?? 0
  }

  /// Sends many messages, each on a stream of its own, in one go.
  private func keepBusy(_ port: Int, _ message: String = "slow: 10", messages: Int) throws -> SocketClient {
    let client = try SocketClient(port: port)
    client.startHTTP2()
    for number in 0..<messages {
      client.open(UInt32(2 * number + 1))
      client.send(UInt32(2 * number + 1), message, end: true)
    }
    return client
  }

  /// Waits until the loop is inside of a message, for longer than a turn.
  private func waitUntilInside(_ service: ScriptedHandler.Service) async {
    while service.received.load(ordering: .relaxed) == 0 { await Task.yield() }
    usleep(2 * UInt32(LoopTurn.millisecondsMax) * 1_000)
  }

  /// Lets a message pass every 50 ms as long as `body` waits for something: far slower than the loop turns to others, also on
  /// a busy machine.
  private func whileMessagesPass(_ service: ScriptedHandler.Service, _ body: () async throws -> Void)
    async rethrows
  {
    final class End: Sendable { let isReached = Atomic(false) }
    let end = End()
    let thread = Thread {
      while !end.isReached.load(ordering: .relaxed) {
        service.gate.signal()
        usleep(50_000)
      }
    }
    thread.start()
    defer { end.isReached.store(true, ordering: .relaxed) }
    try await body()
  }

  @Test("a health check on the same loop is answered behind a few messages at most, not behind all")
  func healthCheck() async throws {
    let service = ScriptedHandler.Service()
    let running = try await RunningServer(options(), service: service)
    let check = try SocketClient(port: port(running))
    check.startHTTP2()
    check.open(1, path: "/grpc.health.v1.Health/Check")
    check.send(1, "", end: true)
    #expect(check.next(SocketClient.Frame.data) != nil)
    let busy = try (0..<3).map { _ in try keepBusy(port(running), "gated", messages: 40) }
    await waitUntilInside(service)
    check.open(3, path: "/grpc.health.v1.Health/Check")
    check.send(3, "", end: true)
    await whileMessagesPass(service) { #expect(check.next(SocketClient.Frame.data) != nil) }
    #expect(service.received.load(ordering: .relaxed) < 100)
    for _ in 0..<120 { service.gate.signal() }
    for client in busy {
      for _ in 0..<40 { #expect(client.next(SocketClient.Frame.data) != nil) }
    }
    try await running.stop()
  }

  @Test("connections take turns: one that sent little is not behind all of one that sent much")
  func turns() async throws {
    let service = ScriptedHandler.Service()
    let running = try await RunningServer(options(), service: service)
    let little = try SocketClient(port: port(running))
    little.startHTTP2()
    little.open(1)
    little.send(1, "hello")
    #expect(little.next(SocketClient.Frame.data) != nil)
    let before = service.received.load(ordering: .relaxed)
    let much = try keepBusy(port(running), "gated", messages: 120)
    while service.received.load(ordering: .relaxed) == before { await Task.yield() }
    usleep(2 * UInt32(LoopTurn.millisecondsMax) * 1_000)
    little.send(1, "hello again", end: true)
    await whileMessagesPass(service) { #expect(little.next(SocketClient.Frame.data) != nil) }
    #expect(service.received.load(ordering: .relaxed) - before < 100)
    for _ in 0..<120 { service.gate.signal() }
    for _ in 0..<120 { #expect(much.next(SocketClient.Frame.data) != nil) }
    try await running.stop()
  }

  @Test("a drain ends at its deadline, whatever waits")
  func drain() async throws {
    let service = ScriptedHandler.Service()
    var options = options()
    options.drainSeconds = 0
    let running = try await RunningServer(options, service: service)
    let busy = try (0..<2).map { _ in try keepBusy(port(running), "gated", messages: 60) }
    await waitUntilInside(service)
    running.server.shutdown()
    while running.server.currentPhase != .draining { await Task.yield() }
    // The deadline is behind the message at hand, and before most that wait.
    try await whileMessagesPass(service) { try await running.stop() }
    #expect(service.received.load(ordering: .relaxed) < 100)
    for client in busy { #expect(client.isClosedByServer) }
  }

  @Test("a drain serves what was read before it, though that takes longer than a round trip")
  func drainServes() async throws {
    let service = ScriptedHandler.Service()
    let running = try await RunningServer(options(), service: service)
    let client = try keepBusy(port(running), messages: 150)
    while service.received.load(ordering: .relaxed) == 0 { await Task.yield() }
    running.server.shutdown()
    for _ in 0..<150 { #expect(client.next(SocketClient.Frame.data) != nil) }
    try await running.ended()
  }

  @Test("a session that is told to pause takes all in the end, wherever it was cut")
  func pauses() {
    let client = InMemoryClient.scripted()
    var asked = 0
    client.server.endsTurn = {
      asked += 1
      return asked % 3 != 0
    }
    let ids = (0..<50).map { _ in client.open() }
    for (number, id) in ids.enumerated() { client.send(id, "message \(number)", "more", end: true) }
    client.exchange()
    for (number, id) in ids.enumerated() {
      #expect(client.texts(id) == ["message \(number)", "more"])
      #expect(client[id].grpcStatus == "0")
    }
    #expect(asked >= 50)
  }
}

@Suite struct StallTests {
  @Test("only what waits and is not taken counts, and each kilobyte that is taken begins anew")
  func lasts() {
    var stall = Stall()
    func look(_ now: UInt64, waits: Bool, taken: Int) -> Bool {
      stall.lasts(30, now: now, waits: waits, taken: taken)
    }
    #expect(!look(1, waits: false, taken: 10))
    #expect(!look(100, waits: false, taken: 10))
    #expect(!look(101, waits: true, taken: 10))
    #expect(!look(130, waits: true, taken: 10))
    #expect(!look(131, waits: true, taken: 2_000))
    #expect(!look(160, waits: true, taken: 2_900))
    #expect(look(161, waits: true, taken: 2_000))
    #expect(!look(162, waits: false, taken: 2_000))
    #expect(!look(192, waits: true, taken: 2_000))
    #expect(!look(221, waits: true, taken: 2_000))
    #expect(look(222, waits: true, taken: 2_000))
  }
}
