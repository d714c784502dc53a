/// Escapes and classes.
extension RegexParser {
  /// `\Q…\E`, or to the end of the pattern: each character stands for itself. Nil, and nothing taken, when none stands here.
  mutating func parseQuote() throws(RegexError) -> [RegexNode]? {
    guard next == "\\", scalar(ahead: 1) == "Q" else { return nil }
    position += 2
    var literals: [RegexNode] = []
    while let scalar = next {
      position += 1
      if scalar == "\\", take("E") { break }
      literals.append(literal(scalar.value))
    }
    return literals
  }

  mutating func parseEscape() throws(RegexError) -> RegexNode {
    let assertion: RegexAssertion? =
      switch scalar(ahead: 1) {
      case "b": .wordBoundary
      case "B": .noWordBoundary
      case "A": .textStart
      case "z": .textEnd
      default: nil
      }
    if let assertion {
      position += 2
      return .assertion(assertion)
    }
    if let (group, isNegated) = try parseShorthand() {
      var parts = RegexSetParts()
      parts.add(group, isNegated: isNegated, ignoresCase: flags.ignoresCase)
      return .set(try makeSet(parts))
    }
    return literal(try parseEscapedScalar(isInClass: false))
  }

  /// `\d`, `\p{L}` and their like. Nil, and nothing taken, when none stands here.
  private mutating func parseShorthand() throws(RegexError) -> (RegexGroup, isNegated: Bool)? {
    guard next == "\\", let letter = scalar(ahead: 1) else { return nil }
    let ranges: [ClosedRange<UInt32>]
    switch letter {
    case "d", "D": ranges = RegexSet.digits
    case "w", "W": ranges = RegexSet.words
    case "s", "S": ranges = RegexSet.spaces
    case "p", "P": return try parseUnicodeGroup(isNegated: letter == "P")
    default: return nil
    }
    position += 2
    return (.ranges(ranges), letter.properties.isUppercase)
  }

  /// `\pL`, `\p{Greek}` and `\p{^Greek}`
  private mutating func parseUnicodeGroup(
    isNegated: Bool
  ) throws(RegexError) -> (RegexGroup, isNegated: Bool) {
    let start = position
    position += 2
    var name = ""
    var isInverted = false
    if take("{") {
      isInverted = take("^")
      while let scalar = next, scalar != "}" {
        name.unicodeScalars.append(scalar)
        position += 1
      }
      guard take("}") else { throw error("`\\p` needs a letter, or a name in braces", at: start) }
    } else if let letter = next {
      name.unicodeScalars.append(letter)
      position += 1
    } else {
      throw error("`\\p` needs a letter, or a name in braces", at: start)
    }
    guard let group = UnicodeGroups.group(name) else {
      throw error(
        "there is no class `\\p{\(Self.shown(name))}`; there are general categories, as `L`"
          + " and `Nd`, and scripts, as `Greek`\(UnicodeGroups.suggestion(for: name))", at: start)
    }
    return (group, isNegated != isInverted)
  }

  private mutating func parseEscapedScalar(isInClass: Bool) throws(RegexError) -> UInt32 {
    let start = position
    position += 1
    guard let letter = next else { throw error("the pattern ends in a `\\`", at: start) }
    position += 1
    switch letter {
    case "n": return 0x0A
    case "t": return 0x09
    case "r": return 0x0D
    case "f": return 0x0C
    case "v": return 0x0B
    case "a": return 0x07
    case "x": return try parseHexadecimal(start)
    case "0": return parseOctal(letter)
    case "1"..."7" where next.map { ("0"..."7").contains($0) } ?? false: return parseOctal(letter)
    case "1"..."9" where !isInClass, "k", "g": throw backReference(start)
    case "C": throw error("`\\C` is not supported: texts are matched by characters, not by bytes", at: start)
    case "u": throw error("`\\u` is no escape; write `\\x{…}`", at: start)
    default: break
    }
    if letter.isASCII, letter.properties.isAlphabetic || ("0"..."9").contains(letter) {
      throw error("`\\\(letter)` is no escape\(isInClass ? " in a class" : "")", at: start)
    }
    return letter.value
  }

