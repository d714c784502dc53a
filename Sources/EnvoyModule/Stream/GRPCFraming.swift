/// Where a gRPC body stands between its messages: one byte of flags, four of the length, then that many
/// (gRPC's PROTOCOL-HTTP2.md, "Length-Prefixed-Message").
struct GRPCFraming {
  private static let prefixBytes = 5

  /// Of the message that has begun.
  private var bytesMissing = 0
  /// Of the next message's prefix.
  private var prefixBytesRead = 0
  private var length: UInt32 = 0

  /// Whether a body may end here.
  var isBetweenMessages: Bool { bytesMissing == 0 && prefixBytesRead == 0 }

  mutating func read(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while !rest.isEmpty {
      if bytesMissing > 0 {
        let count = min(bytesMissing, rest.count)
        bytesMissing &-= count
        rest = rest.dropFirst(count)
        continue
      }
      guard let byte = rest.popFirst() else { return }
      if prefixBytesRead > 0 { length = length << 8 | UInt32(byte) }
      prefixBytesRead &+= 1
      guard prefixBytesRead == GRPCFraming.prefixBytes else { continue }
      bytesMissing = Int(length)
      prefixBytesRead = 0
      length = 0
    }
  }
}
