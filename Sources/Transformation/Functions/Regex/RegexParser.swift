/// Reads a pattern.
struct RegexParser {
  struct Flags {
    var ignoresCase = false
    var isMultiline = false
    var dotIsAny = false
    /// Repetition takes as little as it can, and with a `?` as much as it can.
    var isLazy = false
  }

  let scalars: [Unicode.Scalar]
  var position = 0
  /// No `:]` follows.
  var hasNoPosixEnd = false
  private(set) var flags = Flags()
  private var depth = 0
  private var groupCount = 0
  private var names: [String: Int] = [:]
  /// What making sets took, in instructions of a program.
  private var work = 0

  /// A pattern that was read.
  struct Result {
    let node: RegexNode
    let names: [String: Int]
    let groupCount: Int
    let work: Int
  }

  static func parse(_ pattern: [UInt8]) throws(RegexError) -> Result {
    guard pattern.count <= RegexLimits.patternBytesMax else {
      throw RegexError(detail: "the pattern is longer than \(RegexLimits.patternBytesMax) bytes", offset: 0)
    }
    var parser = RegexParser(scalars: Array(String(decoding: pattern, as: UTF8.self).unicodeScalars))
    let node = try parser.parseAlternation()
    if parser.position < parser.scalars.count { throw parser.error("this `)` closes nothing") }
    return Result(
      node: node, names: parser.names, groupCount: parser.groupCount, work: parser.work)
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  func scalar(ahead: Int) -> Unicode.Scalar? {
    position + ahead < scalars.count ? scalars[position + ahead] : nil
  }

  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    position += 1
    return true
  }

  func error(_ detail: String, at offset: Int? = nil) -> RegexError {
    RegexError(detail: detail, offset: offset ?? position)
  }

  mutating func makeSet(_ parts: RegexSetParts, isNegated: Bool = false) throws(RegexError) -> RegexSet {
    work += parts.work
    if work > RegexLimits.workMax { throw .tooLarge }
    return RegexSet(parts, isNegated: isNegated)
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
      if let quote = try parseQuote() {
        parts += quote
      } else if let atom = try parseAtom() {
        parts.append(atom)
      }
      // What only sets flags, or quotes nothing, stands between what is repeated and the sign for it.
      if let last = parts.last { parts[parts.count - 1] = try parseRepetition(of: last) }
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
    case "{":
      let start = position
      if try parseQuantifier() != nil { throw error("there is nothing that `{…}` could repeat", at: start) }
      position += 1
    case "\\": return try parseEscape()
    default: position += 1
    }
    switch scalar {
    case ".": return .set(RegexSet(flags.dotIsAny ? [0...RegexSet.last] : RegexSet.inverted([0x0A...0x0A])))
    case "^": return .assertion(flags.isMultiline ? .lineStart : .textStart)
    case "$": return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
    default: return literal(scalar.value)
    }
  }

  func literal(_ scalar: UInt32) -> RegexNode {
    guard flags.ignoresCase, CaseFolding.next(scalar) != scalar else { return .scalar(scalar) }
    var parts = RegexSetParts()
    parts.add([scalar...scalar], ignoresCase: true)
    return .set(RegexSet(parts))
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
      guard scalar == "_" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) else {
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
    if next == "P", scalar(ahead: 1) == "=" { throw backReference(start) }
    while let scalar = next {
      position += 1
      switch scalar {
      case "i": flags.ignoresCase = value
      case "m": flags.isMultiline = value
      case "s": flags.dotIsAny = value
      case "U": flags.isLazy = value
      case "-" where value && next != ":" && next != ")": value = false
      case ":": return true
      case ")": return false
      case "=", "!", "<": throw lookAround(start)
      case ">": throw error("atomic groups are not supported: nothing is ever tried twice", at: start)
      default:
        throw error("`\(scalar)` is no flag of a group; there are `i`, `m`, `s` and `U`", at: position - 1)
      }
    }
    throw error("this `(` is not closed", at: start)
  }

  func backReference(_ start: Int) -> RegexError {
    error("back references are not supported: no text may make matching slow", at: start)
  }

  private func lookAround(_ start: Int) -> RegexError {
    error("look-ahead and look-behind are not supported: no text may make matching slow", at: start)
  }

  // MARK: - Repetition

  private mutating func parseRepetition(of atom: RegexNode) throws(RegexError) -> RegexNode {
    guard let (least, most) = try parseQuantifier() else { return atom }
    let isLazy = take("?") != flags.isLazy
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

  /// Nil, and nothing taken, for one with a zero too many.
  private mutating func parseNumber() -> Int? {
    if next == "0", let second = scalar(ahead: 1), ("0"..."9").contains(second) { return nil }
    var number: Int?
    while let digit = next, ("0"..."9").contains(digit) {
      number = min((number ?? 0) * 10 + Int(digit.value - 0x30), RegexLimits.repetitionsMax + 1)
      position += 1
    }
    return number
  }
}
