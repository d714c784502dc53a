/// Headers that speak of a body's bytes and are wrong once it was changed: validators and ranges (RFC 9110, sections 8.8
/// and 14), digests (RFC 1864, RFC 3230, RFC 9530), the checksums of AWS. A changed body goes on without them.
enum StaleHeaders {
  private static let names: [StaticString] = [
    "etag", "digest", "content-md5", "repr-digest", "accept-ranges", "content-range", "last-modified",
    "content-digest",
  ]
  private static let checksumPrefix: StaticString = "x-amz-checksum-"
  /// Of requests: the payload's hash that a signature covers (AWS Signature Version 4).
  private static let payloadHash: StaticString = "x-amz-content-sha256"

  /// Whether a header of that name, in lower case, is one.
  static func contains(_ name: UnsafeRawBufferPointer, _ direction: Direction) -> Bool {
    switch name.count {
    case 4...14:
      for stale in names where name.count == stale.utf8CodeUnitCount && starts(name, with: stale) {
        return true
      }
      return false
    default:
      return starts(name, with: checksumPrefix)
        || (direction == .request && name.count == payloadHash.utf8CodeUnitCount
          && starts(name, with: payloadHash))
    }
  }

  private static func starts(_ name: UnsafeRawBufferPointer, with text: StaticString) -> Bool {
    name.starts(with: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
