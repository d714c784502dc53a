/// Spells floating point numbers: always the shortest digits that read back as the same number, laid out in three ways.
enum FloatText {
  enum Style {
    /// Never an exponent: what `{{ 1e300 }}` prints.
    case plain
    /// An exponent for very large and very small numbers: inside lists and maps.
    case inspected
    /// As JSON writers have it; what JSON cannot say is `null`.
    case json
  }

  static func append(_ value: Double, style: Style, to output: inout [UInt8]) {
    guard value.isFinite else {
      if style == .json {
        output.append("null")
      } else if value.isNaN {
        output.append("NaN")
      } else {
        output.append(value < 0 ? "-inf" : "inf")
      }
      return
    }
    if value.sign == .minus { output.append(UInt8(ascii: "-")) }
    guard value != 0 else {
      output.append("0.0")
      return
    }
    let (digits, point) = shortest(value.magnitude)
    let usesExponent =
      switch style {
      case .plain: false
      // 1e16 and above, below 1e-4.
      case .inspected: point > 16 || point < -3
      // 1e16 and above, below 1e-5.
      case .json: point > 16 || point < -4
      }
    if usesExponent {
      output.append(digits[0])
      if digits.count > 1 {
        output.append(UInt8(ascii: "."))
        output.append(contentsOf: digits.dropFirst())
      }
      output.append(UInt8(ascii: "e"))
      output.append(decimal: Int64(point - 1))
    } else if point <= 0 {
      output.append("0.")
      output.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: -point))
      output.append(contentsOf: digits)
    } else if point >= digits.count {
      output.append(contentsOf: digits)
      output.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: point - digits.count))
      output.append(".0")
    } else {
      output.append(contentsOf: digits[..<point])
      output.append(UInt8(ascii: "."))
      output.append(contentsOf: digits[point...])
    }
  }

  /// The significant digits, at least one, and where the decimal point stands among them: 1.5 is `15` and 1.
  private static func shortest(_ value: Double) -> (digits: [UInt8], point: Int) {
    var digits: [UInt8] = []
    var point: Int?
    var exponent = 0
    var text = value.description.utf8.makeIterator()
    reading: while let byte = text.next() {
      switch byte {
      case UInt8(ascii: "."): point = digits.count
      case UInt8(ascii: "e"):
        var isNegative = false
        while let byte = text.next() {
          if byte == UInt8(ascii: "-") { isNegative = true }
          if byte >= UInt8(ascii: "0") { exponent = exponent &* 10 &+ Int(byte &- UInt8(ascii: "0")) }
        }
        if isNegative { exponent = -exponent }
        break reading
      default: digits.append(byte)
      }
    }
    var position = (point ?? digits.count) + exponent
    let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
    digits.removeFirst(leading)
    position -= leading
    while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
    return (digits.isEmpty ? [UInt8(ascii: "0")] : digits, position)
  }
}
