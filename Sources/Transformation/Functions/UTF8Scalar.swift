/// Reads Unicode scalars out of bytes that may be no UTF-8.
enum UTF8Scalar {
  static let replacement: UInt32 = 0xFFFD

  /// The scalar at `position`, which is inside, and its bytes. What is no UTF-8 reads as U+FFFD, a byte each.
  @inline(__always)
  static func decode(_ bytes: UnsafeRawBufferPointer, at position: Int) -> (scalar: UInt32, length: Int) {
    let first = bytes[position]
    return first < 0x80 ? (UInt32(first), 1) : decodeLong(bytes, at: position, first)
  }

  private static func decodeLong(
    _ bytes: UnsafeRawBufferPointer, at position: Int, _ first: UInt8
  ) -> (scalar: UInt32, length: Int) {
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    guard first >= 0xC2, first <= 0xF4, bytes.count &- position >= length else { return (replacement, 1) }
    var scalar = UInt32(first) & (0x7F >> UInt32(length))
    for offset in 1..<length {
      let byte = bytes[position + offset]
      guard byte & 0xC0 == 0x80 else { return (replacement, 1) }
      scalar = scalar << 6 | UInt32(byte & 0x3F)
    }
    let least: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
    guard scalar >= least, Unicode.Scalar(scalar) != nil else { return (replacement, 1) }
    return (scalar, length)
  }

  /// Unicode's property White_Space.
  static func isWhitespace(_ scalar: UInt32) -> Bool {
    if scalar < 0x80 { return scalar == 0x20 || (0x09...0x0D).contains(scalar) }
    return Unicode.Scalar(scalar)?.properties.isWhitespace ?? false
  }
}
