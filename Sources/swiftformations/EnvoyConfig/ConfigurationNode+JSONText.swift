import Transformation

extension ConfigurationNode {
  /// The same configuration as JSON, laid out for reading; it can stand in a YAML block as it is.
  ///
  /// Numbers and the order of members are kept. Recursion is bounded by the readers' limits on depth.
  package var jsonText: String { lines.joined(separator: "\n") }

  private var lines: [String] {
    switch self {
    case .sequence(let elements, _) where !isFlat:
      return ConfigurationNode.block("[", elements.map { ("", $0) }, "]")
    case .mapping(let members, _) where !isFlat:
      return ConfigurationNode.block(
        "{", members.map { (ConfigurationNode.quote($0.key.value) + ": ", $0.value) }, "}")
    default: return [line]
    }
  }

  /// Nothing in it holds anything.
  private var isFlat: Bool {
    switch self {
    case .sequence(let elements, _): return !elements.contains(where: \.isContainer)
    case .mapping(let members, _): return !members.contains { $0.value.isContainer }
    default: return true
    }
  }

  private var isContainer: Bool {
    switch self {
    case .sequence, .mapping: return true
    default: return false
    }
  }

  private var line: String {
    switch self {
    case .null: return "null"
    case .bool(let value, _): return value ? "true" : "false"
    case .number(let spelling, _): return spelling
    case .string(let string): return ConfigurationNode.quote(string.value)
    case .sequence(let elements, _): return "[\(elements.map(\.line).joined(separator: ", "))]"
    case .mapping(let members, _):
      let list = members.map { "\(ConfigurationNode.quote($0.key.value)): \($0.value.line)" }
      return "{\(list.joined(separator: ", "))}"
    }
  }

  private static func block(
    _ opening: String, _ entries: [(start: String, node: ConfigurationNode)], _ closing: String
  ) -> [String] {
    var lines = [opening]
    for (position, entry) in entries.enumerated() {
      var inner = entry.node.lines.map { "  " + $0 }
      inner[0] = "  " + entry.start + inner[0].dropFirst(2)
      if position < entries.count - 1 { inner[inner.count - 1] += "," }
      lines += inner
    }
    return lines + [closing]
  }

  /// What JSON must escape, and what YAML takes for a line break or refuses to read.
  private static func quote(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: quoted += "\\\""
      case 0x5C: quoted += "\\\\"
      case 0x0A: quoted += "\\n"
      case 0x09: quoted += "\\t"
      case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
