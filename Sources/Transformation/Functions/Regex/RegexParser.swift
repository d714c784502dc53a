/// Reads a pattern.
struct RegexParser {
  private struct Flags {
    var ignoresCase = false
    var isMultiline = false
    var dotIsAny = false
  }

  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var flags = Flags()
  private var depth = 0
  private var groupCount = 0
  private var names: [String: Int] = [:]

  static func parse(
    _ pattern: [UInt8]
  ) throws(RegexError) -> (node: RegexNode, names: [String: Int], groupCount: Int) {
    guard pattern.count <= RegexLimits.patternBytesMax else {
      throw RegexError(detail: "the pattern is longer than \(RegexLimits.patternBytesMax) bytes", offset: 0)
    }
    var parser = RegexParser(scalars: Array(String(decoding: pattern, as: UTF8.self).unicodeScalars))
    let node = try parser.parseAlternation()
    if parser.position < parser.scalars.count { throw parser.error("this `)` closes nothing") }
    return (node, parser.names, parser.groupCount)
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private func scalar(ahead: Int) -> Unicode.Scalar? {
    position + ahead < scalars.count ? scalars[position + ahead] : nil
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    position += 1
    return true
  }

  private func error(_ detail: String, at offset: Int? = nil) -> RegexError {
    RegexError(detail: detail, offset: offset ?? position)
  }

  // MARK: - Structure

  private mutating func parseAlternation() throws(RegexError) -> RegexNode {
    var branches = [try parseConcatenation()]
    while take("|") { branches.append(try parseConcatenation()) }
    return branches.count == 1 ? branches[0] : .alternation(branches)
  }

  private mutating func parseConcatenation() throws(RegexError) -> RegexNode {
    var parts: [RegexNode] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      let start = position
      guard let atom = try parseAtom() else { continue }
      parts.append(try parseRepetition(of: atom, from: start))
    }
    return parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .concatenation(parts)
  }

  /// Nil for what only sets flags.
  private mutating func parseAtom() throws(RegexError) -> RegexNode? {
    guard let scalar = next else { return nil }
    switch scalar {
    case "(": return try parseGroup()
    case "[": return .set(try parseClass())
    case "*", "+", "?": throw error("there is nothing that `\(scalar)` could repeat")
    case "\\": return try parseEscape()
    default: position += 1
    }
    switch scalar {
    case ".": return .set(RegexSet(flags.dotIsAny ? [0...RegexSet.last] : RegexSet.inverted([0x0A...0x0A])))
    case "^": return .assertion(flags.isMultiline ? .lineStart : .textStart)
    case "$": return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
    default: return literal(scalar)
    }
  }

  private func literal(_ scalar: Unicode.Scalar) -> RegexNode {
    if flags.ignoresCase, !RegexSet.otherCases(of: scalar.value).isEmpty {
      return .set(RegexSet([scalar.value...scalar.value], ignoresCase: true))
    }
    return .scalar(scalar.value)
  }

  private mutating func parseGroup() throws(RegexError) -> RegexNode? {
    let start = position
    position += 1
    depth += 1
    defer { depth -= 1 }
    if depth > RegexLimits.nestingDepthMax {
      throw error("groups may be nested \(RegexLimits.nestingDepthMax) deep at most", at: start)
    }
    let outside = flags
    var number: Int?
    if take("?") {
      if try parseGroupName(start) {
        number = groupCount
      } else if try !parseFlags(start) {
        return nil
      }
    } else {
      number = try countGroup(start)
    }
    let node = try parseAlternation()
    guard take(")") else { throw error("this `(` is not closed", at: start) }
    flags = outside
    return number.map { .group(node, number: $0) } ?? node
  }

  private mutating func countGroup(_ start: Int) throws(RegexError) -> Int {
    groupCount += 1
    if groupCount > RegexLimits.groupsMax {
      throw error(
        "there may be \(RegexLimits.groupsMax) groups at most; `(?:…)` makes one that is not counted",
        at: start)
    }
    return groupCount
  }

