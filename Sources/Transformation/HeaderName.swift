/// A header's name in lower case, checked: a token of RFC 9110 section 5.1, or a pseudo-header (`:path`, RFC 9113
/// section 8.3).
package struct HeaderName: Hashable, Sendable, CustomStringConvertible {
  package let bytes: [UInt8]

  /// Nil when `name` is not a header name.
  package init?(_ name: String) {
    var bytes = Array(name.utf8)
    guard bytes.count <= TransformationLimits.headerNameBytesMax else { return nil }
    let token = bytes.first == UInt8(ascii: ":") ? bytes.dropFirst() : bytes[...]
    guard !token.isEmpty, token.allSatisfy(HeaderName.isTokenCharacter) else { return nil }
    for position in bytes.indices { bytes[position] = HeaderName.lowercase(bytes[position]) }
    self.bytes = bytes
  }

  private init(constant text: StaticString) {
    bytes = Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  static let acceptEncoding = HeaderName(constant: "accept-encoding")
  static let authority = HeaderName(constant: ":authority")
  static let contentEncoding = HeaderName(constant: "content-encoding")

  package var isPseudoHeader: Bool { bytes.first == UInt8(ascii: ":") }

  package var description: String { String(decoding: bytes, as: UTF8.self) }

  static func == (name: HeaderName, text: StaticString) -> Bool {
    name.bytes.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// RFC 9110 section 5.6.2.
  static func isTokenCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      return true
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
      UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      return true
    default:
      return false
    }
  }

  static func lowercase(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }
}
