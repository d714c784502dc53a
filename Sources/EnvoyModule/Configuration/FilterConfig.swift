internal import CEnvoyModule
internal import Transformation

/// One configuration of the filter: of a listener, or of an update of it. Shared by all threads.
final class FilterConfig: Sendable {
  let choice: TransformationChoice
  let metrics: Metrics
  let failureLog = FailureLog()

  /// Nil, with the reason in the log, when the configuration cannot be used.
  init?(_ envoy: EnvoyFilterConfig, name: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer) {
    guard FilterName.isKnown(name, of: "filter_name"),
      let configuration = ConfigurationText.load(text, as: "filter_config")
    else { return nil }
    choice = TransformationChoice(configuration)
    metrics = Metrics(definedIn: envoy)
  }
}

/// The configuration of a route (or a virtual host, or a weighted cluster), which takes the place of the filter's.
final class RouteConfig: Sendable {
  let choice: TransformationChoice

  /// Nil, with the reason in the log, when the configuration cannot be used.
  init?(name: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer) {
    guard FilterName.isKnown(name, of: "per_route_config_name"),
      let configuration = ConfigurationText.load(text, as: "per-route filter_config")
    else { return nil }
    choice = TransformationChoice(configuration)
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

/// The names under which the filter can be asked for. All mean the same.
enum FilterName {
  /// The first is ours, the others those of the Rust filter.
  static let known = ["transformation", "rustformation", "http_simple_mutations"]

  /// Says in the log what is wrong. `field`: where the name was given.
  static func isKnown(_ name: UnsafeRawBufferPointer, of field: String) -> Bool {
    if known.contains(where: { name.elementsEqual($0.utf8) }) { return true }
    let given = String(decoding: name, as: UTF8.self).printable
    ModuleLog.write(
      ENVOY_LOG_ERROR, "\(field): there is no filter `\(given)`; there are: \(known.joined(separator: ", "))")
    return false
  }
}
