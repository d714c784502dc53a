internal import CEnvoyModule
internal import Transformation

/// Which transformation of a configuration applies to an exchange: that of Envoy's route name in `routes`, else
/// `default`.
struct TransformationChoice: Sendable {
  /// Nil when there are none, so that nothing is asked of Envoy.
  private let routes: [String: Transformation]?
  private let fallback: Transformation?

  init(_ configuration: Configuration) {
    routes = configuration.routes.isEmpty ? nil : configuration.routes
    fallback = configuration.fallback
  }

  private init() { (routes, fallback) = (nil, nil) }

  /// None applies to any exchange.
  static let none = TransformationChoice()

  /// Nil when none applies.
  func transformation(for stream: EnvoyStream) -> Transformation? {
    guard let routes, let name = EnvoyAttribute.routeName(of: stream) else { return fallback }
    return routes[String(decoding: name, as: UTF8.self)] ?? fallback
  }
}
