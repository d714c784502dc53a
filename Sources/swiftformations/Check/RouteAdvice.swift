import Transformation

/// Envoy chooses the route before any filter runs: what a transformation writes does not change it, unless it says so.
enum RouteAdvice {
  /// Something written that a route may match.
  private struct Written {
    let name: String
    let place: ConfigurationNode
    let path: String
  }

  static func notes(_ source: Advice.Source) -> [Diagnostic] {
    guard let request = source.node["request"] else { return [] }
    let path = source.path(of: "request")
    switch request["clearRouteCache"] {
    case .bool(true, let location):
      return [Diagnostic(.note, at: location, length: 4, path: "\(path).clearRouteCache", chosenAnew)]
    case .bool: return []
    default: return missing(written(request, path))
    }
  }

  private static let chosenAnew =
    "the route is chosen anew behind this filter. Filters in front of it (ext_authz, rbac, jwt_authn) have decided with"
    + " the old route's configuration: a client that may use one route can get to another by what it sends. The"
    + " transformation stays the one that was chosen, and the new route's configuration of this filter is not looked at"

  private static func missing(_ written: [Written]) -> [Diagnostic] {
    guard let first = written.first else { return [] }
    var names: [String] = []
    for entry in written where !names.contains(entry.name) { names.append(entry.name) }
    let isOne = names.count == 1
    return [
      Diagnostic(
        .note, at: first.place.location, length: first.place.text.map { $0.unicodeScalars.count } ?? 1,
        path: first.path,
        "\(list(names)) \(isOne ? "is" : "are") set; routes that match \(isOne ? "it" : "them") need clearRouteCache"
      )
    ]
  }

  private static func written(_ request: ConfigurationNode, _ path: String) -> [Written] {
    let headers = ["set", "add"].flatMap { field in
      (request[field]?.elements ?? []).enumerated().compactMap { index, entry in
        entry["name"].flatMap { node in
          node.text.map {
            Written(name: $0.lowercased(), place: node, path: "\(path).\(field)[\(index)].name")
          }
        }
      }
    }
    let metadata = (request["dynamicMetadata"]?.elements ?? []).enumerated().compactMap { index, entry in
      entry["namespace"].flatMap { node in
        node.text.map {
          Written(name: "metadata of \($0)", place: node, path: "\(path).dynamicMetadata[\(index)].namespace")
        }
      }
    }
    return headers + metadata
  }

  private static func list(_ names: [String]) -> String {
    if names.count > 4 { return names.prefix(3).joined(separator: ", ") + " and \(names.count - 3) more" }
    guard names.count > 1, let last = names.last else { return names.joined() }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }
}