  /// `(?<name>…)` and `(?P<name>…)`
  private mutating func parseGroupName(_ start: Int) throws(RegexError) -> Bool {
    let isPython = next == "P" && scalar(ahead: 1) == "<"
    guard isPython || next == "<" else { return false }
    if !isPython, scalar(ahead: 1) == "=" || scalar(ahead: 1) == "!" { throw lookAround(start) }
    position += isPython ? 2 : 1
    var name = ""
    while let scalar = next, scalar != ">" {
      guard scalar == "_" || scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
      else {
        throw error("the name of a group has only letters, digits and `_`")
      }
      name.unicodeScalars.append(scalar)
      position += 1
    }
    guard take(">"), let first = name.unicodeScalars.first, !("0"..."9").contains(first) else {
      throw error("the name of a group starts with a letter and ends with `>`")
    }
    if names[name] != nil { throw error("there are two groups of the name `\(name)`", at: start) }
    names[name] = try countGroup(start)
    return true
  }

  /// `(?:`, `(?i:` and `(?i)`, all behind the question mark; false when no group follows.
  private mutating func parseFlags(_ start: Int) throws(RegexError) -> Bool {
    var value = true
    while let scalar = next {
      position += 1
      switch scalar {
      case "i": flags.ignoresCase = value
      case "m": flags.isMultiline = value
      case "s": flags.dotIsAny = value
      case "-" where value: value = false
      case ":": return true
      case ")": return false
      case "=", "!", "<": throw lookAround(start)
      case ">": throw error("atomic groups are not supported: nothing is ever tried twice", at: start)
      default:
        throw error("`\(scalar)` is no flag of a group; there are `i`, `m` and `s`", at: position - 1)
      }
    }
    throw error("this `(` is not closed", at: start)
  }

  private func lookAround(_ start: Int) -> RegexError {
    error("look-ahead and look-behind are not supported: no text may make matching slow", at: start)
  }

  // MARK: - Repetition

  private mutating func parseRepetition(of atom: RegexNode, from start: Int) throws(RegexError) -> RegexNode {
    guard let (least, most) = try parseQuantifier() else { return atom }
    let isLazy = take("?")
    if next == "+" { throw error("possessive repetition is not supported: nothing is ever tried twice") }
    let end = position
    if try parseQuantifier() != nil {
      throw error("what is repeated here is a repetition; write `(?:…)` around it", at: end)
    }
    return .repetition(atom, least: least, most: most, isLazy: isLazy)
  }

