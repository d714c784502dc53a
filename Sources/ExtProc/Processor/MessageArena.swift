internal import CMessages
internal import Glibc

/// Memory for the messages of one stream: taken piece by piece, given back all at once.
///
/// Where headers lie is noted in it, metadata is built in it, and `reset()` empties it. In between it costs one `malloc` a
/// chunk. Used on one thread at a time. Nothing in it is ever deinitialized, so it holds only plain C data.
final class MessageArena {
  /// The first chunk: where the headers of a usual request lie.
  static let firstChunkBytes = 4 << 10
  /// Chunks grow up to this size; a larger piece has a chunk of its own, freed by `reset()`.
  static let chunkBytesMax = 64 << 10
  /// What stays of it between messages.
  static let usualRetainedBytesMax = 8 << 10
  /// What `malloc` promises.
  private static let alignment = 16

  private struct Chunk {
    var next: UnsafeMutablePointer<Chunk>?
    /// Of the memory behind this header.
    var byteCount: Int
  }

  private var cursor: UnsafeMutableRawPointer?
  private var remaining = 0
  /// The chunk that `cursor` is in comes first.
  private var chunks: UnsafeMutablePointer<Chunk>?
  /// Of all chunks.
  private(set) var byteCount = 0
  /// Chunks allocated so far, for tests: what a message costs in `malloc`s.
  private(set) var chunksAllocated = 0

  deinit { Self.free(chunks) }

  private static func free(_ first: UnsafeMutablePointer<Chunk>?) {
    var chunk = first
    while let current = chunk {
      chunk = current.pointee.next
      Glibc.free(current)
    }
  }

  /// Left in the chunk at hand, for tests.
  var remainingBytes: Int { remaining }

  /// `byteCount` bytes, aligned for any C type, not initialized, valid until `reset()`.
  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let rounded = (byteCount &+ Self.alignment &- 1) & ~(Self.alignment &- 1)
    if rounded <= remaining, let cursor {
      self.cursor = cursor + rounded
      remaining &-= rounded
      return cursor
    }
    return allocateInNewChunk(rounded)
  }

  /// Room for `count` values of a C type, not initialized.
  func allocate<Element: BitwiseCopyable>(
    _ count: Int, of type: Element.Type
  ) -> UnsafeMutablePointer<Element> {
    allocate(count &* MemoryLayout<Element>.stride).bindMemory(to: Element.self, capacity: count)
  }

  /// A message, set up by the function that protoc-c wrote for its type.
  func make<Message>(
    _ initialize: (UnsafeMutablePointer<Message>?) -> Void
  ) -> UnsafeMutablePointer<Message> {
    let message = allocate(MemoryLayout<Message>.size).bindMemory(to: Message.self, capacity: 1)
    initialize(message)
    return message
  }

  /// A copy that ends in NUL, for protobuf-c's strings. The text should hold no NUL: it would end there.
  func copyCString(_ text: some Collection<UInt8>) -> UnsafeMutablePointer<CChar> {
    let copy = allocate(text.count &+ 1, of: CChar.self)
    var end = copy
    for byte in text {
      end.pointee = CChar(bitPattern: byte)
      end += 1
    }
    end.pointee = 0
    return copy
  }

  /// Empties the arena. One chunk of at most `retainedBytesMax` stays for the next message, the others are freed.
  func reset(retainedBytesMax: Int = usualRetainedBytesMax) {
    guard chunks != nil else { return }
    var kept: UnsafeMutablePointer<Chunk>?
    var chunk = chunks
    while let current = chunk {
      chunk = current.pointee.next
      if kept == nil, current.pointee.byteCount <= retainedBytesMax {
        kept = current
      } else {
        Glibc.free(current)
      }
    }
    kept?.pointee.next = nil
    chunks = kept
    cursor = kept.map { Self.memory(of: $0) }
    remaining = kept?.pointee.byteCount ?? 0
    byteCount = remaining
  }

  private static func memory(of chunk: UnsafeMutablePointer<Chunk>) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(chunk) + headerBytes
  }

  private static var headerBytes: Int { (MemoryLayout<Chunk>.size &+ alignment &- 1) & ~(alignment &- 1) }

  /// A large piece goes behind the current chunk, which stays in use.
  private func allocateInNewChunk(_ rounded: Int) -> UnsafeMutableRawPointer {
    let isLarge = rounded > Self.chunkBytesMax / 4
    let current = chunks
    let grown = min((current?.pointee.byteCount ?? Self.firstChunkBytes / 2) &* 2, Self.chunkBytesMax)
    let chunkBytes = isLarge ? max(rounded, Self.chunkBytesMax &+ Self.alignment) : max(rounded, grown)
    // Out of memory ends the process, as it does for every Swift object.
    guard let new = malloc(Self.headerBytes &+ chunkBytes)?.bindMemory(to: Chunk.self, capacity: 1) else {
      abort()
    }
    chunksAllocated &+= 1
    byteCount &+= chunkBytes
    if isLarge, let current {
      new.initialize(to: Chunk(next: current.pointee.next, byteCount: chunkBytes))
      current.pointee.next = new
      return Self.memory(of: new)
    }
    new.initialize(to: Chunk(next: current, byteCount: chunkBytes))
    chunks = new
    cursor = Self.memory(of: new) + rounded
    remaining = chunkBytes &- rounded
    return Self.memory(of: new)
  }
}
