import CNghttp2
import TestPeers
import Testing

@testable import HTTP2
@testable import Server

/// The client's call against the server's session, in memory.
@Suite("The call of the health check")
struct HealthCallTests {
  @Test("it tells what the server says of itself")
  func statuses() throws {
    let health = HealthService()
    #expect(try outcome(health: health) == .status(.serving))
    health.drain()
    #expect(try outcome(health: health) == .status(.notServing))
  }

  @Test("an answer in pieces is the same answer")
  func pieces() throws {
    #expect(try outcome(health: HealthService(), pieceBytes: 1) == .status(.serving))
  }

  @Test("a server that resets the stream has refused")
  func reset() throws {
    let call = try HealthCall()
    _ = try call.send()
    #expect(call.outcome == nil)
    // SETTINGS without any, then RST_STREAM(REFUSED_STREAM) of stream 1 (RFC 9113 sections 6.4 and 6.5).
    try call.receive([0, 0, 0, 4, 0, 0, 0, 0, 0] + [0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 7])
    #expect(call.outcome == .refused("the stream was reset"))
  }

  @Test("an answer with another HTTP status, gRPC status or message is told", arguments: Answer.all)
  func others(_ answer: Answer) throws {
    let call = try HealthCall()
    _ = try call.send()
    try call.receive([0, 0, 0, 4, 0, 0, 0, 0, 0] + answer.frames)
    #expect(call.outcome == answer.outcome)
  }

  struct Answer: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let frames: [UInt8]
    let outcome: HealthCall.Outcome

    static let all = [
      Answer(
        testDescription: "HTTP 404", frames: headers([(":status", "404")], end: true),
        outcome: .refused("HTTP status 404")),
      Answer(
        testDescription: "no gRPC", frames: headers([(":status", "200")], end: true),
        outcome: .refused("no gRPC status")),
      Answer(
        testDescription: "unimplemented",
        frames: headers([(":status", "200"), ("grpc-status", "12"), ("grpc-message", "no")], end: true),
        outcome: .refused("gRPC status 12 (no)")),
      Answer(
        testDescription: "no message",
        frames: headers([(":status", "200"), ("grpc-status", "0")], end: true),
        outcome: .refused("an answer that is no HealthCheckResponse")),
      Answer(
        testDescription: "a message that is none", frames: answer([0, 0, 0, 0, 2, 8, 255]),
        outcome: .refused("an answer that is no HealthCheckResponse")),
      Answer(
        testDescription: "a status that nobody knows", frames: answer([0, 0, 0, 0, 2, 8, 9]),
        outcome: .refused("an answer that is no HealthCheckResponse")),
      Answer(
        testDescription: "more than one message", frames: answer([0, 0, 0, 0, 2, 8, 1, 0]),
        outcome: .refused("an answer that is no HealthCheckResponse")),
      Answer(
        testDescription: "a message without end",
        frames: answer([0, 0, 0, 3, 232] + [UInt8](repeating: 0, count: 1000)),
        outcome: .refused("an answer that is no HealthCheckResponse")),
    ]

    private static func answer(_ body: [UInt8]) -> [UInt8] {
      headers([(":status", "200")], end: false) + frame(0, flags: 0, body)
        + headers([("grpc-status", "0")], end: true)
    }

    private static func headers(_ fields: [(String, String)], end: Bool) -> [UInt8] {
      // RFC 7541 section 6.2.2: a literal with a new name; all lengths fit in seven bits.
      var block: [UInt8] = []
      for (name, value) in fields {
        block +=
          [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
      }
      return frame(1, flags: end ? 5 : 4, block)
    }

    private static func frame(_ type: UInt8, flags: UInt8, _ payload: [UInt8]) -> [UInt8] {
      [0, UInt8(payload.count >> 8), UInt8(payload.count & 255), type, flags, 0, 0, 0, 1] + payload
    }
  }

  private func outcome(health: HealthService, pieceBytes: Int = .max) throws -> HealthCall.Outcome {
    let call = try HealthCall()
    let client = InMemoryClient(methods: health.methods)
    let server = client.server
    var room = [UInt8](repeating: 0, count: 64 << 10)
    for _ in 0..<10 {
      if let outcome = call.outcome { return outcome }
      client.feed(try call.send())
      let count = room.withUnsafeMutableBytes { server.send(into: $0) }
      var rest = room.prefix(count)
      while !rest.isEmpty {
        try call.receive(Array(rest.prefix(pieceBytes)))
        rest = rest.dropFirst(pieceBytes)
      }
    }
    return try #require(call.outcome)
  }
}
