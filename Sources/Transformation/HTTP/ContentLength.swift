/// The header `content-length` (RFC 9110, section 8.6).
package enum ContentLength {
  /// All numbers of as many digits fit into an Int.
  private static let digitsMax = 18

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
