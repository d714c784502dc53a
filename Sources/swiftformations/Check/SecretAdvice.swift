import Transformation

/// Credentials that come from the environment: an unset variable is "", and a request goes out without its key.
enum SecretAdvice {
  /// Headers that carry a credential.
  private static let headers: Set<String> = [
    "authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key",
  ]

  static func warnings(_ source: Advice.Source) -> [Diagnostic] {
    ["request", "response"].flatMap { direction in
      ["set", "add"].flatMap { field in
        (source.node[direction]?[field]?.elements ?? []).enumerated().flatMap { index, entry in
          warnings(entry, path: "\(source.path(of: direction)).\(field)[\(index)].value")
        }
      }
    }
  }

  private static func warnings(_ entry: ConfigurationNode, path: String) -> [Diagnostic] {
    guard let name = entry["name"]?.text?.lowercased(), headers.contains(name),
      case .string(let value)? = entry["value"]
    else { return [] }
    return EnvironmentReads.warnings(in: value, path: path) { variable in
      "where \(variable) is not set, `\(name)` goes out without it: \(EnvironmentReads.remedy(variable))"
    }
  }
}
