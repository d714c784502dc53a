#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The process's standard streams, as bytes. Unbuffered: each call writes all it is given.
enum Console {
  enum Stream: Int32 {
    case output = 1
    case error = 2

    var isTerminal: Bool { isatty(rawValue) == 1 }

    /// Whether it is a terminal whose user wants colours (https://no-color.org).
    var isColourful: Bool { isTerminal && getenv("NO_COLOR") == nil }
  }

  static func write(_ text: String, to stream: Stream = .output) {
    write(Array(text.utf8), to: stream)
  }

  /// What cannot be written (the reader is gone) is dropped.
  static func write(_ bytes: [UInt8], to stream: Stream = .output) {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let written = systemWrite(stream.rawValue, UnsafeRawBufferPointer(rebasing: rest))
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return }
        rest = rest.dropFirst(written)
      }
    }
  }

  private static func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Glibc)
      return Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    #elseif canImport(Musl)
      return Musl.write(descriptor, bytes.baseAddress, bytes.count)
    #else
      return Darwin.write(descriptor, bytes.baseAddress, bytes.count)
    #endif
  }
}
