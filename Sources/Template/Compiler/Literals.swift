/// Why a literal is not one.
struct LiteralProblem: Error {
  let detail: String
}

/// What backslashes mean in strings: JSON's escapes, `\'`, `\xHH` and octal ones, as in minijinja.
enum StringEscapes {
  static func decode(_ bytes: ArraySlice<UInt8>) throws(LiteralProblem) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var rest = bytes
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        output.append(byte)
        continue
      }
      guard let escape = rest.popFirst() else { throw LiteralProblem(detail: "the string ends in a `\\`") }
      switch escape {
      case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"), UInt8(ascii: "/"): output.append(escape)
      case UInt8(ascii: "b"): output.append(0x08)
      case UInt8(ascii: "f"): output.append(0x0C)
      case UInt8(ascii: "n"): output.append(0x0A)
      case UInt8(ascii: "r"): output.append(0x0D)
      case UInt8(ascii: "t"): output.append(0x09)
      case UInt8(ascii: "u"): Text.append(try unicode(&rest), to: &output)
      case UInt8(ascii: "x"): Text.append(try scalar(hexadecimal(&rest, count: 2)), to: &output)
      case UInt8(ascii: "0")...UInt8(ascii: "7"): Text.append(try octal(escape, &rest), to: &output)
      default:
        throw LiteralProblem(
          detail: "unknown escape `\\\(String(decoding: [escape], as: UTF8.self))` in a string")
      }
    }
    return output
  }

  /// `\uD83D\uDE00` is one character.
  private static func unicode(_ rest: inout ArraySlice<UInt8>) throws(LiteralProblem) -> Unicode.Scalar {
    let high = try hexadecimal(&rest, count: 4)
    guard (0xD800...0xDBFF).contains(high) else { return try scalar(high) }
    guard rest.popFirst() == UInt8(ascii: "\\"), rest.popFirst() == UInt8(ascii: "u") else {
      throw LiteralProblem(detail: "half of a surrogate pair in a string")
    }
    let low = try hexadecimal(&rest, count: 4)
    guard (0xDC00...0xDFFF).contains(low) else {
      throw LiteralProblem(detail: "half of a surrogate pair in a string")
    }
    return try scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
  }

  private static func octal(
    _ first: UInt8, _ rest: inout ArraySlice<UInt8>
  ) throws(LiteralProblem) -> Unicode.Scalar {
    var value = UInt32(first - UInt8(ascii: "0"))
    for _ in 0..<2 {
      guard let digit = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { break }
      value = value * 8 + UInt32(digit - UInt8(ascii: "0"))
      rest.removeFirst()
    }
    guard value <= 0xFF else { throw LiteralProblem(detail: "an octal escape ends at `\\377`") }
    return try scalar(value)
  }

  private static func hexadecimal(
    _ rest: inout ArraySlice<UInt8>, count: Int
  ) throws(LiteralProblem) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let digit = rest.popFirst().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw LiteralProblem(detail: "expected \(count) hexadecimal digits in a string's escape")
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  private static func scalar(_ code: UInt32) throws(LiteralProblem) -> Unicode.Scalar {
    guard let scalar = Unicode.Scalar(code) else {
      throw LiteralProblem(detail: "half of a surrogate pair in a string")
    }
    return scalar
  }
}

/// Numbers: `42`, `1_000`, `0x1f`, `0o17`, `0b11`, `1.5`, `1e3`.
enum NumberLiteral {
  static func read(
    _ bytes: ArraySlice<UInt8>, isPosition: Bool
  ) -> (value: Result<Token.Kind, LiteralProblem>, end: Int) {
    var radix = 10
    var start = bytes.startIndex
    if !isPosition, bytes.count > 1, bytes[start] == UInt8(ascii: "0") {
      switch bytes[start + 1] | 0x20 {
      case UInt8(ascii: "b"): radix = 2
      case UInt8(ascii: "o"): radix = 8
      case UInt8(ascii: "x"): radix = 16
      default: break
      }
      if radix != 10 { start += 2 }
    }
    let (end, isFloat) = extent(of: bytes[start...], radix: radix, isPosition: isPosition)
    let text = String(decoding: bytes[start..<end].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    if end > start, bytes[end - 1] == UInt8(ascii: "_") {
      return (.failure(LiteralProblem(detail: "a number cannot end in `_`")), end)
    }
    if isFloat {
      // A point at the end is allowed: `1.` is `1.0`.
      let value = Double(text.hasSuffix(".") ? text + "0" : text.replacingPointBeforeExponent())
      return (value.map { .success(.float($0)) } ?? .failure(LiteralProblem(detail: "invalid number")), end)
    }
    if let value = UInt128(text, radix: radix) { return (.success(.integer(value)), end) }
    let isDigits = !text.isEmpty && text.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    return (
      .failure(
        LiteralProblem(
          detail: isDigits && radix != 2 && radix != 8 ? "the integer is too large" : "invalid number")), end
    )
  }

  private static func extent(
    of bytes: ArraySlice<UInt8>, radix: Int, isPosition: Bool
  ) -> (end: Int, isFloat: Bool) {
    enum Part { case integer, fraction, exponent, exponentDigits }
    var part = Part.integer
    var end = bytes.startIndex
    scanning: while end < bytes.endIndex {
      switch bytes[end] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if part == .exponent { part = .exponentDigits }
      case UInt8(ascii: "a")...UInt8(ascii: "f") where radix == 16: break
      case UInt8(ascii: "A")...UInt8(ascii: "F") where radix == 16: break
      case UInt8(ascii: "_") where !isPosition: break
      case UInt8(ascii: ".") where part == .integer && radix == 10 && !isPosition: part = .fraction
      case UInt8(ascii: "e") where radix == 10 && !isPosition && (part == .integer || part == .fraction),
        UInt8(ascii: "E") where radix == 10 && !isPosition && (part == .integer || part == .fraction):
        part = .exponent
      case UInt8(ascii: "+") where part == .exponent: part = .exponentDigits
      case UInt8(ascii: "-") where part == .exponent: part = .exponentDigits
      default: break scanning
      }
      end += 1
    }
    return (end, part != .integer)
  }
}

extension String {
  /// `1.e3` is `1.0e3`.
  fileprivate func replacingPointBeforeExponent() -> String {
    guard let point = utf8.firstIndex(of: UInt8(ascii: ".")) else { return self }
    let after = utf8.index(after: point)
    guard after < utf8.endIndex, utf8[after] | 0x20 == UInt8(ascii: "e") else { return self }
    return String(self[...point]) + "0" + String(self[after...])
  }
}
