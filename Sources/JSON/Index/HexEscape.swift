/// `\uXXXX`: one UTF-16 code unit. A character beyond U+FFFF takes two of them, a surrogate pair.
enum HexEscape {
  static let length = 6

  /// The code unit that the escape at `p` spells; nil when there is no whole escape there.
  static func unit(at p: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) -> UInt32? {
    guard end - p >= length, p[0] == UInt8(ascii: "\\"), p[1] == UInt8(ascii: "u") else { return nil }
    var unit: UInt32 = 0
    for position in 2..<length {
      guard let digit = digit(p[position]) else { return nil }
      unit = unit &<< 4 | digit
    }
    return unit
  }

  @inline(__always)
  static func isSurrogate(_ unit: UInt32) -> Bool { unit & 0xf800 == 0xd800 }

  /// The scalar of a pair: `unit`, already read, and the escape at `next`. Nil when they are no pair.
  static func pairedScalar(
    _ unit: UInt32, next: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) -> UInt32? {
    guard unit & 0xfc00 == 0xd800, let low = self.unit(at: next, end: end), low & 0xfc00 == 0xdc00
    else { return nil }
    return 0x10000 &+ ((unit & 0x3ff) &<< 10 | low & 0x3ff)
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &- UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte &- UInt8(ascii: "a") &+ 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte &- UInt8(ascii: "A") &+ 10)
    default: nil
    }
  }
}
