import Foundation
import Yams

/// What the files of `Tests/Fixtures/neighbours` say; its README.md tells how they are written.
struct NeighbourFiles: Sendable {
  let filters: [String: NeighbourFilter]
  let transformations: [NeighbourTransformation]
  let messages: NeighbourMessages
  let chains: [NeighbourChain]

  /// A fault in a file is a failure of each test.
  static let loaded = Result { try NeighbourFiles() }
  static var all: NeighbourFiles { get throws { try loaded.get() } }

  private init() throws {
    let filters: [NeighbourFilter] = try Self.read("filters")
    self.filters = Dictionary(uniqueKeysWithValues: filters.map { ($0.name, $0) })
    transformations = try Self.read("transformations")
    messages = try Self.read("messages")
    chains = try Self.read("chains")
  }

  private static func read<Content: Decodable>(_ name: String) throws -> Content {
    let file = Scenario.folder.deletingLastPathComponent().appendingPathComponent("neighbours/\(name).yaml")
    do {
      return try YAMLDecoder().decode(Content.self, from: String(contentsOf: file, encoding: .utf8))
    } catch {
      throw Failure("\(name).yaml: \(error)")
    }
  }
}

/// A filter of Envoy's, or a second one of ours.
struct NeighbourFilter: Sendable, Decodable {
  /// Where a second filter of ours runs.
  enum Kind: String, Sendable, Decodable { case same, other }

  let name: String
  /// In YAML's flow style.
  let typedConfig: String?
  /// Of a second filter of ours.
  let transformation: String?
  let kind: Kind?
  private let request: MessageRule?
  private let response: MessageRule?
  /// What the server is asked with; nil when none is asked.
  let asks: Asks?

  enum Asks: String, Sendable, Decodable { case body, nothing }

  func rule(_ direction: MessageDirection) -> MessageRule {
    (direction == .request ? request : response) ?? MessageRule()
  }
}

enum MessageDirection { case request, response }

/// A transformation and what it does to messages.
struct NeighbourTransformation: Sendable, Decodable {
  let name: String
  private let smoke: Bool?
  /// The text of a configuration file.
  let configuration: String
  private let request: MessageRule?
  private let response: MessageRule?

  var isSmoke: Bool { smoke ?? false }

  func rule(_ direction: MessageDirection) -> MessageRule {
    (direction == .request ? request : response) ?? MessageRule()
  }
}

/// The bodies that are sent, and how.
struct NeighbourMessages: Sendable, Decodable {
  let request: String
  let response: String
  let shapes: [Shape]

  struct Shape: Sendable, Decodable {
    let name: String
    private let smoke: Bool?
    private let framing: ScenarioMessage.Framing
    private let cuts: [Int]?
    private let arrivesApart: Bool?
    private let endsLate: Bool?
    private let trailers: Bool?
    /// Left out: by all of them.
    private let wires: [NeighbourWire]?

    var isSmoke: Bool { smoke ?? false }

    func isSent(by wire: NeighbourWire) -> Bool { wires?.contains(wire) ?? true }

    func message(_ start: [String: String], _ body: [UInt8]) -> ScenarioMessage {
      var message = ScenarioMessage(start: start, framing: framing)
      if framing != .none { message.body = body }
      if trailers ?? false { message.trailers = [.init("x-trailer", "at the end")] }
      message.delivery.cuts = cuts ?? []
      message.delivery.arrivesApart = arrivesApart ?? false
      message.delivery.endsLate = endsLate ?? false
      return message
    }
  }
}

/// The protocols of the client's connection and of the upstream's.
enum NeighbourWire: String, Sendable, Decodable, CaseIterable {
  case http1 = "HTTP/1"
  case http2 = "HTTP/2"
  case http2ToHTTP1 = "HTTP/2 to HTTP/1"

  /// By it Envoy chooses the upstream's protocol.
  var authority: String { self == .http2 ? "h2.test" : "h1.test" }
}

/// Filters in an order, the first one nearest to the client, and what the route and the upstream do.
struct NeighbourChain: Sendable, Decodable {
  /// What the upstream gets a second time.
  enum Second: String, Sendable, Decodable {
    /// The same bytes once more.
    case repeated
    /// What comes of the first, sent through all filters once more.
    case redirected
  }

