import Transformation

/// A value in a configuration of Envoy, and where it stands. Fields are asked for by the names of Envoy's API; the text
/// may spell them as JSON does, too: `http_filters` or `httpFilters`.
struct EnvoyValue {
  let node: ConfigurationNode
  /// `static_resources.listeners[0]`
  let path: String

  /// Nil where the field is absent or null, as protobuf takes them for the same.
  subscript(field: String) -> EnvoyValue? {
    guard let value = node[field] ?? node[EnvoyValue.camelCase(field)] else { return nil }
    if case .null = value { return nil }
    return EnvoyValue(node: value, path: path.isEmpty ? field : "\(path).\(field)")
  }

  /// Of a list; none of what is no list.
  var elements: [EnvoyValue] {
    node.elements.enumerated().map { EnvoyValue(node: $0.element, path: "\(path)[\($0.offset)]") }
  }

  /// Of an object, in the order of the text.
  var members: [(name: String, value: EnvoyValue)] {
    guard case .mapping(let members, _) = node else { return [] }
    return members.map { ($0.key.value, EnvoyValue(node: $0.value, path: "\(path).\($0.key.value)")) }
  }

  var text: String? { node.text }

  /// Envoy reads YAML 1.1: `yes` and `on` are true, too.
  var isTrue: Bool {
    switch node {
    case .bool(let value, _): value
    case .string(let string): ["y", "yes", "on", "true"].contains(string.value.lowercased())
    default: false
    }
  }

  /// A whole number; protobuf's JSON takes it in quotes, too.
  var integer: Int? {
    switch node {
    case .number(let spelling, _): Int(spelling)
    case .string(let string): Int(string.value)
    default: nil
    }
  }

  /// A `google.protobuf.Duration`: `0.25s`.
  var seconds: Double? {
    guard let text, text.last == "s" else { return nil }
    let number = text.dropLast()
    // Swift reads more than such numbers, and nothing behind a NUL.
    return number.utf8.allSatisfy { "0123456789.-".utf8.contains($0) } ? Double(number) : nil
  }

  func finding(_ severity: Diagnostic.Severity, _ message: String) -> Diagnostic {
    let length = text.map { $0.unicodeScalars.count } ?? 1
    return Diagnostic(severity, at: node.location, length: length, path: path, message)
  }

  private static func camelCase(_ field: String) -> String {
    let words = field.split(separator: "_")
    return words.dropFirst().reduce(words.first.map(String.init) ?? "") { name, word in
      name + word.prefix(1).uppercased() + word.dropFirst()
    }
  }
}