  /// `\0`, `\12` and `\123`, behind the first digit.
  private mutating func parseOctal(_ first: Unicode.Scalar) -> UInt32 {
    var value = first.value - 0x30
    for _ in 0..<2 {
      guard let digit = next, ("0"..."7").contains(digit) else { break }
      value = value << 3 | (digit.value - 0x30)
      position += 1
    }
    return value
  }

  /// `\x41` and `\x{1F600}`
  private mutating func parseHexadecimal(_ start: Int) throws(RegexError) -> UInt32 {
    let isBraced = take("{")
    var value: UInt32 = 0
    var digits = 0
    while let scalar = next, isBraced || digits < 2, value <= RegexSet.last, scalar.isASCII,
      let digit = PercentEncoding.hexadecimal(UInt8(truncatingIfNeeded: scalar.value))
    {
      value = value << 4 | UInt32(digit)
      digits += 1
      position += 1
    }
    guard digits > 0, isBraced ? take("}") : digits == 2, value <= RegexSet.last else {
      throw error("`\\x` needs two hexadecimal digits, or a character's number in braces", at: start)
    }
    return value
  }

  mutating func parseClass() throws(RegexError) -> RegexSet {
    let start = position
    position += 1
    let isNegated = take("^")
    var parts = RegexSetParts()
    var isFirst = true
    while let scalar = next, scalar != "]" || isFirst {
      isFirst = false
      if let (group, isNegated) = try parseGroupInClass() {
        parts.add(group, isNegated: isNegated, ignoresCase: flags.ignoresCase)
        continue
      }
      let place = position
      let lower = try parseClassScalar()
      var upper = lower
      if next == "-", let after = self.scalar(ahead: 1), after != "]" {
        position += 1
        upper = try parseClassScalar()
      }
      if upper < lower { throw error("the range ends before it starts", at: place) }
      parts.add([lower...upper], ignoresCase: flags.ignoresCase)
    }
    guard take("]") else { throw error("this `[` is not closed", at: start) }
    return try makeSet(parts, isNegated: isNegated)
  }

  private mutating func parseGroupInClass() throws(RegexError) -> (RegexGroup, isNegated: Bool)? {
    if let posix = try parsePosixClass() { return posix }
    return try parseShorthand()
  }

  /// `[:alpha:]` and `[:^alpha:]`. Nil, and nothing taken, when none stands here.
  private mutating func parsePosixClass() throws(RegexError) -> (RegexGroup, isNegated: Bool)? {
    guard next == "[", scalar(ahead: 1) == ":", let end = endOfPosixName(from: position + 2) else {
      return nil
    }
    let start = position
    position += 2
    let isInverted = take("^")
    var name = ""
    while let scalar = next, position < end {
      name.unicodeScalars.append(scalar)
      position += 1
    }
    position += 2
    guard let ranges = RegexSet.posix(name) else {
      throw error("there is no class `[:\(Self.shown(name)):]`", at: start)
    }
    return (.ranges(ranges), isInverted)
  }

  /// Where the next `:]` is. That there is none is found out once.
  private mutating func endOfPosixName(from start: Int) -> Int? {
    if hasNoPosixEnd { return nil }
    var position = start
    while position + 1 < scalars.count {
      if scalars[position] == ":", scalars[position + 1] == "]" { return position }
      position += 1
    }
    hasNoPosixEnd = true
    return nil
  }

  /// A name as a message shows it.
  private static func shown(_ name: String) -> String { String(name.unicodeScalars.prefix(40)) }

  private mutating func parseClassScalar() throws(RegexError) -> UInt32 {
    guard let scalar = next else { throw error("the class is not closed") }
    if scalar == "\\" { return try parseEscapedScalar(isInClass: true) }
    position += 1
    return scalar.value
  }
}
