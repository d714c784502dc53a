/// Lines of YAML, to be put one into the other.
struct YAMLBlock: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  private(set) var lines: [String]

  init(stringLiteral text: String) { self.init(text) }

  init(_ text: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  static let empty = YAMLBlock(lines: [])

  private init(lines: [String]) { self.lines = lines }

  var text: String { lines.map { $0 + "\n" }.joined() }

  func indented(_ columns: Int) -> YAMLBlock {
    let margin = String(repeating: " ", count: columns)
    return YAMLBlock(lines: lines.map { $0.isEmpty ? "" : margin + $0 })
  }

  /// As the element of a list.
  var asElement: YAMLBlock {
    var block = indented(2)
    if let first = lines.first { block.lines[0] = "- " + first }
    return block
  }

  static func + (left: YAMLBlock, right: YAMLBlock) -> YAMLBlock {
    YAMLBlock(lines: left.lines + right.lines)
  }

  static func += (left: inout YAMLBlock, right: YAMLBlock) { left = left + right }

  /// A string as YAML: plain where it cannot be mistaken, else in double quotes.
  static func quote(_ text: String) -> String {
    func isLetter(_ byte: UInt8) -> Bool {
      byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
    }
    let isPlain =
      text.utf8.first.map { isLetter($0) || $0 == UInt8(ascii: "/") } ?? false
      && text.utf8.allSatisfy {
        isLetter($0) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || "/._-".utf8.contains($0)
      } && !reserved.contains(text.lowercased())
    if isPlain { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
        let digits = String(scalar.value, radix: 16)
        quoted += "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  /// Plain words that YAML 1.1 takes for a boolean or null.
  private static let reserved: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
}
