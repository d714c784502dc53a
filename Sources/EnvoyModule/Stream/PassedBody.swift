/// What is remembered of a body that passes, on Envoys that hide its last piece: 1.36 and 1.37.
///
/// Where the stream has a buffer, whoever made it, they move the last piece to its end before the hook, and what the
/// hook then lets go on is empty. In that buffer lies what others keep of the same body: the router for another try,
/// a filter that waits for all of it. So the length of the last piece has to be found out: `lastPiece(in:)`.
struct PassedBody {
  /// How much of the body's latest bytes is remembered, to be found again in the buffer.
  private static let tailBytesMax = 256
  /// Fewer bytes, or the same ones again and again, are found by chance.
  private static let tailBytesMin = 4

  /// As `content-length` tells it.
  private var declaredLength: Int?
  private var grpc: GRPCFraming?
  private var byteCount = 0
  private var tail: [UInt8] = []
  /// What the buffer held when the latest piece came, if it was seen, and how much had passed before it.
  private var keptCount: Int?
  private var byteCountBefore = 0
  /// The latest time when the buffer held as much as had passed: how much, and its last bytes.
  private var stepCount = 0
  private var stepTail: [UInt8] = []

  /// A body begins. `declaredLength`: by the message's headers.
  mutating func begin(declaredLength: Int?, isGRPC: Bool) {
    self = PassedBody()
    self.declaredLength = declaredLength
    grpc = isGRPC ? GRPCFraming() : nil
  }

  /// A piece that is not the last one goes on. `keptCount`: what the buffer holds beside it; nil when that is not known.
  mutating func pass(_ piece: BodyChunks, keptCount: Int?) {
    self.keptCount = keptCount
    byteCountBefore = byteCount
    if keptCount == byteCount, byteCount > 0 {
      stepCount = byteCount
      stepTail = tail
    }
    piece.forEachPiece { bytes in
      byteCount &+= bytes.count
      guard declaredLength == nil else { return }
      grpc?.read(bytes)
      tail.append(contentsOf: bytes.suffix(PassedBody.tailBytesMax))
      tail.removeFirst(max(0, tail.count &- PassedBody.tailBytesMax))
    }
  }

  /// How many of the buffer's last bytes are the last piece of the body; nil when that cannot be known.
  func lastPiece(in buffer: BodyChunks) -> Int? {
    let count = buffer.byteCount
    if let declaredLength {
      let missing = declaredLength &- byteCount
      return (0...count).contains(missing) ? missing : nil
    }
    // All that passed was kept, or all up to a limit.
    let isKept = byteCount == 0 || buffer.hasBytes(tail, before: byteCount)
    if isKept, byteCount == 0 || PassedBody.isTelling(tail) { return count &- byteCount }
    let isKeptInPart =
      stepCount > 0 && keptCount == stepCount && buffer.hasBytes(stepTail, before: stepCount)
    if isKeptInPart, PassedBody.isTelling(stepTail) { return count &- stepCount }
    // By the messages in it.
    if isKept, endsMessage(buffer, from: byteCount) { return count &- byteCount }
    if isKeptInPart, endsMessage(buffer, from: stepCount) { return count &- stepCount }
    // What is kept may have been changed, and ends between messages as what passed does.
    if keptCount == 0 || grpc?.isBetweenMessages == false, endsMessage(buffer, from: 0) { return count }
    // Nothing is kept: the buffer was seen empty after something had passed.
    return keptCount == 0 && byteCountBefore > 0 ? count : nil
  }

  private func endsMessage(_ buffer: BodyChunks, from offset: Int) -> Bool {
    guard var grpc else { return false }
    buffer.forEachPiece(from: offset) { grpc.read($0) }
    return grpc.isBetweenMessages
  }

  private static func isTelling(_ tail: [UInt8]) -> Bool {
    guard tail.count >= tailBytesMin else { return false }
    return !(1...tail.count / 2).contains { period in
      tail.dropFirst(period).elementsEqual(tail.dropLast(period))
    }
  }
}
