/// What takes the place of a match: text with groups in it.
struct RegexReplacement {
  private enum Part {
    case text([UInt8])
    case group(Int)
  }

  struct NoGroup: Error { let name: [UInt8] }

  private var parts: [Part] = []
  /// How many groups it needs, the whole match being the first.
  private(set) var groups = 1

  /// `$1`, `${1}`, `${name}`, `$$`; any other dollar sign is itself.
  init(_ text: [UInt8], of expression: RegularExpression) throws(NoGroup) {
    let dollar = UInt8(ascii: "$")
    var literal: [UInt8] = []
    // A brace is looked for only where there is one: else each `${` would be a search of all the rest.
    let lastBrace = text.lastIndex(of: UInt8(ascii: "}")) ?? 0
    var rest = text[...]
    while let byte = rest.popFirst() {
      guard byte == dollar, let next = rest.first else {
        literal.append(byte)
        continue
      }
      if next == dollar {
        rest.removeFirst()
        literal.append(dollar)
        continue
      }
      guard let name = Self.takeName(&rest, lastBrace) else {
        literal.append(dollar)
        continue
      }
      guard let number = expression.group(name) else { throw NoGroup(name: Array(name)) }
      if !literal.isEmpty { parts.append(.text(literal)) }
      literal = []
      parts.append(.group(number))
      groups = max(groups, number + 1)
    }
    if !literal.isEmpty { parts.append(.text(literal)) }
  }

  /// Nil, and nothing taken, when no name stands here.
  private static func takeName(_ rest: inout ArraySlice<UInt8>, _ lastBrace: Int) -> ArraySlice<UInt8>? {
    if rest.first == UInt8(ascii: "{") {
      guard rest.startIndex < lastBrace, let end = rest.firstIndex(of: UInt8(ascii: "}")),
        end > rest.startIndex + 1
      else { return nil }
      let name = rest[(rest.startIndex + 1)..<end]
      rest = rest[(end + 1)...]
      return name
    }
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    rest = rest.dropFirst(digits.count)
    return digits.isEmpty ? nil : digits
  }

  /// `text` with all matches replaced, from left to right. A match of nothing right behind another match does not
  /// count. Nil when the result would be longer than `bytesMax`.
  func replacing(
    _ text: UnsafeRawBufferPointer, bytesMax: Int, _ machine: inout RegexMachine
  ) throws(RegexMachine.TooMuchWork) -> [UInt8]? {
    var output: [UInt8] = []
    var copied = 0
    var position = 0
    var lastEnd = -1
    while position <= text.count, try machine.match(in: text, from: position) {
      let (start, end) = (machine.found[0], machine.found[1])
      if end > start || start != lastEnd {
        output.append(contentsOf: text[copied..<start])
        append(machine.found, text, to: &output)
        if output.count > bytesMax { return nil }
        copied = end
        lastEnd = end
      }
      if end > start {
        position = end
      } else if start < text.count {
        position = start + UTF8Scalar.decode(text, at: start).length
      } else {
        break
      }
    }
    output.append(contentsOf: text[copied...])
    return output.count > bytesMax ? nil : output
  }

  private func append(_ found: [Int], _ text: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    for part in parts {
      switch part {
      case .text(let bytes): output.append(contentsOf: bytes)
      case .group(let number) where found[number * 2] >= 0:
        output.append(contentsOf: text[found[number * 2]..<found[number * 2 + 1]])
      case .group: continue
      }
    }
  }
}
