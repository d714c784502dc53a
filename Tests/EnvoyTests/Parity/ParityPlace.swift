import Testing

/// Something that runs transformations.
enum ParityPlace: Hashable, Sendable, CaseIterable, CustomTestStringConvertible {
  case sidecar(EnvoyVersion)
  case module(EnvoyVersion)
  /// `swiftformations render`: no Envoy at all.
  case render

  static let allCases =
    EnvoyVersion.everyLine.map(Self.sidecar) + EnvoyVersion.everyLine.map(Self.module) + [render]

  var testDescription: String { name }

  /// By this name, or by its first word alone, a scenario says that a place differs.
  var name: String {
    switch self {
    case .sidecar(let version): "sidecar \(version.rawValue)"
    case .module(let version): "module \(version.rawValue)"
    case .render: "render"
    }
  }

  func isNamed(_ text: String) -> Bool { text == name || text == name.split(separator: " ")[0] }

  func run(_ scenario: Scenario) async throws -> ScenarioOutcome {
    switch self {
    case .sidecar(let version): try await ParityGateway.run(scenario, .sidecar, version)
    case .module(let version): try await ParityGateway.run(scenario, .module, version)
    case .render: try scenario.rendered()
    }
  }
}
