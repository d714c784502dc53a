/// Messages of a stream that wait to be sent, each with its gRPC prefix, one behind the other.
package struct OutgoingMessages {
  package internal(set) var bytes: [UInt8] = []
  package init() {}

  /// Appends the prefix (not compressed, the length in four bytes, big-endian) and lets `fill` write the message in
  /// place: exactly `byteCount` bytes.
  package mutating func appendMessage(byteCount: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
    fatalError()
  }
}
