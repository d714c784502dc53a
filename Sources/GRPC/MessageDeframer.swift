#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Cuts the body of a gRPC stream into its length-prefixed messages, however it was cut into DATA frames.
///
/// A message that lies whole in one chunk is handed over where it is. The parts of others are gathered in a buffer
/// that grows as bytes arrive, never on the word of a prefix.
struct MessageDeframer: ~Copyable {
  private var buffer: UnsafeMutableRawPointer?
  /// Bytes allocated at `buffer`.
  private(set) var capacity = 0
  /// Bytes of the message (or of its prefix) gathered so far.
  private var gathered = 0
  /// Nil until the whole prefix of the message is here.
  private var expected: Int?
  /// The prefix, as far as it is here, in the lowest bytes.
  private var prefix: UInt64 = 0
  /// The message in `buffer` was handed over; it is borrowed until the next call.
  private var isHandedOver = false

  /// The smallest buffer, so that many small parts are not as many allocations.
  private static let capacityBytesMin = 4 << 10

  enum Failure: Error, Equatable {
    case compressed
    case tooLarge(byteCount: Int)
    case outOfMemory
  }

  // `realloc` lets large buffers grow without a copy.
  deinit { Self.release(buffer) }

  /// Bytes of an incomplete message are waiting for the rest.
  var isMidMessage: Bool { !isHandedOver && (gathered > 0 || expected != nil) }

  /// The next message that is complete with the bytes of `input`, which it takes what it needs from; nil when more
  /// must arrive, and then all of `input` is taken.
  ///
  /// The message lies in `input` or in the deframer: it is borrowed until the next call.
  mutating func next(
    _ input: inout UnsafeRawBufferPointer, messageBytesMax: Int
  ) throws(Failure) -> UnsafeRawBufferPointer? {
    if isHandedOver {
      gathered = 0
      isHandedOver = false
    }
    guard let length = try takePrefix(&input, messageBytesMax: messageBytesMax) else { return nil }
    if gathered == 0, input.count >= length {
      expected = nil
      return take(&input, length)
    }
    let part = take(&input, min(input.count, length &- gathered))
    try gather(part, of: length)
    guard gathered == length else { return nil }
    expected = nil
    isHandedOver = true
    return UnsafeRawBufferPointer(start: buffer, count: length)
  }

  /// Frees the buffer when it is larger than `retainedBytesMax` and nothing in it is needed.
  mutating func trim(retainedBytesMax: Int) {
    guard !isMidMessage, capacity > retainedBytesMax else { return }
    freeBuffer()
  }

  /// Forgets what was gathered, and frees the buffer when it is larger than `retainedBytesMax`.
  mutating func reset(retainedBytesMax: Int) {
    gathered = 0
    expected = nil
    isHandedOver = false
    if capacity > retainedBytesMax { freeBuffer() }
  }

  private static func release(_ buffer: UnsafeMutableRawPointer?) { free(buffer) }

  private mutating func freeBuffer() {
    Self.release(buffer)
    buffer = nil
    capacity = 0
    gathered = 0
    isHandedOver = false
  }

  /// The length of the message at hand, once its prefix is complete.
  private mutating func takePrefix(
    _ input: inout UnsafeRawBufferPointer, messageBytesMax: Int
  ) throws(Failure) -> Int? {
    if let expected { return expected }
    let part = take(&input, min(input.count, OutgoingMessages.prefixBytes &- gathered))
    for byte in part { prefix = prefix << 8 | UInt64(byte) }
    gathered &+= part.count
    guard gathered == OutgoingMessages.prefixBytes else { return nil }
    gathered = 0
    let length = Int(prefix & 0xffff_ffff)
    let flag = prefix >> 32 & 0xff
    guard flag == 0 else { throw .compressed }
    guard length <= messageBytesMax else { throw .tooLarge(byteCount: length) }
    expected = length
    return length
  }

  private mutating func gather(_ part: UnsafeRawBufferPointer, of length: Int) throws(Failure) {
    let needed = gathered &+ part.count
    if needed > capacity {
      // Doubling, so that a message is copied at most once over; not beyond its end.
      let grown = max(needed, min(length, max(capacity &* 2, Self.capacityBytesMin)))
      guard let larger = realloc(buffer, grown) else { throw .outOfMemory }
      buffer = larger
      capacity = grown
    }
    if let source = part.baseAddress, let buffer {
      (buffer + gathered).copyMemory(from: source, byteCount: part.count)
    }
    gathered = needed
  }

  private func take(_ input: inout UnsafeRawBufferPointer, _ count: Int) -> UnsafeRawBufferPointer {
    defer { input = UnsafeRawBufferPointer(rebasing: input.dropFirst(count)) }
    return UnsafeRawBufferPointer(rebasing: input.prefix(count))
  }
}
