/// Text in Prometheus's exposition format, version 0.0.4.
package struct Exposition {
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  package enum Kind: String { case counter, gauge, histogram }

  package private(set) var text = ""

  package init() {}

  /// Starts a family of samples. A name comes once.
  package mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  package mutating func sample(
    _ name: String, _ labels: KeyValuePairs<String, String> = [:], _ value: some BinaryInteger
  ) {
    sample(name, labels, text: "\(value)")
  }

  package mutating func sample(
    _ name: String, _ labels: KeyValuePairs<String, String> = [:], _ value: Double
  ) {
    sample(name, labels, text: "\(value)")
  }

  /// A family of one sample.
  package mutating func single(_ name: String, _ kind: Kind, _ value: some BinaryInteger, _ help: String) {
    family(name, kind, help)
    sample(name, [:], value)
  }

  package mutating func single(_ name: String, _ kind: Kind, _ value: Double, _ help: String) {
    family(name, kind, help)
    sample(name, [:], value)
  }

  private mutating func sample(_ name: String, _ labels: KeyValuePairs<String, String>, text value: String) {
    text += name
    if !labels.isEmpty {
      text += "{" + labels.map { "\($0.key)=\"\(Self.escape($0.value))\"" }.joined(separator: ",") + "}"
    }
    text += " \(value)\n"
  }

  private static func escape(_ value: String) -> String {
    var escaped = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
