import Synchronization

/// An Envoy with a listener for each chain of filters, and the servers behind it.
final class NeighbourGateway: Sendable {
  /// How long an exchange may hang: none takes a tenth of it.
  private static let patienceSeconds = 4

  private let folder: TemporaryFolder
  private let envoy: Envoy
  private let sidecar: Sidecar
  private let upstream: ScriptedServer
  private let mirror: ScriptedServer
  private let authorization: ScriptedServer

  init(_ version: EnvoyVersion, smoke: Bool) throws {
    let files = try NeighbourFiles.all
    folder = try TemporaryFolder()
    upstream = try ScriptedServer()
    mirror = try ScriptedServer()
    authorization = try ScriptedServer()
    sidecar = try Sidecar(configuration: "{}", in: folder)
    let bootstrap = NeighbourBootstrap(
      upstreamPort: upstream.port, mirrorPort: mirror.port, authorizationPort: authorization.port,
      sidecarSocket: sidecar.socketPath)
    envoy = try Envoy(
      version,
      bootstrap: try bootstrap.yaml(
        files.chains, files.transformations.filter { $0.isSmoke || !smoke }, files),
      modules: try ModuleFolder.all.path, workers: 1, in: folder)
  }

  /// Sends the exchange's request twice on one connection: what the first one leaves behind spoils the second.
  ///
  /// - Returns: what went wrong.
  func run(_ exchange: NeighbourExchange) throws -> [String] {
    let listener = NeighbourBootstrap.listenerName(
      exchange.chain, exchange.transformation, exchange.deployment)
    let expected = try exchange.outcome()
    var complaints: [String] = []
    var connections: Set<Int> = []
    var client: NeighbourClient?
    for round in ["first", "second"] {
      upstream.script(exchange.answers)
      let accepted = ScenarioMessage(start: [":status": "200"], framing: .length)
      mirror.script([accepted])
      authorization.script([accepted])
      do {
        let connection =
          try client
          ?? NeighbourClient(
            exchange.wire, port: envoy.port(of: listener), seconds: Self.patienceSeconds)
        let response = try connection.exchange(exchange.request)
        // Envoy closes after some answers.
        client = response.first("connection") == "close" ? nil : connection
        if let reason = exchange.chain.difference(for: exchange)?.orRefusal,
          response.start[":status"] == "500", String(decoding: response.body, as: UTF8.self).contains(reason)
        {
          // The upstream may have got a part of the request.
          _ = leftovers()
          continue
        }
        complaints += try compare(response, with: expected, exchange)
      } catch {
        complaints.append("\(error)")
      }
      connections.formUnion(upstream.taken.requests.map(\.connection))
      guard complaints.isEmpty else {
        complaints = complaints.map { "the \(round) time, \($0)" }
        break
      }
    }
    // A redirected request may go out before the connection of the first is free.
    if exchange.chain.second != .redirected, connections.count > 1 {
      complaints.append("the upstream's connection was not used again")
    }
    return complaints + leftovers()
  }

  /// What a plain request finds on the upstream's connections after an exchange: nothing. What is left behind is cleared
  /// away, so that the next exchange does not find it.
  private func leftovers() -> [String] {
    var complaints: [String] = []
    let probe = ScenarioMessage(start: [":method": "GET", ":path": "/", ":authority": "h1.test"])
    for _ in 0..<4 {
      upstream.script([ScenarioMessage(start: [":status": "204"])])
      let status = Result {
        try NeighbourClient(
          .http1, port: envoy.port(of: NeighbourBootstrap.plainListenerName), seconds: Self.patienceSeconds
        ).exchange(probe).start[":status"]
      }
      let failures = upstream.taken.failures
      if failures.isEmpty, (try? status.get()) == "204" { break }
      complaints.append("after it, a plain request: \(status) \(failures)")
    }
    return complaints
  }

  private func compare(
    _ response: ScenarioMessage, with expected: NeighbourExchange.Outcome, _ exchange: NeighbourExchange
  ) throws -> [String] {
    var complaints: [String] = []
    let taken = upstream.taken
    complaints += taken.failures.map { "the upstream: \($0)" }
    if taken.requests.count != expected.tries.count {
      complaints.append("the upstream got \(taken.requests.count) requests for \(expected.tries.count)")
    }
    for (number, pair) in zip(taken.requests, expected.tries).enumerated() {
      if let text = try RuledMessage(pair.0.message).difference(from: pair.1) {
        complaints.append("at the upstream, try \(number + 1):\n\(text)")
      }
    }
    if exchange.chain.isMirrored, let sent = expected.tries.first {
      complaints += try compareMirrored(sent)
    }
    let asked = authorization.taken
    complaints += asked.failures.map { "the authorization server: \($0)" }
    if asked.requests.map(\.message.body) != expected.asked {
      let bodies = { (bodies: [[UInt8]]) in bodies.map { String(decoding: $0, as: UTF8.self) } }
      complaints.append(
        "the authorization server was asked with \(bodies(asked.requests.map(\.message.body))) for \(bodies(expected.asked))"
      )
    }
    if let client = expected.client, let text = try RuledMessage(response).difference(from: client) {
      complaints.append("at the client:\n\(text)")
    }
    return complaints
  }

  /// Envoy waits for nothing of the mirror.
  private func compareMirrored(_ sent: RuledMessage) throws -> [String] {
    let request = try waitFor("the mirrored request", seconds: Double(Self.patienceSeconds)) {
      mirror.taken.requests.first
    }
    var expected = sent
    expected.headers[":authority"] = sent.headers[":authority"]?.map { $0 + "-shadow" }
    guard let text = try RuledMessage(request.message).difference(from: expected) else { return [] }
    return ["at the mirror:\n\(text)"]
  }
}

/// A client's connection to Envoy.
private enum NeighbourClient {
  case http1(ScenarioWire)
  case http2(HTTP2Wire)

  init(_ wire: NeighbourWire, port: Int, seconds: Int) throws {
    switch wire {
    case .http1: self = .http1(try ScenarioWire(port: port, seconds: seconds))
    case .http2, .http2ToHTTP1: self = .http2(try HTTP2Wire(port: port, seconds: seconds))
    }
  }

  func exchange(_ request: ScenarioMessage) throws -> ScenarioMessage {
    switch self {
    case .http1(let wire):
      try wire.send(request)
      return try wire.receiveResponse(to: request.start[":method"] ?? "")
    case .http2(let wire): return try wire.receiveResponse(on: try wire.sendRequest(request))
    }
  }
}
