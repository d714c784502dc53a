import Foundation
import Testing
import Yams

/// One HTTP exchange and what must come of it, whatever runs the transformation. `Tests/Fixtures/parity/README.md`
/// tells how it is written.
struct Scenario: Sendable, CustomTestStringConvertible {
  let name: String
  /// The text of a configuration file.
  let configuration: String
  /// Configurations of their own for Envoy's routes, by the route's name.
  let perRoute: [String: String]
  /// Over TLS with a client certificate, as `Certificates` has them.
  let usesTLS: Bool
  let request: ScenarioMessage
  let response: ScenarioMessage
  /// What the client sends after a 101, and gets back from the upstream.
  let tunnelled: String?
  private let expected: ScenarioOutcome
  private let differences: [Difference]

  /// Where Envoy itself forces another result.
  struct Difference: Sendable {
    let places: [String]
    let outcome: ScenarioOutcome
  }

  var testDescription: String { name }

  /// What must come of it there.
  func outcome(in place: ParityPlace) -> ScenarioOutcome {
    var outcome = differences.first { $0.places.contains { place.isNamed($0) } }?.outcome ?? expected
    // Envoy 1.36 takes no details from a module.
    if place == .module(.oldest), outcome.details != nil { outcome.details = "dynamic_module" }
    return outcome
  }

  /// Differences that are none, or that are for nowhere.
  var idleDifferences: [Difference] {
    differences.filter { difference in
      difference.outcome == expected
        || !difference.places.allSatisfy { name in ParityPlace.allCases.contains { $0.isNamed(name) } }
    }
  }

  /// The name of Envoy's route for the request's path.
  static let routeNames = ["first", "second"]
  static let otherRoute = "other"
  var routeName: String {
    let path = request.start[":path"] ?? "/"
    return Self.routeNames.first { path.hasPrefix("/\($0)") } ?? Self.otherRoute
  }

  // MARK: The files

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures/parity")

  /// All scenarios in all files; a fault in a file is a failure of each test.
  static let loaded = Result { try load() }
  static let all = (try? loaded.get()) ?? []

  private static func load() throws -> [Scenario] {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".yaml") }.sorted()
    return try files.flatMap { file in
      let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
      do {
        return try YAMLDecoder().decode([Scenario].self, from: text)
      } catch {
        throw Failure("\(file): \(error)")
      }
    }
  }
}

/// What came, or must come, of an exchange.
struct ScenarioOutcome: Sendable, Equatable {
  /// The request as it arrived; nil when it did not.
  var upstream: ScenarioMessage?
  var client: ScenarioMessage
  /// By namespace and key.
  var metadata: [String: [String: String]] = [:]
  /// Envoy's RESPONSE_CODE_DETAILS where a reply of ours was given; else nil.
  var details: String?
}

// MARK: Reading

extension Scenario: Decodable {
  private enum Key: String, CodingKey, CaseIterable {
    case name, configuration, perRoute, tls, request, response, tunnelled
    case upstream, client, metadata, details, differences
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    try decoder.refuseUnknownKeys(Key.self)
    name = try container.decode(String.self, forKey: .name)
    configuration = try container.decode(String.self, forKey: .configuration)
    perRoute = try container.decodeIfPresent([String: String].self, forKey: .perRoute) ?? [:]
    usesTLS = try container.decodeIfPresent(Bool.self, forKey: .tls) ?? false
    tunnelled = try container.decodeIfPresent(String.self, forKey: .tunnelled)
    let start = ScenarioMessage(start: [":method": "GET", ":path": "/", ":authority": "test"])
    request = try container.decodeIfPresent(MessageText.self, forKey: .request)?.sent(start) ?? start
    let answer = ScenarioMessage(start: [":status": "200"], framing: .length)
    response = try container.decodeIfPresent(MessageText.self, forKey: .response)?.sent(answer) ?? answer
    let passed = ScenarioOutcome(upstream: request, client: response)
    let expected = try OutcomeText(from: decoder).outcome(passed, passed: passed)
    self.expected = expected
    differences =
      try container.decodeIfPresent([DifferenceText].self, forKey: .differences)?.map { text in
        Difference(places: text.places, outcome: try text.outcome.outcome(expected, passed: passed))
      } ?? []
  }
}

/// What stands under `differences`.
private struct DifferenceText: Decodable {
  let places: [String]
  let outcome: OutcomeText

  private enum Key: String, CodingKey, CaseIterable {
    case places = "in"
    case because, upstream, client, metadata, details
  }

  init(from decoder: any Decoder) throws {
    try decoder.refuseUnknownKeys(Key.self)
    let container = try decoder.container(keyedBy: Key.self)
    places = try container.decode([String].self, forKey: .places)
    guard try !container.decode(String.self, forKey: .because).isEmpty else {
      throw Failure("a difference without a reason")
    }
    outcome = try OutcomeText(from: decoder)
  }
}

/// The expectations of a scenario or of a difference: what is left out is as it was.
private struct OutcomeText: Decodable {
  private enum Key: String, CodingKey { case upstream, client, metadata, details }

  /// `upstream: nothing`: the request does not arrive.
  private let isRefused: Bool
  private let upstream: MessageText?
  private let client: MessageText?
  private let metadata: [String: [String: String]]?
  private let details: String?

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    isRefused = (try? container.decode(String.self, forKey: .upstream)) == "nothing"
    upstream = isRefused ? nil : try container.decodeIfPresent(MessageText.self, forKey: .upstream)
    client = try container.decodeIfPresent(MessageText.self, forKey: .client)
    metadata = try container.decodeIfPresent([String: [String: String]].self, forKey: .metadata)
    details = try container.decodeIfPresent(String.self, forKey: .details)
  }

  /// - Parameter passed: what it would be without a transformation.
  func outcome(_ base: ScenarioOutcome, passed: ScenarioOutcome) throws -> ScenarioOutcome {
    var outcome = base
    if isRefused { outcome.upstream = nil }
    if let upstream, let base = base.upstream ?? passed.upstream {
      outcome.upstream = upstream.expected(base)
    }
    if let client { outcome.client = client.expected(base.client) }
    if let metadata { outcome.metadata = metadata }
    if let details { outcome.details = details }
    return outcome
  }
}

extension Decoder {
  /// A misspelled field must not be a check that is not made.
  func refuseUnknownKeys<Key: CodingKey & CaseIterable>(_ known: Key.Type) throws {
    let names = Set(known.allCases.map(\.stringValue))
    for key in try container(keyedBy: AnyKey.self).allKeys where !names.contains(key.stringValue) {
      throw Failure("unknown field \(key.stringValue)")
    }
  }
}

private struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
