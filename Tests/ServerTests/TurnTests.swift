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

  /// Sends many messages that take their time, each on a stream of its own, in one go.
  private func keepBusy(_ port: Int, messages: Int) throws -> SocketClient {
    let client = try SocketClient(port: port)
    client.startHTTP2()
    for number in 0..<messages {
      client.open(UInt32(2 * number + 1))
      client.send(UInt32(2 * number + 1), "slow: 10", end: true)
    }
    return client
  }

  @Test("a health check on the same loop is answered between a few messages that take long, not after all")
  func healthCheck() async throws {
    let service = ScriptedHandler.Service()
    let running = try await RunningServer(options(), service: service)
    // Their connections are there before.
    let checks = try (0..<3).map { _ in
      let client = try SocketClient(port: port(running))
      client.startHTTP2()
      return client
    }
    let busy = try (0..<5).map { _ in try keepBusy(port(running), messages: 100) }
    for check in checks {
      check.open(1, path: "/grpc.health.v1.Health/Check")
      check.send(1, "", end: true)
      #expect(check.next(SocketClient.Frame.data) != nil)
    }
    #expect(service.received.load(ordering: .relaxed) < 250)
    // All are answered in the end.
    for client in busy {
      for _ in 0..<100 { #expect(client.next(SocketClient.Frame.data) != nil) }
    }
    #expect(service.received.load(ordering: .relaxed) == 500)
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
    let much = try keepBusy(port(running), messages: 300)
    little.send(1, "hello again", end: true)
    #expect(little.next(SocketClient.Frame.data) != nil)
    #expect(service.received.load(ordering: .relaxed) < 200)
    for _ in 0..<300 { #expect(much.next(SocketClient.Frame.data) != nil) }
    try await running.stop()
  }

  @Test("a drain ends at its deadline, whatever waits")
  func drain() async throws {
    let service = ScriptedHandler.Service()
    var options = options()
    options.drainSeconds = 0
    let running = try await RunningServer(options, service: service)
    let busy = try (0..<4).map { _ in try keepBusy(port(running), messages: 200) }
    while service.received.load(ordering: .relaxed) == 0 { await Task.yield() }
    try await running.stop()
    #expect(service.received.load(ordering: .relaxed) < 400)
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
  @Test("only what waits and is not taken counts, and each byte that is taken begins anew")
  func lasts() {
    var stall = Stall()
    func look(_ now: UInt64, waits: Bool, taken: Int) -> Bool {
      stall.lasts(30, now: now, waits: waits, taken: taken)
    }
    #expect(!look(1, waits: false, taken: 10))
    #expect(!look(100, waits: false, taken: 10))
    #expect(!look(101, waits: true, taken: 10))
    #expect(!look(130, waits: true, taken: 10))
    #expect(!look(131, waits: true, taken: 11))
    #expect(!look(160, waits: true, taken: 11))
    #expect(look(161, waits: true, taken: 11))
    #expect(!look(162, waits: false, taken: 11))
    #expect(!look(192, waits: true, taken: 11))
    #expect(!look(221, waits: true, taken: 11))
    #expect(look(222, waits: true, taken: 11))
  }
}
