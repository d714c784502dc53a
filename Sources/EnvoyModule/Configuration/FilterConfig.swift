internal import CEnvoyModule
internal import Transformation

/// One configuration of the filter: of a listener, or of an update of it. Shared by all threads.
final class FilterConfig: Sendable {
  /// Nil where nothing applies.
  let configuration: Configuration?
  /// A filter that is not here (`FilterName.missing`): it does nothing.
  let isInert: Bool
  let metrics: Metrics
  let failureLog = FailureLog()

  /// Nil, with the reason in the log, when the configuration cannot be used.
  init?(_ envoy: EnvoyFilterConfig, name: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer) {
    guard let filter = FilterName(name, of: "filter_name") else { return nil }
    switch filter {
    case .transformation:
      guard let configuration = ConfigurationText.load(text, as: "filter_config") else { return nil }
      (self.configuration, isInert) = (configuration, false)
    case .missing(let name):
      FilterName.tellMissing(name, of: "filter_name", "it does nothing")
      (configuration, isInert) = (nil, true)
    }
    metrics = Metrics(definedIn: envoy)
  }

  /// What applies to a stream whose first headers are of this direction, by the route's configuration, or by this one
  /// where the route has none.
  func transformation(_ direction: Direction, of stream: EnvoyStream) throws(RouteObstacle) -> Transformation?
  {
    var configuration = configuration
    if let route = envoy_route_config(stream) {
      // In the response: an answer of somebody else, which came before the request. There is nothing to stop.
      guard let ours = RouteConfig.at(route) else {
        if direction == .request { throw .foreign }
        return nil
      }
      if let name = ours.missingFilter {
        if direction == .request { throw .missingFilter(name) }
        return nil
      }
      if !isInert { configuration = ours.configuration }
    }
    return configuration?.transformation(routeName: { EnvoyAttribute.routeName(of: stream) })
  }
}

/// The configuration of a route (or a virtual host, or a weighted cluster), which takes the place of the filter's.
final class RouteConfig: Sendable {
  /// Nil where nothing applies.
  let configuration: Configuration?
  /// The filter that the route asks for, and that is not here.
  let missingFilter: String?

  /// Nil, with the reason in the log, when the configuration cannot be used.
  init?(name: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer) {
    guard let filter = FilterName(name, of: "per_route_config_name") else { return nil }
    switch filter {
    case .transformation:
      guard let configuration = ConfigurationText.load(text, as: "per-route filter_config") else {
        return nil
      }
      (self.configuration, missingFilter) = (configuration, nil)
    case .missing(let name):
      FilterName.tellMissing(
        name, of: "per_route_config_name", "requests to the routes that ask for it are refused (500)")
      (configuration, missingFilter) = (nil, name)
    }
  }

  /// What Envoy keeps for the route; it holds the object until `end`. Nil when there is no memory.
  func makeHandle() -> UnsafeMutableRawPointer? {
    let object = Unmanaged.passRetained(self)
    if let handle = route_handle_make(object.toOpaque()) { return handle }
    object.release()
    return nil
  }

  /// What Envoy has for the route of a stream.
  ///
  /// A route names its module by itself, and Envoy hands over what that one made. So it may be of another module, or of
  /// a copy of this one under another name, and point anywhere or nowhere: nil then.
  static func at(_ pointer: UnsafeMutableRawPointer) -> RouteConfig? {
    route_handle_object(pointer).map { Unmanaged<RouteConfig>.fromOpaque($0).takeUnretainedValue() }
  }

  static func end(_ handle: UnsafeMutableRawPointer) {
    if let object = route_handle_end(handle) { Unmanaged<RouteConfig>.fromOpaque(object).release() }
  }
}
