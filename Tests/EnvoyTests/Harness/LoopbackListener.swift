import Foundation

/// A socket that listens on a free port of the loopback, for as long as the test process lives.
struct LoopbackListener: Sendable {
  let port: Int
  private let descriptor: CInt

  init() throws {
    let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in.loopback(port: 0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    guard withSocketAddress(&address, { bind(listener, $0, $1) }) == 0, listen(listener, 128) == 0,
      withSocketAddress(&address, { pointer, _ in getsockname(listener, pointer, &size) }) == 0
    else {
      close(listener)
      throw Failure("listen: \(String(cString: strerror(errno)))")
    }
    descriptor = listener
    port = Int(in_port_t(bigEndian: address.sin_port))
  }

  /// - Parameter serve: gets each connected socket, which it closes, on a thread of its own.
  func serve(_ serve: @escaping @Sendable (CInt) -> Void) {
    Thread.detachNewThread {
      while case let socket = accept(descriptor, nil, nil), socket >= 0 {
        Thread.detachNewThread { serve(socket) }
      }
      close(descriptor)
    }
  }
}
