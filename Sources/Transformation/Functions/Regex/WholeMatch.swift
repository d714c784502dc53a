/// Matches as Envoy's `RegexMatcher` means them: the whole text, by RE2's syntax.
package enum WholeMatch {
  /// Far more than the name of a header needs.
  private static let statesMax = 1 << 24

  /// Nil for a pattern that is none.
  package static func matches(_ text: String, _ pattern: String) -> Bool? {
    guard let expression = try? RegularExpression(Array("\\A(?:\(pattern))\\z".utf8)) else { return nil }
    var machine = RegexMachine(expression.program, groups: 0, statesMax: statesMax)
    return Array(text.utf8).withUnsafeBytes { try? machine.match(in: $0, from: 0) }
  }
}
