internal import CEnvoyModule

/// A body as Envoy holds it: one or more pieces of memory, borrowed until it is changed.
struct BodyChunks {
  let chunks: UnsafeMutableBufferPointer<EnvoyBuffer>

  var byteCount: Int { chunks.reduce(0) { $0 &+ $1.bytes.count } }

  /// Lends the chunks of one of Envoy's bodies; none when there is no such body, or it is empty.
  static func with<Result>(_ body: EnvoyBody, of stream: EnvoyStream, _ use: (BodyChunks) -> Result) -> Result
  {
    let count = envoy_body_chunks_count(stream, body)
    guard count > 0 else { return use(BodyChunks(chunks: UnsafeMutableBufferPointer(start: nil, count: 0))) }
    return withUnsafeTemporaryAllocation(of: EnvoyBuffer.self, capacity: count) { chunks in
      chunks.initialize(repeating: EnvoyBuffer(start: nil, count: 0))
      _ = envoy_body_chunks(stream, body, chunks.baseAddress)
      return use(BodyChunks(chunks: chunks))
    }
  }

  /// Whether both are the same buffer of Envoy: no two that hold something begin at the same place.
  func isSame(as other: BodyChunks) -> Bool {
    guard let own = chunks.first?.start, let others = other.chunks.first?.start else { return false }
    return own == others
  }

  /// Calls `use` with all that lies behind the first `offset` bytes, piece by piece.
  func forEachPiece(from offset: Int = 0, _ use: (UnsafeRawBufferPointer) -> Void) {
    var offset = offset
    for chunk in chunks {
      let bytes = chunk.bytes
      guard offset < bytes.count else {
        offset &-= bytes.count
        continue
      }
      use(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(offset)))
      offset = 0
    }
  }

  /// Whether the bytes before the place `end` are these.
  func hasBytes(_ expected: [UInt8], before end: Int) -> Bool {
    guard end >= expected.count, end <= byteCount else { return false }
    var rest = expected[...]
    forEachPiece(from: end &- expected.count) { piece in
      let common = min(piece.count, rest.count)
      guard common > 0, piece.prefix(common).elementsEqual(rest.prefix(common)) else { return }
      rest = rest.dropFirst(common)
    }
    return rest.isEmpty
  }

  /// All of it in one piece, in place of what `storage` held.
  func copy(into storage: inout [UInt8]) {
    storage.removeAll(keepingCapacity: true)
    storage.reserveCapacity(byteCount)
    for chunk in chunks { storage.append(contentsOf: chunk.bytes) }
  }
}
