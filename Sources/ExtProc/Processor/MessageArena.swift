internal import CMessages
internal import CProtobufC
internal import Glibc

/// Memory for the messages of one stream: taken piece by piece, given back all at once.
///
/// protobuf-c asks it for every field while it unpacks (`allocator`), where headers lie is noted in it, and `reset()`
/// empties it. In between it costs one `malloc` a chunk. Used on one thread at a time. Nothing in it is ever deinitialized,
/// so it holds only plain C data.
final class MessageArena {
  /// The first chunk: where the headers of a usual request lie, and its attributes.
  static let firstChunkBytes = 4 << 10
  /// Chunks grow up to this size; a larger piece has a chunk of its own, freed by `reset()`.
  static let chunkBytesMax = 64 << 10
  /// protobuf-c aligns nothing itself; this is what `malloc` promises.
  private static let alignment = 16

  private struct Chunk {
    var next: UnsafeMutablePointer<Chunk>?
    /// Of the memory behind this header.
    var byteCount: Int
  }

  /// In memory that does not move, since protobuf-c keeps pointers to it. Its hooks touch no reference counts.
  private struct State {
    var allocator = ProtobufCAllocator()
    var cursor: UnsafeMutableRawPointer?
    var remaining = 0
    /// The chunk that `cursor` is in comes first.
    var chunks: UnsafeMutablePointer<Chunk>?
    /// What protobuf-c may still take.
    var unpackBudget = 0
    var chunkCount = 0
  }

  private let state: UnsafeMutablePointer<State>

  init() {
    state = .allocate(capacity: 1)
    state.initialize(to: State())
    state.pointee.allocator.allocator_data = UnsafeMutableRawPointer(state)
    state.pointee.allocator.alloc = { data, byteCount in
      guard let state = data?.assumingMemoryBound(to: State.self) else { return nil }
      guard byteCount >= 0, byteCount <= state.pointee.unpackBudget else { return nil }
      state.pointee.unpackBudget &-= byteCount
      return MessageArena.allocate(byteCount, state)
    }
    state.pointee.allocator.free = { _, _ in }
  }

  deinit {
    var chunk = state.pointee.chunks
    while let current = chunk {
      chunk = current.pointee.next
      free(current)
    }
    state.deinitialize(count: 1)
    state.deallocate()
  }

  /// Chunks allocated so far, for tests: what a message costs in `malloc`s.
  var chunksAllocated: Int { state.pointee.chunkCount }

  /// Left in the chunk at hand, for tests.
  var remainingBytes: Int { state.pointee.remaining }

  /// How many bytes protobuf-c may take from now on; after that its `alloc` fails, and so does the unpacking.
  func allowUnpacking(_ byteCount: Int) { state.pointee.unpackBudget = byteCount }

  /// Lets protobuf-c unpack into this arena. Nil when `bytes` is no such message, or takes more than is allowed.
  func unpack(
    _ bytes: UnsafeRawBufferPointer, as descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) -> UnsafeMutableRawPointer? {
    let allocator = UnsafeMutableRawPointer(state).assumingMemoryBound(to: ProtobufCAllocator.self)
    let message = protobuf_c_message_unpack(
      descriptor, allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    return message.map { UnsafeMutableRawPointer($0) }
  }

  /// `byteCount` bytes, aligned for any C type, not initialized, valid until `reset()`.
  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    MessageArena.allocate(byteCount, state)
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
  func reset(retainedBytesMax: Int = chunkBytesMax) {
    guard let first = state.pointee.chunks else { return }
    var kept: UnsafeMutablePointer<Chunk>?
    var chunk: UnsafeMutablePointer<Chunk>? = first
    while let current = chunk {
      chunk = current.pointee.next
      if kept == nil, current.pointee.byteCount <= retainedBytesMax {
        kept = current
      } else {
        free(current)
      }
    }
    kept?.pointee.next = nil
    state.pointee.chunks = kept
    state.pointee.cursor = kept.map { MessageArena.memory(of: $0) }
    state.pointee.remaining = kept?.pointee.byteCount ?? 0
  }

  private static func memory(of chunk: UnsafeMutablePointer<Chunk>) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(chunk) + headerBytes
  }

  private static var headerBytes: Int { (MemoryLayout<Chunk>.size &+ alignment &- 1) & ~(alignment &- 1) }

  private static func allocate(
    _ byteCount: Int, _ state: UnsafeMutablePointer<State>
  ) -> UnsafeMutableRawPointer {
    let rounded = (byteCount &+ alignment &- 1) & ~(alignment &- 1)
    if rounded <= state.pointee.remaining, let cursor = state.pointee.cursor {
      state.pointee.cursor = cursor + rounded
      state.pointee.remaining &-= rounded
      return cursor
    }
    return allocateInNewChunk(rounded, state)
  }

  /// A large piece goes behind the current chunk, which stays in use.
  private static func allocateInNewChunk(
    _ rounded: Int, _ state: UnsafeMutablePointer<State>
  ) -> UnsafeMutableRawPointer {
    let isLarge = rounded > chunkBytesMax / 4
    let current = state.pointee.chunks
    let grown = min((current?.pointee.byteCount ?? firstChunkBytes / 2) &* 2, chunkBytesMax)
    let byteCount = isLarge ? max(rounded, chunkBytesMax &+ alignment) : max(rounded, grown)
    // Out of memory ends the process, as it does for every Swift object.
    guard let new = malloc(headerBytes &+ byteCount)?.bindMemory(to: Chunk.self, capacity: 1) else { abort() }
    state.pointee.chunkCount &+= 1
    if isLarge, let current {
      new.initialize(to: Chunk(next: current.pointee.next, byteCount: byteCount))
      current.pointee.next = new
      return memory(of: new)
    }
    new.initialize(to: Chunk(next: current, byteCount: byteCount))
    state.pointee.chunks = new
    state.pointee.cursor = memory(of: new) + rounded
    state.pointee.remaining = byteCount &- rounded
    return memory(of: new)
  }
}
