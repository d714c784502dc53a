#if canImport(Glibc)
  import Glibc
#endif

/// One place in a text that the filter `format` fills in: `%-5.2f`, `%*d`, `%(name)s`.
struct FormatDirective {
  /// A width or a precision.
  enum Size {
    case fixed(Int)
    /// `*`: an argument says it.
    case argument
  }

  static let percent = UInt8(ascii: "%")
  private static let letters = Array("sdiuxXoeEfFgGcr".utf8)
  /// Of widths and precisions.
  static let sizeMax = 1000

  var name: [UInt8]?
  var isLeft = false
  var padsWithZeros = false
  /// `#`: a prefix before hexadecimal and octal digits, a point in every float.
  var isAlternative = false
  var plus: UInt8?
  var width: Size?
  var precision: Size?
  let letter: UInt8

  /// Takes what follows a `%`.
  init(_ rest: inout ArraySlice<UInt8>) throws(Fault) {
    if rest.first == Self.percent {
      letter = rest.removeFirst()
      return
    }
    if rest.first == UInt8(ascii: "(") {
      guard let end = rest.firstIndex(of: UInt8(ascii: ")")) else {
        throw .arguments("the text to format has a name without its `)`")
      }
      name = Array(rest[(rest.startIndex + 1)..<end])
      rest = rest[(end + 1)...]
    }
    flags: while let flag = rest.first {
      switch flag {
      case UInt8(ascii: "-"): isLeft = true
      case UInt8(ascii: "0"): padsWithZeros = true
      case UInt8(ascii: "#"): isAlternative = true
      case UInt8(ascii: "+"): plus = flag
      case UInt8(ascii: " "): plus = plus ?? flag
      default: break flags
      }
      rest.removeFirst()
    }
    width = try Self.size(&rest)
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      precision = try Self.size(&rest) ?? .fixed(0)
    }
    // C's lengths mean nothing here, nor in Python.
    if let length = rest.first, "hlL".utf8.contains(length) { rest.removeFirst() }
    guard let letter = rest.popFirst() else { throw .arguments("the text to format ends in a `%`") }
    guard Self.letters.contains(letter) else {
      let shown = letter < 0x80 ? "%" + String(Unicode.Scalar(letter)) : "%"
      throw .arguments("`\(shown)` is no directive of `format`; a percent sign is written twice")
    }
    self.letter = letter
  }

  private static func size(_ rest: inout ArraySlice<UInt8>) throws(Fault) -> Size? {
    if rest.first == UInt8(ascii: "*") {
      rest.removeFirst()
      return .argument
    }
    var number: Int?
    while let digit = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
      number = try checked((number ?? 0) * 10 + Int(digit - UInt8(ascii: "0")))
      rest.removeFirst()
    }
    return number.map { .fixed($0) }
  }

  static func checked(_ size: Int) throws(Fault) -> Int {
    if size > sizeMax { throw .limit("widths and precisions of `format` go up to \(sizeMax)") }
    return size
  }

  /// How many arguments it takes, by place.
  var argumentCount: Int {
    var count = letter == Self.percent || name != nil ? 0 : 1
    if case .argument = width { count += 1 }
    if case .argument = precision { count += 1 }
    return count
  }
}

/// What a directive makes of a value.
struct FormattedValue {
  private var sign: [UInt8] = []
  private var body: [UInt8] = []
  private let isNumber: Bool

  /// - Parameter precision: of `%s` and `%r` how many characters, of integers how many digits at least, of floats how
  ///   many behind the point.
  init(_ directive: FormatDirective, precision: Int?, _ value: Value) throws(Fault) {
    isNumber = !"scr".utf8.contains(directive.letter)
    switch directive.letter {
    case UInt8(ascii: "s"): body = Self.cut(value.textBytes, precision)
    case UInt8(ascii: "r"):
      var printer = ValuePrinter()
      printer.append(value)
      body = Self.cut(printer.output, precision)
    case UInt8(ascii: "c"): body = try Self.character(value)
    case UInt8(ascii: "x"), UInt8(ascii: "X"): try setInteger(value, radix: 16, directive, precision)
    case UInt8(ascii: "o"): try setInteger(value, radix: 8, directive, precision)
    case UInt8(ascii: "d"), UInt8(ascii: "i"), UInt8(ascii: "u"):
      try setInteger(value, radix: 10, directive, precision)
    default: try setFloat(value, directive, precision)
    }
  }

