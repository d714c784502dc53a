import Glibc
import TestPeers

/// A blocking socket with an HTTP/2 client of raw frames on it: just enough to see the server over a real socket.
final class SocketClient {
  private let descriptor: CInt

  struct ConnectError: Error { let code: CInt }

  init(unix path: String) throws {
    descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    try connect(&address, MemoryLayout<sockaddr_un>.size)
  }

  init(port: Int) throws {
    descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    try connect(&address, MemoryLayout<sockaddr_in>.size)
  }

  private func connect<Address>(_ address: inout Address, _ size: Int) throws {
    // A server that hangs must fail the test, not stop it.
    var timeout = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    let result = withUnsafeBytes(of: &address) {
      Glibc.connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(size))
    }
    guard result == 0 else { throw ConnectError(code: errno) }
  }

  deinit { close(descriptor) }

  struct Frame: Equatable {
    var type: UInt8
    var flags: UInt8
    var stream: UInt32
    var payload: [UInt8]
    static let data: UInt8 = 0
    static let headers: UInt8 = 1
    static let settings: UInt8 = 4
    static let ping: UInt8 = 6
    static let goAway: UInt8 = 7
  }

  // MARK: Sending

  func startHTTP2() {
    write(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
    write(Frame(type: Frame.settings, flags: 0, stream: 0, payload: []))
  }

  /// Opens a gRPC call, with a HEADERS frame that uses no compression.
  func open(_ stream: UInt32, path: String = InMemoryClient.processPath) {
    let fields = [
      (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "sidecar"),
      ("content-type", "application/grpc"), ("te", "trailers"),
    ]
    // RFC 7541 section 6.2.2: a literal with a new name; all lengths fit in seven bits.
    var block: [UInt8] = []
    for (name, value) in fields {
      block += [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
    }
    write(Frame(type: Frame.headers, flags: 4, stream: stream, payload: block))
  }

  func send(_ stream: UInt32, _ message: String, end: Bool = false) {
    let payload = InMemoryClient.frame(Array(message.utf8))
    write(Frame(type: Frame.data, flags: end ? 1 : 0, stream: stream, payload: payload))
  }

  func write(_ frame: Frame) {
    let count = frame.payload.count
    var bytes = [UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), frame.type, frame.flags]
    for shift in [24, 16, 8, 0] { bytes.append(UInt8(frame.stream >> UInt32(shift) & 255)) }
    write(bytes + frame.payload)
  }

  func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  // MARK: Receiving

  /// The next frame; nil when the server has closed. PINGs and SETTINGS are answered on the way.
  func nextFrame() -> Frame? {
    while true {
      guard let head = read(9), let payload = read(Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2]))
      else {
        return nil
      }
      let stream = head[5...].reduce(0) { $0 << 8 | UInt32($1) }
      let frame = Frame(type: head[3], flags: head[4], stream: stream, payload: payload)
      if frame.type == Frame.settings || frame.type == Frame.ping {
        if frame.flags & 1 == 0 {
          write(
            Frame(type: frame.type, flags: 1, stream: 0, payload: frame.type == Frame.ping ? payload : []))
        }
        continue
      }
      return frame
    }
  }

  /// The next frame of a type; others are passed over.
  func next(_ type: UInt8) -> Frame? {
    while let frame = nextFrame() {
      if frame.type == type { return frame }
    }
    return nil
  }

  /// The server closes within the time limit.
  var isClosedByServer: Bool {
    while nextFrame() != nil {}
    var byte: UInt8 = 0
    return recv(descriptor, &byte, 1, 0) == 0 || errno == ECONNRESET
  }

  private func read(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let result = bytes.withUnsafeMutableBytes {
        recv(descriptor, $0.baseAddress! + filled, count - filled, 0)
      }
      guard result > 0 else { return nil }
      filled += result
    }
    return bytes
  }
}
