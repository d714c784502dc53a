internal import Transformation

/// Why the configuration of a route lets no request pass.
enum RouteObstacle: Error {
  /// It was made by another module.
  case foreign
  /// It asks for a filter that is not here.
  case missingFilter(String)

  func failure(_ direction: Direction) -> Failure {
    switch self {
    case .foreign: Failure(place: "\(direction.rawValue).headers", reason: reason, message: message)
    case .missingFilter: Failure(place: "route", reason: reason, message: message)
    }
  }

  /// Short and stable, for statistics and response code details.
  private var reason: FailureReason {
    switch self {
    case .foreign: FailureReason("foreign_route_config")
    case .missingFilter: FailureReason("missing_filter")
    }
  }

  /// For people.
  private var message: String {
    switch self {
    case .foreign:
      "the route's configuration was made by another module: dynamic_module_config of the route and of the filter must"
        + " name the same one"
    case .missingFilter(let name):
      "the route asks for the filter `\(name)` of kgateway's module, which this module does not have"
    }
  }
}