  /// Nil, and nothing taken, when none stands here. A brace that begins no quantifier is a character.
  private mutating func parseQuantifier() throws(RegexError) -> (least: Int, most: Int?)? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    let start = position
    guard take("{") else { return nil }
    guard let least = parseNumber() else {
      position = start
      return nil
    }
    var most: Int? = least
    if take(",") { most = parseNumber() }
    guard take("}") else {
      position = start
      return nil
    }
    if max(least, most ?? 0) > RegexLimits.repetitionsMax {
      throw error("`{…}` may ask for \(RegexLimits.repetitionsMax) repetitions at most", at: start)
    }
    if let most, most < least { throw error("the second number is less than the first", at: start) }
    return (least, most)
  }

  private mutating func parseNumber() -> Int? {
    var number: Int?
    while let digit = next, ("0"..."9").contains(digit) {
      number = min((number ?? 0) * 10 + Int(digit.value - 0x30), RegexLimits.repetitionsMax + 1)
      position += 1
    }
    return number
  }

  // MARK: - Escapes and classes

  private mutating func parseEscape() throws(RegexError) -> RegexNode {
    let start = position
    position += 1
    guard let letter = next else { throw error("the pattern ends in a `\\`", at: start) }
    let assertion: RegexAssertion? =
      switch letter {
      case "b": .wordBoundary
      case "B": .noWordBoundary
      case "A": .textStart
      case "z": .textEnd
      default: nil
      }
    if let assertion {
      position += 1
      return .assertion(assertion)
    }
    if let ranges = shorthand(letter) {
      position += 1
      return .set(RegexSet(ranges))
    }
    return literal(try parseEscapedScalar(start))
  }

  private func shorthand(_ letter: Unicode.Scalar) -> [ClosedRange<UInt32>]? {
    switch letter {
    case "d": RegexSet.digits
    case "D": RegexSet.inverted(RegexSet.digits)
    case "w": RegexSet.words
    case "W": RegexSet.inverted(RegexSet.words)
    case "s": RegexSet.spaces
    case "S": RegexSet.inverted(RegexSet.spaces)
    default: nil
    }
  }

  /// Behind the backslash.
  private mutating func parseEscapedScalar(_ start: Int) throws(RegexError) -> Unicode.Scalar {
    guard let letter = next else { throw error("the pattern ends in a `\\`", at: start) }
    position += 1
    switch letter {
    case "n": return "\n"
    case "t": return "\t"
    case "r": return "\r"
    case "f": return "\u{0C}"
    case "v": return "\u{0B}"
    case "a": return "\u{07}"
    case "x": return try parseHexadecimal(start)
    case "1"..."9":
      throw error("back references are not supported: no text may make matching slow", at: start)
    case "p", "P":
      throw error(
        "classes by Unicode property are not supported; write the characters in brackets", at: start)
    default: break
    }
    if letter.isASCII, letter.properties.isAlphabetic || ("0"..."9").contains(letter) {
      throw error("`\\\(letter)` is no escape", at: start)
    }
    return letter
  }

  /// `\x41` and `\x{1F600}`
  private mutating func parseHexadecimal(_ start: Int) throws(RegexError) -> Unicode.Scalar {
    let isBraced = take("{")
    var value: UInt32 = 0
    var digits = 0
    while let scalar = next, digits < (isBraced ? 6 : 2), scalar.isASCII,
      let digit = PercentEncoding.hexadecimal(UInt8(truncatingIfNeeded: scalar.value))
    {
      value = value << 4 | UInt32(digit)
      digits += 1
      position += 1
    }
    guard digits > 0, isBraced ? take("}") : digits == 2, let scalar = Unicode.Scalar(value) else {
      throw error("`\\x` needs two hexadecimal digits, or a character's number in braces", at: start)
    }
    return scalar
  }

  private mutating func parseClass() throws(RegexError) -> RegexSet {
    let start = position
    position += 1
    let isNegated = take("^")
    var ranges: [ClosedRange<UInt32>] = []
    var isFirst = true
    while let scalar = next, scalar != "]" || isFirst {
      isFirst = false
      if let some = try parseClassShorthand() {
        ranges += some
        continue
      }
      let place = position
      let lower = try parseClassScalar()
      guard next == "-", let after = self.scalar(ahead: 1), after != "]" else {
        ranges.append(lower.value...lower.value)
        continue
      }
      position += 1
      let upper = try parseClassScalar()
      if upper < lower { throw error("the range ends before it starts", at: place) }
      ranges.append(lower.value...upper.value)
    }
    guard take("]") else { throw error("this `[` is not closed", at: start) }
    return RegexSet(ranges, isNegated: isNegated, ignoresCase: flags.ignoresCase)
  }

  /// `\d` and its like, and `[:alpha:]`.
  private mutating func parseClassShorthand() throws(RegexError) -> [ClosedRange<UInt32>]? {
    if next == "\\", let letter = scalar(ahead: 1), let ranges = shorthand(letter) {
      position += 2
      return ranges
    }
    guard next == "[", scalar(ahead: 1) == ":" else { return nil }
    let start = position
    position += 2
    let isInverted = take("^")
    var name = ""
    while let scalar = next, scalar.isASCII, scalar.properties.isAlphabetic {
      name.unicodeScalars.append(scalar)
      position += 1
    }
    guard take(":"), take("]") else {
      position = start
      return nil
    }
    guard let ranges = RegexSet.posix(name) else { throw error("there is no class `[:\(name):]`", at: start) }
    return isInverted ? RegexSet.inverted(ranges) : ranges
  }

  private mutating func parseClassScalar() throws(RegexError) -> Unicode.Scalar {
    guard let scalar = next else { throw error("the class is not closed") }
    let start = position
    position += 1
    return scalar == "\\" ? try parseEscapedScalar(start) : scalar
  }
}
