/// What else Envoy is to do once a message is transformed: `request.clearRouteCache` and its like. Goes from the
/// configuration to the adapters as it is.
package struct Effects: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The route is chosen anew.
  package static let clearRouteCache = Effects(rawValue: 1)
}