  func append(to output: inout [UInt8], _ directive: FormatDirective, width: Int) {
    let missing = max(0, width - sign.count - body.withUnsafeBytes { Text.count($0) })
    if directive.isLeft {
      output += sign + body + [UInt8](repeating: 0x20, count: missing)
    } else if directive.padsWithZeros, isNumber {
      output += sign + [UInt8](repeating: 0x30, count: missing) + body
    } else {
      output += [UInt8](repeating: 0x20, count: missing) + sign + body
    }
  }

  private static func cut(_ text: [UInt8], _ precision: Int?) -> [UInt8] {
    guard let precision else { return text }
    let boundaries = Text.boundaries(text)
    return precision < boundaries.count ? Array(text[..<boundaries[precision]]) : text
  }

  /// One character, or the number of one.
  private static func character(_ value: Value) throws(Fault) -> [UInt8] {
    if let bytes = value.stringBytes, bytes.withUnsafeBytes({ Text.count($0) }) == 1 { return bytes }
    guard case .integer(let number)? = value.operand, let code = UInt32(exactly: number),
      let scalar = Unicode.Scalar(code)
    else { throw .arguments("`format` needs a character or its number here, not \(value.kind.name)") }
    var character: [UInt8] = []
    Text.append(scalar, to: &character)
    return character
  }

  private mutating func setInteger(
    _ value: Value, radix: Int, _ directive: FormatDirective, _ precision: Int?
  ) throws(Fault) {
    let whole: Int128
    switch value.operand {
    case .integer(let value): whole = value
    case .float(let value):
      guard let value = Int128(exactly: value.rounded(.towardZero)) else {
        throw .arguments("`format` cannot write this number as an integer")
      }
      whole = value
    case .beyond, nil:
      throw .arguments("`format` needs a number here, not \(value.kind.name)")
    }
    setSign(isNegative: whole < 0, directive)
    body = Array(String(whole.magnitude, radix: radix).utf8)
    if let precision, precision > body.count {
      body = [UInt8](repeating: 0x30, count: precision - body.count) + body
    }
    if directive.letter == UInt8(ascii: "X") { body = LetterCase.upper(body) }
    if directive.isAlternative, radix != 10 { sign += [0x30, directive.letter] }
  }

  private mutating func setFloat(
    _ value: Value, _ directive: FormatDirective, _ precision: Int?
  ) throws(Fault) {
    guard let number = value.operand?.double else {
      throw .arguments("`format` needs a number here, not \(value.kind.name)")
    }
    setSign(isNegative: number.sign == .minus, directive)
    body = DecimalDigits.spell(
      number.magnitude, letter: directive.letter, precision: precision ?? 6,
      isAlternative: directive.isAlternative)
  }

  private mutating func setSign(isNegative: Bool, _ directive: FormatDirective) {
    if isNegative { sign = [UInt8(ascii: "-")] } else if let plus = directive.plus { sign = [plus] }
  }
}

/// A float written out in C's ways.
enum DecimalDigits {
  /// Rounded from the exact value, which only the C library does: Swift's own text has the fewest digits.
  static func spell(_ value: Double, letter: UInt8, precision: Int, isAlternative: Bool) -> [UInt8] {
    guard value.isFinite else {
      let name = Array((value.isNaN ? "nan" : "inf").utf8)
      return letter & 0x20 == 0 ? LetterCase.upper(name) : name
    }
    let format = (isAlternative ? "%#.*" : "%.*") + String(Unicode.Scalar(letter))
    // 309 digits before the point, and the point.
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 320 + precision) { buffer in
      let length = withVaList([Int32(truncatingIfNeeded: precision), value]) { arguments in
        vsnprintf(buffer.baseAddress, buffer.count, format, arguments)
      }
      return buffer.prefix(max(0, Int(length))).map { UInt8(bitPattern: $0) }
    }
  }
}
