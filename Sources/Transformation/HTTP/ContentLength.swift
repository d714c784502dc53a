/// The header `content-length` (RFC 9110, section 8.6).
package enum ContentLength {
  /// All numbers of as many digits fit into an Int.
  private static let digitsMax = 18

  /// The most digits of an Int.
  package static let roomBytes = 20

  /// Spells a length at the end of `room`, which has `roomBytes`.
  package static func spell(_ length: Int, in room: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer {
    var start = room.count
    var rest = length.magnitude
    repeat {
      start &-= 1
      room[start] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
      rest /= 10
    } while rest > 0 && start > 0
    return UnsafeRawBufferPointer(rebasing: room[start...])
  }

  /// The number that `value` spells; nil when it is none.
  package static func parse(_ value: UnsafeRawBufferPointer) -> Int? {
    guard (1...digitsMax).contains(value.count) else { return nil }
    var length = 0
    for digit in value {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      length = length &* 10 &+ Int(digit &- UInt8(ascii: "0"))
    }
    return length
  }
}

extension ExchangeSource {
  /// What `content-length` declares; nil when it is absent or no number.
  package var declaredLength: Int? { firstValue("content-length").flatMap { ContentLength.parse($0) } }
}
