/// Regular expressions that match nothing that means something to JSON.
enum PlainPattern {
  /// What a match is made of stands in the pattern: `[a-z0-9]+`, `v(\d+)`.
  static func matchesPlain(_ pattern: [UInt8]) -> Bool {
    var rest = String(decoding: pattern, as: UTF8.self)
    for known in ["\\d", "\\w", "\\b", "\\.", "\\-", "\\/", "\\+", "a-z", "A-Z", "0-9", "a-f", "A-F", "(?:"] {
      rest = rest.substituting(known, by: "")
    }
    if rest.first == "^" { rest.removeFirst() }
    var isInBrackets = false
    for scalar in rest.substituting("-]", by: "]").unicodeScalars {
      if scalar == "[" { isInBrackets = true }
      if scalar == "]" { isInBrackets = false }
      // A range that is not known here.
      if scalar == "-", isInBrackets { return false }
      guard isPlain(scalar) || "-_/:()|+*?{},$=&~@%[] ".unicodeScalars.contains(scalar) else { return false }
    }
    return true
  }

  /// The whole text is such a match: `^[a-z]+$`.
  static func matchesWhole(_ pattern: [UInt8]) -> Bool {
    // An alternative may have one anchor alone.
    pattern.first == UInt8(ascii: "^") && pattern.last == UInt8(ascii: "$")
      && !pattern.contains(UInt8(ascii: "|"))
      && matchesPlain(pattern)
  }

  /// All but such letters: `[^a-z0-9]`, what is replaced where a text is made harmless.
  static func matchesOthers(_ pattern: [UInt8]) -> Bool {
    var text = String(decoding: pattern, as: UTF8.self)
    if text.hasSuffix("+") { text.removeLast() }
    guard text.hasPrefix("[^"), text.hasSuffix("]") else { return false }
    return matchesPlain(Array("[\(text.dropFirst(2))".utf8))
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9": true
    default: false
    }
  }
}
