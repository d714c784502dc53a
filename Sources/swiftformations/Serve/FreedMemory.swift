#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Memory that is free, and that the allocator keeps for the next time.
enum FreedMemory {
  private typealias Trim = @convention(c) (Int) -> Int32

  /// `malloc_trim`, where the C library has it (glibc). Looked up: Swift's overlay does not know it.
  private static let trim = dlsym(nil, "malloc_trim").map { unsafeBitCast($0, to: Trim.self) }

  /// Gives whole pages of it back to the system. By itself, glibc does so only at the end of a heap.
  static func giveBack() { _ = trim?(0) }
}
