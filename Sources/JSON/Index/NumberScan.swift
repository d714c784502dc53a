/// Finds where a number ends and checks its grammar (RFC 8259, section 6).
enum NumberScan {
  struct Result {
    /// Behind the last byte.
    let end: UnsafePointer<UInt8>
    /// No fraction and no exponent.
    let isInteger: Bool
  }

  /// `p` is at the minus or the first digit. Whatever follows the number is the caller's to judge.
  @inline(never)
  static func scan(
    _ p: UnsafePointer<UInt8>, start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) throws(JSONFault) -> Result {
    var p = p
    if p[0] == UInt8(ascii: "-") { p += 1 }
    if p < end, p[0] == UInt8(ascii: "0") {
      p += 1
      if p < end, isDigit(p[0]) { throw JSONFault(.leadingZero, offset: p - start - 1) }
    } else {
      p = try digits(p, start: start, end: end)
    }
    guard p < end, p[0] == UInt8(ascii: ".") || p[0] | 0x20 == UInt8(ascii: "e") else {
      return Result(end: p, isInteger: true)
    }
    if p[0] == UInt8(ascii: ".") {
      p = try digits(p + 1, start: start, end: end)
    }
    if p < end, p[0] | 0x20 == UInt8(ascii: "e") {
      p += 1
      if p < end, p[0] == UInt8(ascii: "+") || p[0] == UInt8(ascii: "-") { p += 1 }
      p = try digits(p, start: start, end: end)
    }
    return Result(end: p, isInteger: false)
  }

  /// Passes over one digit or more.
  @inline(__always)
  private static func digits(
    _ p: UnsafePointer<UInt8>, start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) throws(JSONFault) -> UnsafePointer<UInt8> {
    guard p < end, isDigit(p[0]) else { throw JSONFault(.expectedDigit, offset: p - start) }
    var p = p + 1
    while p < end, isDigit(p[0]) { p += 1 }
    return p
  }

  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
