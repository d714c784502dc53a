#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Finds in Envoy's executable what may be the hash of its ABI: texts of 64 hexadecimal digits between two NULs.
struct ExecutableHashes {
  static let digits = 64
  /// SHA-256 of nothing, which Envoy has for signing requests to AWS.
  static let ofNothing = Array("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".utf8)

  private(set) var found: [[UInt8]] = []

  /// Those of a file, by default the executable that runs; nil when it cannot be read. The file is read in windows of so
  /// many bytes, at least 66.
  static func read(_ path: String = "/proc/self/exe", windowBytes: Int = 1 << 20) -> [[UInt8]]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var hashes = ExecutableHashes()
    // What the last window ended with begins the next one, so that no text is cut.
    let overlap = digits + 1
    let window = UnsafeMutableRawBufferPointer.allocate(byteCount: overlap + windowBytes, alignment: 16)
    defer { window.deallocate() }
    window[..<overlap].initializeMemory(as: UInt8.self, repeating: 0xFF)
    while true {
      let count = Glibc.read(descriptor, window.baseAddress?.advanced(by: overlap), window.count - overlap)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      guard count > 0 else { return hashes.found }
      let filled = UnsafeRawBufferPointer(rebasing: window[..<(overlap + count)])
      hashes.search(filled)
      window.copyMemory(from: UnsafeRawBufferPointer(rebasing: filled[(filled.count - overlap)...]))
    }
  }

  /// Any 64 digits cover a position that is a multiple of 64: only these are looked at first.
  mutating func search(_ bytes: UnsafeRawBufferPointer) {
    var position = 0
    while position < bytes.count {
      defer { position += ExecutableHashes.digits }
      guard ExecutableHashes.isDigit(bytes[position]) else { continue }
      var start = position
      while start > 0, position - start < ExecutableHashes.digits, ExecutableHashes.isDigit(bytes[start - 1])
      {
        start -= 1
      }
      let end = start + ExecutableHashes.digits
      guard start > 0, bytes[start - 1] == 0, end < bytes.count, bytes[end] == 0 else { continue }
      let text = bytes[start..<end]
      guard text.allSatisfy(ExecutableHashes.isDigit), !text.elementsEqual(ExecutableHashes.ofNothing) else {
        continue
      }
      let hash = Array(text)
      if !found.contains(hash) { found.append(hash) }
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}
