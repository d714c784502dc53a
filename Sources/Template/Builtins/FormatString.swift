#if canImport(Glibc)
  import Glibc
#endif

/// The filter `format`: `"%s has %d"|format(name, count)`, as C and Python have it.
///
/// `%s`, `%d`, `%i`, `%f`, `%x`, `%X`, `%o` and `%%`, with the flags `-`, `0`, `+` and space, a width and a precision.
enum FormatString {
  static func format(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let text = try call.inputString()
    try call.charge(text.count >> 2)
    var result: [UInt8] = []
    var next = 1
    var rest = text[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        result.append(byte)
        continue
      }
      let directive = try Directive(&rest)
      if directive.letter == UInt8(ascii: "%") {
        result.append(byte)
        continue
      }
      guard next < call.count else {
        throw .arguments("\(call.title) has fewer arguments than the text needs")
      }
      try call.charge(StepCosts.printedNumber)
      try directive.append(call.argument(next), to: &result)
      try call.limits.checkLength(result.count)
      next += 1
    }
    if next < call.count { throw .arguments("\(call.title) has more arguments than the text needs") }
    return .string(result)
  }

  private struct Directive {
    var isLeft = false
    var padsWithZeros = false
    var plus: UInt8?
    var width = 0
    var precision: Int?
    let letter: UInt8

    init(_ rest: inout ArraySlice<UInt8>) throws(Fault) {
      flags: while let flag = rest.first {
        switch flag {
        case UInt8(ascii: "-"): isLeft = true
        case UInt8(ascii: "0"): padsWithZeros = true
        case UInt8(ascii: "+"): plus = flag
        case UInt8(ascii: " "): plus = plus ?? flag
        default: break flags
        }
        rest.removeFirst()
      }
      width = try Self.number(&rest) ?? 0
      if rest.first == UInt8(ascii: ".") {
        rest.removeFirst()
        precision = try Self.number(&rest) ?? 0
      }
      guard let letter = rest.popFirst() else { throw .arguments("the text to format ends in a `%`") }
      self.letter = letter
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) throws(Fault) -> Int? {
      var number: Int?
      while let digit = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
        number = (number ?? 0) * 10 + Int(digit - UInt8(ascii: "0"))
        if let number, number > 1000 { throw .limit("widths and precisions of `format` go up to 1000") }
        rest.removeFirst()
      }
      return number
    }

    func append(_ value: Value, to output: inout [UInt8]) throws(Fault) {
      var sign: [UInt8] = []
      var body: [UInt8]
      switch letter {
      case UInt8(ascii: "s"):
        body = value.textBytes
        if let precision {
          let boundaries = Text.boundaries(body)
          if precision < boundaries.count { body = Array(body[..<boundaries[precision]]) }
        }
      case UInt8(ascii: "d"), UInt8(ascii: "i"): body = try integer(value, radix: 10, &sign)
      case UInt8(ascii: "x"): body = try integer(value, radix: 16, &sign)
      case UInt8(ascii: "X"): body = LetterCase.upper(try integer(value, radix: 16, &sign))
      case UInt8(ascii: "o"): body = try integer(value, radix: 8, &sign)
      case UInt8(ascii: "f"), UInt8(ascii: "F"): body = try fixed(value, &sign)
      default:
        throw .arguments("`%\(String(decoding: [letter], as: UTF8.self))` is no directive of `format`")
      }
      let missing = max(0, width - sign.count - body.withUnsafeBytes { Text.count($0) })
      let isNumber = letter != UInt8(ascii: "s")
      if isLeft {
        output += sign + body + [UInt8](repeating: 0x20, count: missing)
      } else if padsWithZeros, isNumber {
        output += sign + [UInt8](repeating: 0x30, count: missing) + body
      } else {
        output += [UInt8](repeating: 0x20, count: missing) + sign + body
      }
    }

    private func integer(_ value: Value, radix: Int, _ sign: inout [UInt8]) throws(Fault) -> [UInt8] {
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
      setSign(isNegative: whole < 0, &sign)
      return Array(String(whole.magnitude, radix: radix).utf8)
    }

    private func fixed(_ value: Value, _ sign: inout [UInt8]) throws(Fault) -> [UInt8] {
      guard let number = value.operand?.double else {
        throw .arguments("`format` needs a number here, not \(value.kind.name)")
      }
      setSign(isNegative: number.sign == .minus, &sign)
      return DecimalDigits.fixed(number.magnitude, precision: precision ?? 6)
    }

    private func setSign(isNegative: Bool, _ sign: inout [UInt8]) {
      if isNegative { sign = [UInt8(ascii: "-")] } else if let plus { sign = [plus] }
    }
  }
}

/// A float written out with a fixed number of digits behind the point.
enum DecimalDigits {
  /// Rounded from the exact value, which only the C library does: Swift's own text has the fewest digits.
  static func fixed(_ value: Double, precision: Int) -> [UInt8] {
    guard value.isFinite else { return Array((value.isNaN ? "nan" : "inf").utf8) }
    // 309 digits before the point, and the point.
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 320 + precision) { buffer in
      let length = withVaList([Int32(truncatingIfNeeded: precision), value]) { arguments in
        vsnprintf(buffer.baseAddress, buffer.count, "%.*f", arguments)
      }
      return buffer.prefix(max(0, Int(length))).map { UInt8(bitPattern: $0) }
    }
  }
}
