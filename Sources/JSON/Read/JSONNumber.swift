extension JSONValue {
  /// Whether this is a number without fraction and exponent.
  package var isInteger: Bool { entry.kind == .number && !entry.isMarked }

  /// A number written without fraction and exponent that fits. Not `-0`: only a double has that, as in serde_json.
  package var int64: Int64? { isInteger ? JSONNumber.integer(document.source(position)) : nil }

  /// The same for integers beyond 64 bits.
  package var int128: Int128? { isInteger ? JSONNumber.integer(document.source(position)) : nil }

  /// A number, as the nearest double; infinite beyond the range of doubles.
  package var double: Double? {
    kind == .number ? JSONNumber.double(document.source(position)) : nil
  }
}

/// A number from its spelling, which the indexer has checked.
enum JSONNumber {
  static func integer<Integer: FixedWidthInteger & SignedInteger>(
    _ spelling: UnsafeBufferPointer<UInt8>
  ) -> Integer? {
    let isNegative = spelling.first == UInt8(ascii: "-")
    // Gathered as a negative number: there is one more of these than of positive ones.
    var number: Integer = 0
    for byte in spelling.dropFirst(isNegative ? 1 : 0) {
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      let (tenfold, overflow) = number.multipliedReportingOverflow(by: 10)
      let (next, overflowNext) = tenfold.subtractingReportingOverflow(Integer(truncatingIfNeeded: digit))
      if overflow || overflowNext { return nil }
      number = next
    }
    if isNegative { return number == 0 ? nil : number }
    let (positive, overflow) = (0 as Integer).subtractingReportingOverflow(number)
    return overflow ? nil : positive
  }

  /// Correctly rounded. Short numbers are computed here, exactly; the others go through the standard library, whose
  /// conversion does not depend on the locale.
  static func double(_ spelling: UnsafeBufferPointer<UInt8>) -> Double? {
    shortDouble(spelling) ?? Double(String(decoding: spelling, as: UTF8.self))
  }

  /// A number of at most 15 digits times or divided by at most 10^22: both factors are doubles without rounding, so
  /// that the one operation rounds correctly (Clinger, "How to Read Floating Point Numbers Accurately", 1990).
  private static func shortDouble(_ spelling: UnsafeBufferPointer<UInt8>) -> Double? {
    guard spelling.count <= shortBytesMax else { return nil }
    var digits: UInt64 = 0
    var digitCount = 0
    var fractionDigits = 0
    var inFraction = false
    var isNegative = false
    for byte in spelling {
      let digit = byte &- UInt8(ascii: "0")
      if digit < 10 {
        digits = digits &* 10 &+ UInt64(digit)
        digitCount &+= 1
        if inFraction { fractionDigits &+= 1 }
      } else if byte == UInt8(ascii: "-") {
        isNegative = true
      } else if byte == UInt8(ascii: ".") {
        inFraction = true
      } else {
        return nil
      }
    }
    guard digitCount <= 15, fractionDigits < powersOfTen.count else { return nil }
    let magnitude = Double(digits) / powersOfTen[fractionDigits]
    return isNegative ? -magnitude : magnitude
  }

  /// 15 digits, a sign and a point.
  private static let shortBytesMax = 17
  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]
}
