/// Messages of a stream that wait to be sent, each with its gRPC prefix, one behind the other.
package struct OutgoingMessages {
  package internal(set) var bytes: [UInt8] = []
  package init() {}

  /// Appends the prefix (not compressed, the length in four bytes, big-endian) and lets `fill` write the message in
  /// place: exactly `byteCount` bytes, which hold nothing yet. At most `UInt32.max` bytes, the most that the prefix
  /// can say: more is not appended at all.
  package mutating func appendMessage(byteCount: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
    guard let length = UInt32(exactly: byteCount) else { return }
    let total = Self.prefixBytes &+ byteCount
    bytes.append(addingCapacity: total) { span in
      span.withUnsafeMutableBufferPointer { buffer, initialized in
        let raw = UnsafeMutableRawBufferPointer(buffer)
        raw.storeBytes(of: 0, as: UInt8.self)
        raw.storeBytes(of: length.bigEndian, toByteOffset: 1, as: UInt32.self)
        fill(UnsafeMutableRawBufferPointer(rebasing: raw[Self.prefixBytes..<total]))
        initialized = total
      }
    }
  }

  /// The compressed flag and the length of a message.
  static let prefixBytes = 5
}
