/// What a `content-type` says of a body.
package enum MediaType {
  /// `application/json` and `…/…+json` (RFC 8259, section 11; RFC 6839, section 3.1), without regard to case and
  /// parameters.
  static func isJSON(_ contentType: UnsafeRawBufferPointer) -> Bool {
    isPlainJSON(contentType) || isNamedJSON(contentType)
  }

  /// As most clients spell it: `application/json`, with or without parameters.
  @inline(__always)
  private static func isPlainJSON(_ contentType: UnsafeRawBufferPointer) -> Bool {
    guard contentType.count >= 16, contentType.count == 16 || contentType[16] == UInt8(ascii: ";") else {
      return false
    }
    // `applicat`, `ion/json`
    return UInt64(littleEndian: contentType.loadUnaligned(as: UInt64.self)) == 0x7461_6369_6c70_7061
      && UInt64(littleEndian: contentType.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        == 0x6e6f_736a_2f6e_6f69
  }

  private static func isNamedJSON(_ contentType: UnsafeRawBufferPointer) -> Bool {
    let type = essence(contentType)
    return matches(type, "application/json") || hasSuffix(type, "+json")
  }

  /// `application/grpc` and `application/grpc+…` (gRPC's doc/PROTOCOL-HTTP2.md, "Requests").
  package static func isGRPC(_ contentType: UnsafeRawBufferPointer) -> Bool {
    let type = essence(contentType)
    return matches(type, "application/grpc")
      || (type.dropFirst(grpcCount).first == UInt8(ascii: "+")
        && matches(type.prefix(grpcCount), "application/grpc"))
  }

  private static let grpcCount = "application/grpc".utf8.count

  /// Without parameters and white space.
  private static func essence(_ contentType: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
    let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
    var type = contentType.drop(while: isBlank).prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",") }
    while let last = type.last, isBlank(last) { type.removeLast() }
    return type
  }

  private static func matches(_ type: Slice<UnsafeRawBufferPointer>, _ text: StaticString) -> Bool {
    type.count == text.utf8CodeUnitCount && hasSuffix(type, text)
  }

  /// `text` is in lower case.
  private static func hasSuffix(_ type: Slice<UnsafeRawBufferPointer>, _ text: StaticString) -> Bool {
    let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    return type.count >= wanted.count
      && type.suffix(wanted.count).lazy.map(HeaderName.lowercase).elementsEqual(wanted)
  }
}
