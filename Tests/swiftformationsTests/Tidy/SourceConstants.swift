/// The numbers that a type declares: `static let depthMax = 100`, `package var heldBytesMax = 1 << 30`, `enum { POOL_MAX = 32 }`.
struct SourceConstants {
  private let expressions: [String: String]

  /// - Parameter name: a type, `TARGET/TYPE`, or a file of C.
  init(of name: String) {
    var expressions: [String: String] = [:]
    if name.hasSuffix(".c") {
      let text = SourceTree.files.first { $0.name == name }?.text ?? ""
      for match in text.matches(of: /enum \{ (\w+) = ([^}]+) \};/) {
        expressions[String(match.1)] = String(match.2)
      }
    }
    for line in SourceTree.bodies(of: name).joined() where !line.isComment {
      guard let match = line.firstMatch(of: /\b(?:let|var) (\w+)(?:: \w+)? = (.+)$/) else { continue }
      if expressions[String(match.1)] == nil { expressions[String(match.1)] = String(match.2) }
    }
    self.expressions = expressions
  }

  /// Those that are numbers, or made of some.
  var names: [String] { expressions.keys.filter { self[$0] != nil }.sorted() }

  subscript(name: String) -> Int? { expressions[name].flatMap(value) }

  /// `TYPE.NAME`.
  static func value(of constant: String) -> Int? {
    guard let dot = constant.lastIndex(of: ".") else { return nil }
    return SourceConstants(of: String(constant[..<dot]))[String(constant[constant.index(after: dot)...])]
  }

  private func value(_ expression: String) -> Int? {
    let parts = expression.split(separator: " ").map(String.init)
    switch (parts.count, parts.dropFirst().first) {
    case (1, _): return operand(parts[0])
    case (3, "<<"): return operand(parts[0]).flatMap { left in operand(parts[2]).map { left << $0 } }
    case (3, "*"): return operand(parts[0]).flatMap { left in operand(parts[2]).map { left * $0 } }
    default: return nil
    }
  }

  private func operand(_ text: String) -> Int? {
    if text.first?.isNumber == true { return Int(text.replacing("_", with: "")) }
    guard text.wholeMatch(of: /[A-Z]\w*\.\w+/) != nil else { return self[text] }
    return Self.value(of: text)
  }
}
