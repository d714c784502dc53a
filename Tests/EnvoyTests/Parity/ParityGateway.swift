import Foundation
import Synchronization

/// An Envoy with a listener for each scenario and deployment, a sidecar and a scripted upstream.
final class ParityGateway: Sendable {
  enum Deployment: String, CaseIterable, Sendable, Decodable {
    case sidecar, module
  }

  private let folder: TemporaryFolder
  private let envoy: Envoy
  private let sidecar: Sidecar
  private let upstream: ScenarioUpstream

  /// One for each version, started when it is first asked for.
  private static let shared = Mutex<[EnvoyVersion: Result<ParityGateway, any Error>]>([:])
  /// One scenario at a time: the upstream knows just the answer of one.
  private static let queues = Dictionary(
    uniqueKeysWithValues: EnvoyVersion.everyLine.map { ($0, BlockingQueue("parity \($0.rawValue)")) })

  /// Sends the scenario's request through the gateway that all scenarios share, and takes down what comes of it.
  static func run(
    _ scenario: Scenario, _ deployment: Deployment, _ version: EnvoyVersion
  ) async throws -> ScenarioOutcome {
    guard let queue = queues[version] else { throw Failure("no gateway of Envoy \(version.rawValue)") }
    return try await queue.run {
      // Only this queue asks for this version.
      var gateway = shared.withLock { $0[version] }
      if gateway == nil {
        gateway = Result { try ParityGateway(version) }
        shared.withLock { $0[version] = gateway }
      }
      return try gateway!.get().run(scenario, deployment)
    }
  }

  private init(_ version: EnvoyVersion) throws {
    folder = try TemporaryFolder()
    upstream = try ScenarioUpstream()
    sidecar = try Sidecar(configuration: "{}", in: folder)
    let bootstrap = ParityBootstrap(
      upstreamPort: upstream.port, sidecarSocket: sidecar.socketPath, folder: folder.path,
      accessLogFile: folder.file("access.log"))
    envoy = try Envoy(
      version, bootstrap: try bootstrap.yaml(Scenario.all), accessLogFile: folder.file("access.log"),
      modules: try ModuleFolder.all.path, in: folder)
  }

  private func run(_ scenario: Scenario, _ deployment: Deployment) throws -> ScenarioOutcome {
    let name = ParityBootstrap.listenerName(scenario, deployment)
    let (client, requests) = try upstream.answering(with: scenario.response) {
      let wire = try ScenarioWire(port: envoy.port(of: name))
      try wire.send(scenario.request)
      let response = try wire.receiveResponse(to: scenario.request.start[":method"] ?? "GET")
      if let text = scenario.tunnelled {
        try wire.send(Array(text.utf8))
        guard try wire.receive(text.utf8.count) == Array(text.utf8) else {
          throw Failure("what went through the tunnel has changed")
        }
      }
      return response
    }
    guard requests.count <= 1 else { throw Failure("the upstream got \(requests.count) requests") }
    let entry = try envoy.accessLogEntry(ParityLogEntry.self, "from \(name)") { $0.listener == name }
    return ScenarioOutcome(
      upstream: requests.first, client: client, metadata: entry.metadata, details: entry.replyDetails)
  }
}

/// One line of the access log.
struct ParityLogEntry: Decodable, Sendable {
  let listener: String
  private let details: String?
  private let namespaces: [String: [String: String]?]

  /// As the scenarios write it.
  static let yaml = """
    details: "%RESPONSE_CODE_DETAILS%",
    namespaces: {
      \(ParityBootstrap.namespaces.map { "\($0): \"%DYNAMIC_METADATA(\($0))%\"" }.joined(separator: ", "))
    }
    """

  var metadata: [String: [String: String]] { namespaces.compactMapValues { $0 } }

  /// Of a reply that the transformation gave.
  var replyDetails: String? {
    details.flatMap { $0.hasPrefix("swiftformations{") || $0 == "dynamic_module" ? $0 : nil }
  }
}
