import Foundation
import Synchronization
import Testing

@Suite("The life of a sidecar")
struct SidecarLifeTests {
  private static let transformations = "request: { set: [ { name: x-transformed, value: by-sidecar } ] }"

  @Test(
    "one that is killed under traffic fails requests, or lets them pass, as the filter says; a new one takes over",
    arguments: EnvoyVersion.allCases)
  func crash(version: EnvoyVersion) throws {
    let gateway = try Gateway(
      version,
      listeners: [
        .init(name: "closed", filter: ExtProcFilter(failureModeAllow: false)),
        .init(name: "open", filter: ExtProcFilter(failureModeAllow: true)),
      ], transformations: Self.transformations)
    let sidecar = try #require(gateway.sidecar)
    let closed = Traffic(gateway, through: "closed")
    let open = Traffic(gateway, through: "open")
    defer {
      closed.cancel()
      open.cancel()
    }

    try closed.wait(for: .transformed)
    try open.wait(for: .transformed)
    sidecar.crash()
    try closed.wait(for: .failed)
    try open.wait(for: .untouched)
    try sidecar.restart()
    try closed.wait(for: .transformed)
    try open.wait(for: .transformed)

    #expect(try closed.stop().isSubset(of: [.transformed, .failed]))
    #expect(try open.stop().isSubset(of: [.transformed, .untouched]))
  }

  @Test(
    "SIGTERM lets exchanges in flight finish, removes the socket and exits with 0",
    arguments: EnvoyVersion.allCases)
  func drain(version: EnvoyVersion) throws {
    let gateway = try Gateway(
      version, listeners: [.init(name: "buffered", filter: ExtProcFilter())],
      transformations: "response: { set: [ { name: x-late, value: 'yes' } ] }")
    let sidecar = try #require(gateway.sidecar)
    let connection = try HTTPConnection(port: gateway.envoy.port(of: "buffered"))
    try connection.send(.get("/delay/1"))
    // The exchange is in the middle of its stream when the upstream has the request.
    try waitFor("the upstream has the request") {
      try gateway.envoy.statistic("cluster.upstream.upstream_rq_active") == 1 ? true : nil
    }
    sidecar.process.signal(SIGTERM)
    let response = try connection.receive()
    #expect(response.status == 200)
    #expect(response.headers["x-late"] == ["yes"])
    try sidecar.process.waitForEnd()
    #expect(sidecar.process.exitStatus == 0)
    #expect(!FileManager.default.fileExists(atPath: sidecar.socketPath))
  }

  @Test(
    "SIGTERM cuts off no streamed completion that is transformed already, however long it lasts",
    arguments: EnvoyVersion.allCases, ["request", "response"])
  func drainOfStream(version: EnvoyVersion, direction: String) throws {
    let gateway = try Gateway(
      version,
      listeners: [.init(name: "streamed", filter: ExtProcFilter(requestBody: .none, responseBody: .none))],
      transformations: "\(direction): { set: [ { name: x-set, value: 'yes' } ] }",
      options: ["--drain-seconds", "1"])
    let sidecar = try #require(gateway.sidecar)
    let connection = try HTTPConnection(port: gateway.envoy.port(of: "streamed"))
    let body = #"{"model": "m", "stream": true, "messages": [{"role": "user", "content": "one two three"}]}"#
    // A few seconds of events: longer than the drain may take, shorter than the timeout of Envoy's route.
    try connection.send(.post("/v1/chat/completions?interval=300", json: body))
    #expect(try connection.receiveHead().status == 200)
    sidecar.process.signal(SIGTERM)
    var text = ""
    while let piece = try connection.receivePiece() { text += String(decoding: piece, as: UTF8.self) }
    #expect(text.hasSuffix("data: [DONE]\n\n"))
    try sidecar.process.waitForEnd()
    #expect(sidecar.process.exitStatus == 0)
  }

  @Test("two hundred requests at once each get their own transformation", arguments: EnvoyVersion.allCases)
  func manyAtOnce(version: EnvoyVersion) throws {
    let port = try Gateway.shared(version).envoy.port(of: Profile.buffered.rawValue)
    let configuration = """
      {"request": {"body": {"parseAs": "AsJson", "value": "{{ number }} for {{ header('x-number') }}"}}, \
      "response": {"set": [{"name": "x-number", "value": "{{ request_header('x-number') }}"}]}}
      """
    let connections = try (0..<200).map { number in
      let connection = try HTTPConnection(port: port)
      try connection.send(
        .post(
          "/echo", json: #"{"number": \#(number)}"#,
          headers: ["x-number": "\(number)", Route.configurationHeader: configuration]))
      return connection
    }
    let wrong = try connections.enumerated().compactMap { number, connection in
      let response = try connection.receive()
      let isRight =
        response.text == "\(number) for \(number)" && response.headers["x-number"] == ["\(number)"]
      return isRight ? nil : "\(number): \(response.status) \(response.text)"
    }
    #expect(wrong.prefix(3) == [])
  }
}

/// One request after the other, on a thread of its own, until it is stopped.
private final class Traffic: Sendable {
  enum Outcome: Hashable {
    case transformed
    case untouched
    case failed
    case other(Int)
  }

  private struct State {
    var seen: Set<Outcome> = []
    var latest: Outcome?
    var error: (any Error)?
    var stops = false
    var hasEnded = false
  }

  private let state = Mutex(State())

  init(_ gateway: Gateway, through listener: String) {
    Thread.detachNewThread { [self] in
      do {
        let connection = try HTTPConnection(port: gateway.envoy.port(of: listener))
        while !state.withLock(\.stops) {
          let outcome = try Self.outcome(of: connection.exchange(.post("/anything", "hello")))
          state.withLock {
            $0.seen.insert(outcome)
            $0.latest = outcome
          }
        }
      } catch {
        state.withLock { $0.error = error }
      }
      state.withLock { $0.hasEnded = true }
    }
  }

  func cancel() { state.withLock { $0.stops = true } }

  /// Waits until a request ends so; others before it may end otherwise.
  func wait(for outcome: Outcome) throws {
    state.withLock { $0.latest = nil }
    try waitFor("a request is \(outcome)") {
      try state.withLock { state in
        if let error = state.error { throw error }
        return state.latest == outcome ? true : nil
      }
    }
  }

  /// How requests have ended since the start.
  func stop() throws -> Set<Outcome> {
    cancel()
    try waitFor("the traffic ends") { state.withLock { $0.hasEnded ? true : nil } }
    return try state.withLock { state in
      if let error = state.error { throw error }
      return state.seen
    }
  }

  private static func outcome(of response: HTTPResponse) throws -> Outcome {
    switch response.status {
    case 200: try response.upstream().headers["x-transformed"].isEmpty ? .untouched : .transformed
    case 500: .failed
    default: .other(response.status)
    }
  }
}
