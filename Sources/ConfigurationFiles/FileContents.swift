#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads whole files.
package enum FileContents {
  /// Why a file cannot be read, for people, with its name.
  package struct Failure: Error, CustomStringConvertible, Equatable {
    package let description: String
  }

  /// The whole file; `-` is standard input. Refuses what is longer than `bytesMax`.
  package static func read(_ path: String, bytesMax: Int) throws(Failure) -> [UInt8] {
    let name = displayName(path)
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(name, errno) }
    defer { if path != "-" { close(descriptor) } }

    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = chunk.withUnsafeMutableBytes { systemRead(descriptor, $0) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(name, errno) }
      guard count > 0 else { return bytes }
      bytes.append(contentsOf: chunk.prefix(count))
      guard bytes.count <= bytesMax else {
        throw Failure(description: "\(name): error: longer than the limit of \(bytesMax >> 20) MiB")
      }
    }
  }

  package static func displayName(_ path: String) -> String { path == "-" ? "<stdin>" : path }

  private static func failure(_ name: String, _ code: Int32) -> Failure {
    let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
    return Failure(description: "\(name): error: cannot be read: \(reason)")
  }

  private static func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    #if canImport(Glibc)
      return Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    #elseif canImport(Musl)
      return Musl.read(descriptor, buffer.baseAddress, buffer.count)
    #else
      return Darwin.read(descriptor, buffer.baseAddress, buffer.count)
    #endif
  }
}
