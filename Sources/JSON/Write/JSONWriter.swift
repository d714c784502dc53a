/// Writes JSON the way serde_json does: the same escapes, the same numbers, the same layout.
///
/// Everything appends to `output`, and what it appends is valid UTF-8 whatever comes in.
package enum JSONWriter {
  package static func append(_ bool: Bool, to output: inout [UInt8]) {
    output.append(contentsOf: bool ? "true".utf8 : "false".utf8)
  }

  package static func appendNull(to output: inout [UInt8]) {
    output.append(contentsOf: "null".utf8)
  }

  /// In decimal.
  package static func append(_ integer: Int, to output: inout [UInt8]) {
    append(Int64(integer), to: &output)
  }

  package static func append(_ integer: Int64, to output: inout [UInt8]) {
    if integer < 0 { output.append(UInt8(ascii: "-")) }
    append(integer.magnitude, to: &output)
  }

  package static func append(_ integer: Int128, to output: inout [UInt8]) {
    if integer < 0 { output.append(UInt8(ascii: "-")) }
    // Two parts of at most 19 digits, so that nearly all the work is on 64 bits.
    let (upper, lower) = integer.magnitude.quotientAndRemainder(dividingBy: 10_000_000_000_000_000_000)
    let rest = UInt64(truncatingIfNeeded: lower)
    guard upper > 0 else { return append(rest, to: &output) }
    append(Int128(truncatingIfNeeded: upper), to: &output)
    appendDigits(rest, count: 19, to: &output)
  }

  package static func append(_ integer: UInt64, to output: inout [UInt8]) {
    var count = 1
    var rest = integer / 10
    while rest > 0 {
      count &+= 1
      rest /= 10
    }
    appendDigits(integer, count: count, to: &output)
  }

  /// Appends the last `count` digits of `integer`, zeros in front included; at most 20.
  private static func appendDigits(_ integer: UInt64, count: Int, to output: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var rest = integer
      var position = count
      while position > 0 {
        position &-= 1
        digits.initializeElement(at: position, to: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10))
        rest /= 10
      }
      output.append(contentsOf: UnsafeBufferPointer(rebasing: digits[..<count]))
    }
  }
}
