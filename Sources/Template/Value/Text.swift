internal import JSON

/// Work on UTF-8 bytes. Bytes that are no UTF-8 are passed on as they are, one at a time.
enum Text {
  static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    left.equals(right)
  }

  static func isASCII(_ bytes: borrowing [UInt8]) -> Bool {
    bytes.withUnsafeBytes { $0.allSatisfy { $0 < 0x80 } }
  }

  /// How many Unicode scalars.
  static func count(_ bytes: UnsafeRawBufferPointer) -> Int {
    // Every byte but a continuation byte starts one.
    var count = 0
    for byte in bytes where byte & 0xC0 != 0x80 { count &+= 1 }
    return count
  }

  /// The number of bytes of the scalar that starts at `position`, and the scalar; nil when the bytes are not UTF-8,
  /// then one byte.
  static func scalar(
    in bytes: borrowing [UInt8], at position: Int
  ) -> (length: Int, scalar: Unicode.Scalar?) {
    let first = bytes[position]
    if first < 0x80 { return (1, Unicode.Scalar(first)) }
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    guard (0xC2...0xF4).contains(first), position + length <= bytes.count else { return (1, nil) }
    var code = UInt32(first) & (0x7F >> UInt32(length))
    for offset in 1..<length {
      let byte = bytes[position + offset]
      guard byte & 0xC0 == 0x80 else { return (1, nil) }
      code = code << 6 | UInt32(byte & 0x3F)
    }
    guard code >= (length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000) else { return (1, nil) }
    guard let scalar = Unicode.Scalar(code) else { return (1, nil) }
    return (length, scalar)
  }

  /// Calls `body` with each scalar and where its bytes are.
  static func forEachScalar<Failure: Error>(
    in bytes: borrowing [UInt8], _ body: (Unicode.Scalar?, Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    var position = 0
    while position < bytes.count {
      let (length, scalar) = scalar(in: bytes, at: position)
      try body(scalar, position..<position + length)
      position += length
    }
  }

  /// Where the scalars start, and the end: one more than there are scalars.
  static func boundaries(_ bytes: borrowing [UInt8]) -> [Int] {
    var boundaries: [Int] = []
    boundaries.reserveCapacity(bytes.count + 1)
    forEachScalar(in: bytes) { _, range in boundaries.append(range.lowerBound) }
    boundaries.append(bytes.count)
    return boundaries
  }

  static func append(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
    if let encoded = UTF8.encode(scalar) { output.append(contentsOf: encoded) }
  }

  static func isWhitespace(_ scalar: Unicode.Scalar?) -> Bool {
    guard let scalar else { return false }
    if scalar.isASCII { return scalar == " " || (0x09...0x0D).contains(scalar.value) }
    return scalar.properties.isWhitespace
  }

  /// The part without the scalars at both ends for which `isTrimmed` holds.
  static func trimmed(
    _ bytes: borrowing [UInt8], in range: Range<Int>, start: Bool = true, end: Bool = true,
    where isTrimmed: (Unicode.Scalar?) -> Bool
  ) -> Range<Int> {
    var lower = range.lowerBound
    var upper = range.upperBound
    while start, lower < upper {
      let (length, scalar) = scalar(in: bytes, at: lower)
      guard isTrimmed(scalar) else { break }
      lower += length
    }
    while end, lower < upper {
      var last = upper - 1
      while last > lower, upper - last < 4, bytes[last] & 0xC0 == 0x80 { last -= 1 }
      let (length, scalar) = scalar(in: bytes, at: last)
      guard last + length == upper, isTrimmed(scalar) else { break }
      upper = last
    }
    return lower..<max(lower, upper)
  }
}

extension Array where Element == UInt8 {
  mutating func append(_ text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(text: String) { append(contentsOf: text.utf8) }

  /// Decimal digits, without a string in between.
  mutating func append(decimal value: Int64) {
    // A sign and 19 digits.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var first = digits.count
      var rest = value.magnitude
      repeat {
        first &-= 1
        digits[first] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      if value < 0 {
        first &-= 1
        digits[first] = UInt8(ascii: "-")
      }
      append(contentsOf: UnsafeBufferPointer(rebasing: digits[first...]))
    }
  }
}

/// Unicode's properties, with a short way for ASCII.
extension Unicode.Scalar {
  var isLowercase: Bool { isASCII ? isIn("a", "z") : properties.isLowercase }
  var isUppercase: Bool { isASCII ? isIn("A", "Z") : properties.isUppercase }
  var isAlphabetic: Bool { isASCII ? isIn("a", "z") || isIn("A", "Z") : properties.isAlphabetic }
  var isDecimal: Bool { isASCII ? isIn("0", "9") : properties.numericType == .decimal }
  var isDigit: Bool {
    isASCII ? isIn("0", "9") : properties.numericType == .decimal || properties.numericType == .digit
  }
  var isNumeric: Bool { isASCII ? isIn("0", "9") : properties.numericType != nil }

  private func isIn(_ first: Unicode.Scalar, _ last: Unicode.Scalar) -> Bool { self >= first && self <= last }
}
