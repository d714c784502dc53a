package import CNghttp2

/// An allocator for nghttp2 that knows how much one session holds, whatever else the process does.
package final class CountingMemory {
  package private(set) var bytesInUse = 0
  /// How many allocations have been made.
  package private(set) var allocations = 0

  package init() {}

  /// The size of a block stands before it; as large as the strictest alignment.
  private static let prefixBytes = 16

  /// nghttp2 copies it; the object must outlive the session.
  package func table() -> nghttp2_mem {
    nghttp2_mem(
      mem_user_data: Unmanaged.passUnretained(self).toOpaque(),
      malloc: { size, user in CountingMemory.of(user).allocate(size) },
      free: { block, user in CountingMemory.of(user).free(block) },
      calloc: { count, size, user in
        let block = CountingMemory.of(user).allocate(count * size)
        block?.initializeMemory(as: UInt8.self, repeating: 0, count: count * size)
        return block
      },
      realloc: { block, size, user in CountingMemory.of(user).reallocate(block, size) })
  }

  private static func of(_ user: UnsafeMutableRawPointer?) -> CountingMemory {
    Unmanaged<CountingMemory>.fromOpaque(user!).takeUnretainedValue()
  }

  private func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
    let block = UnsafeMutableRawPointer.allocate(
      byteCount: size + Self.prefixBytes, alignment: Self.prefixBytes)
    block.storeBytes(of: size, as: Int.self)
    bytesInUse += size
    allocations += 1
    return block + Self.prefixBytes
  }

  private func free(_ block: UnsafeMutableRawPointer?) {
    guard let start = block.map({ $0 - Self.prefixBytes }) else { return }
    bytesInUse -= start.load(as: Int.self)
    start.deallocate()
  }

  private func reallocate(_ block: UnsafeMutableRawPointer?, _ size: Int) -> UnsafeMutableRawPointer? {
    let new = allocate(size)
    if let block {
      new?.copyMemory(from: block, byteCount: min(size, (block - Self.prefixBytes).load(as: Int.self)))
      free(block)
    }
    return new
  }
}