  let name: String
  private let smoke: Bool?
  let filters: [String]
  private let headers: [String]?
  private let responseHeaders: [String]?
  /// `request`, `response`: bodies that are sent compressed.
  private let compressed: [String]?
  /// Of the route, in YAML's flow style.
  let route: String?
  /// The route's own configuration of filters, likewise.
  let perFilter: String?
  /// What the upstream answers first.
  private let first: [String: String]?
  let second: Second?
  private let mirrored: Bool?
  private let shapes: [String]?
  private let transformations: [String]?
  private let only: ParityGateway.Deployment?
  private let differences: [Difference]?

  var deployments: [ParityGateway.Deployment] { only.map { [$0] } ?? ParityGateway.Deployment.allCases }

  var isMirrored: Bool { mirrored ?? false }

  /// The place of the filter of ours that the suite varies.
  static let ours = "ours"

  /// Where the outcome is another one than the rules say.
  struct Difference: Sendable, Decodable {
    private let places: [String]
    private let transformations: [String]?
    private let shapes: [String]?
    private let wires: [NeighbourWire]?
    let because: String
    /// The client may get an answer of ours in place of it all, which gives this reason.
    let orRefusal: String

    private enum CodingKeys: String, CodingKey {
      case places = "in"
      case transformations, shapes, wires, because, orRefusal
    }

    func holds(for exchange: NeighbourExchange) -> Bool {
      let place = "\(exchange.deployment.rawValue) \(exchange.version.rawValue)"
      return places.contains { $0 == place || $0 == exchange.deployment.rawValue }
        && transformations?.contains(exchange.transformation.name) ?? true
        && shapes?.contains(exchange.shape.name) ?? true
        && wires?.contains(exchange.wire) ?? true
    }
  }

  func difference(for exchange: NeighbourExchange) -> Difference? {
    differences?.first { $0.holds(for: exchange) }
  }

  func takes(_ transformation: NeighbourTransformation) -> Bool {
    transformations?.contains(transformation.name) ?? true
  }

  func takes(_ shape: NeighbourMessages.Shape) -> Bool { shapes?.contains(shape.name) ?? true }

  func request(_ shape: NeighbourMessages.Shape, _ wire: NeighbourWire, _ body: String) throws
    -> ScenarioMessage
  {
    let start = [
      ":method": "POST", ":path": "/asked", ":authority": wire.authority,
    ]
    return try sent(shape.message(start, bytes(body, "request")), headers, "request")
  }

  /// The upstream's answers, one after the other.
  func answers(_ shape: NeighbourMessages.Shape, _ wire: NeighbourWire, _ body: String) throws
    -> [ScenarioMessage]
  {
    var answers: [ScenarioMessage] = []
    if let first {
      var answer = ScenarioMessage(start: [":status": first[":status"] ?? "500"], framing: .length)
      answer.headers = first.filter { !$0.key.hasPrefix(":") }.map {
        .init($0.key, $0.value.replacing("{authority}", with: wire.authority))
      }
      answers.append(answer)
    }
    var answer = shape.message([":status": "200"], bytes(body, "response"))
    // A response of HTTP/1 without any of them ends with the connection.
    if answer.framing == .none { answer.framing = .length }
    return try answers + [sent(answer, responseHeaders, "response")]
  }

  private func bytes(_ body: String, _ direction: String) -> [UInt8] {
    let bytes = Array(body.utf8)
    return compressed?.contains(direction) ?? false ? Gzip.encoded(bytes) : bytes
  }

  private func sent(_ message: ScenarioMessage, _ headers: [String]?, _ direction: String) throws
    -> ScenarioMessage
  {
    var message = message
    message.headers = try (headers ?? []).map { line in
      guard let colon = line.firstIndex(of: ":") else { throw Failure("not a header: \(line)") }
      return .init(
        String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
    }
    if compressed?.contains(direction) ?? false, !message.body.isEmpty {
      message.headers.append(.init("content-encoding", "gzip"))
    }
    return message
  }
}
