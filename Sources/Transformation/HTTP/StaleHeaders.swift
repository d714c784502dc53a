/// Headers that speak of a body's bytes and are wrong once it was changed: validators and ranges (RFC 9110, sections 8.8
/// and 14), digests (RFC 1864, RFC 3230, RFC 9530), the checksums of AWS. A changed body goes on without them.
enum StaleHeaders {
  /// Whether a header of that name, in lower case, is one. By its length first: it is asked of every header.
  static func contains(_ name: UnsafeRawBufferPointer, _ direction: Direction) -> Bool {
    switch name.count {
    case 4: matches(name, "etag")
    case 6: matches(name, "digest")
    case 11: matches(name, "content-md5") || matches(name, "repr-digest")
    case 13:
      matches(name, "accept-ranges") || matches(name, "content-range") || matches(name, "last-modified")
    case 14: matches(name, "content-digest")
    // The payload's hash that a signature covers (AWS Signature Version 4).
    case 20 where direction == .request && matches(name, "x-amz-content-sha256"): true
    case 16...: matches(name, "x-amz-checksum-")
    default: false
    }
  }

  /// Whether `name`, which is as long or longer, begins so.
  private static func matches(_ name: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    guard let start = name.baseAddress, name[0] == text.utf8Start.pointee else { return false }
    let bytes = start.assumingMemoryBound(to: UInt8.self)
    for position in 1..<text.utf8CodeUnitCount where bytes[position] != text.utf8Start[position] {
      return false
    }
    return true
  }
}
