/// What a configuration file says: named transformations and how they are chosen.
package struct Configuration: Sendable {
  /// By name. A file that is just `{"request": …, "response": …}` has one, named `default`.
  package let transformations: [String: Transformation]
  /// `xds.route_name` to transformation.
  package let routes: [String: Transformation]
  /// The one named `default`, used when nothing selects another.
  package var fallback: Transformation? { transformations["default"] }

  /// Compiles a configuration. `configuration` is nil exactly when a diagnostic is an error.
  package static func load(_ node: ConfigurationNode) -> (configuration: Configuration?, diagnostics: [Diagnostic]) {
    fatalError()
  }

  /// The same from JSON text. The place of a syntax error is a diagnostic too.
  package static func load(json: [UInt8]) -> (configuration: Configuration?, diagnostics: [Diagnostic]) {
    fatalError()
  }
}

extension ConfigurationNode {
  /// Reads JSON text, keeping places.
  package static func json(_ text: [UInt8]) throws(Diagnostic) -> ConfigurationNode { fatalError() }
}
