/// A name with `-` in it, as headers have: `headers.X-Incoming-Stuff.0` subtracts `Incoming` and `Stuff.0`.
struct HyphenatedName {
  /// The names that it would read.
  private(set) var names: [String] = []
  /// How it is written here: `headers["X-Incoming-Stuff"][0]`.
  let remedy: String

  /// Nil when it is a subtraction by its looks: with blanks, of anything but names, or of names that no header has.
  init?(_ expression: Expression) {
    var parts: [Expression] = []
    var rest = expression
    while case .calculate(.subtract, let left, let right) = rest.node {
      guard right.span.start == left.span.end + 1 else { return nil }
      parts.insert(right, at: 0)
      rest = left
    }
    guard let last = parts.popLast(), let (end, tail) = Self.position(last) else { return nil }
    var words = parts.compactMap(\.name)
    guard words.count == parts.count else { return nil }
    names = words + [end]
    words.append(end)
    let start: String
    switch rest.node {
    case .name(let name):
      names.append(name)
      words.insert(name, at: 0)
      start = "context()"
    case .attribute(let object, let name):
      guard let path = Self.path(object) else { return nil }
      words.insert(name, at: 0)
      start = path
    default: return nil
    }
    guard Self.isHeader(words) || start.hasSuffix("headers") else { return nil }
    remedy = "\(start)[\"\(words.joined(separator: "-"))\"]\(tail)"
  }

  /// `X-Stuff`, `x-stuff`, `content-type`
  private static func isHeader(_ words: [String]) -> Bool {
    let first = words[0].lowercased()
    return ["x", "content", "user", "accept", "set"].contains(first)
      || words.allSatisfy { $0.unicodeScalars.first?.properties.isUppercase ?? false }
  }

  /// `Stuff.0`
  private static func position(_ expression: Expression) -> (name: String, tail: String)? {
    switch expression.node {
    case .name(let name): (name, "")
    // A filter binds to the last of the words.
    case .filter(let input?, _, _, _): position(input)
    case .position(let object, let number): object.name.map { ($0, "[\(number)]") }
    default: nil
    }
  }

  private static func path(_ expression: Expression) -> String? {
    switch expression.node {
    case .name(let name): name
    case .attribute(let object, let name): path(object).map { "\($0).\(name)" }
    case .position(let object, let number): path(object).map { "\($0)[\(number)]" }
    default: nil
    }
  }
}
