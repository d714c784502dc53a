/// A pattern as it was written.
indirect enum RegexNode {
  case empty
  case set(RegexSet)
  case scalar(UInt32)
  case assertion(RegexAssertion)
  case concatenation([RegexNode])
  case alternation([RegexNode])
  /// Numbered from 1.
  case group(RegexNode, number: Int)
  /// `most`: nil for any number.
  case repetition(RegexNode, least: Int, most: Int?, isLazy: Bool)

  var canBeEmpty: Bool {
    switch self {
    case .empty, .assertion: true
    case .set, .scalar: false
    case .concatenation(let parts): parts.allSatisfy(\.canBeEmpty)
    case .alternation(let branches): branches.contains(where: \.canBeEmpty)
    case .group(let node, _): node.canBeEmpty
    case .repetition(let node, let least, _, _): least == 0 || node.canBeEmpty
    }
  }
}

/// What holds between two characters. Word characters are ASCII's.
enum RegexAssertion: Sendable {
  case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary

  func holds(in text: UnsafeRawBufferPointer, at position: Int) -> Bool {
    switch self {
    case .textStart: position == 0
    case .textEnd: position == text.count
    case .lineStart: position == 0 || text[position &- 1] == UInt8(ascii: "\n")
    case .lineEnd: position == text.count || text[position] == UInt8(ascii: "\n")
    case .wordBoundary: Self.isAtBoundary(text, position)
    case .noWordBoundary: !Self.isAtBoundary(text, position)
    }
  }

  private static func isAtBoundary(_ text: UnsafeRawBufferPointer, _ position: Int) -> Bool {
    let before = position > 0 && isWord(text[position &- 1])
    let after = position < text.count && isWord(text[position])
    return before != after
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
