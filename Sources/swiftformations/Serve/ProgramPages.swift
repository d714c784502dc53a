#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The pages of the program's own file that are in memory.
enum ProgramPages {
  /// Lets go of all that are only read: what the start needed, and serving does not, is most of them. Those that are needed
  /// again come back from the kernel's page cache, at less than a microsecond each; nothing is written or lost.
  static func release() {
    #if os(Linux)
      let program = auxiliaryValues([headersKey, headerCountKey])
      guard let start = program[headersKey], let count = program[headerCountKey],
        let pointer = UnsafePointer<Elf64_Phdr>(bitPattern: start)
      else { return }
      let segments = UnsafeBufferPointer(start: pointer, count: Int(count))
      guard let own = segments.first(where: { $0.p_type == headersSegment }) else { return }
      let base = start &- UInt(own.p_vaddr)
      // The loader writes addresses into writable segments, relocated constants among them; what they hold is in no file.
      for segment in segments where segment.p_type == loadedSegment && segment.p_flags & writable == 0 {
        release(from: base &+ UInt(segment.p_vaddr), byteCount: UInt(segment.p_memsz))
      }
    #endif
  }

  #if os(Linux)
    // <elf.h>: AT_PHDR, AT_PHNUM, PT_LOAD, PT_PHDR, PF_W.
    private static let headersKey: UInt = 3
    private static let headerCountKey: UInt = 5
    private static let loadedSegment: UInt32 = 1
    private static let headersSegment: UInt32 = 6
    private static let writable: UInt32 = 2

    private static func release(from start: UInt, byteCount: UInt) {
      let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
      let first = start & ~(page &- 1)
      let end = (start &+ byteCount &+ page &- 1) & ~(page &- 1)
      madvise(UnsafeMutableRawPointer(bitPattern: first), Int(end &- first), Int32(MADV_DONTNEED))
    }

    /// What the kernel told the program at its start (`man 5 proc`, /proc/pid/auxv): pairs of words.
    private static func auxiliaryValues(_ keys: Set<UInt>) -> [UInt: UInt] {
      let file = open("/proc/self/auxv", O_RDONLY)
      guard file >= 0 else { return [:] }
      defer { close(file) }
      var words = [UInt](repeating: 0, count: 128)
      let byteCount = words.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
      var values: [UInt: UInt] = [:]
      for index in stride(from: 0, to: max(0, byteCount) / MemoryLayout<UInt>.size - 1, by: 2)
      where keys.contains(words[index]) {
        values[words[index]] = words[index + 1]
      }
      return values
    }
  #endif
}
