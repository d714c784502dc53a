import Foundation

/// A connected socket, and what was received on it and not used yet. Blocking; closes the socket when it goes.
final class SocketStream {
  private let socket: CInt
  private var buffer: [UInt8] = []
  /// What is before this was used.
  private var position = 0

  /// How many bytes are there without receiving more.
  var available: Int { buffer.count - position }

  /// Takes over a socket.
  ///
  /// - Parameter seconds: how long to wait for what does not come; 0 is for ever.
  init(_ socket: CInt, seconds: Int = 20) {
    self.socket = socket
    var timeout = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    // A Unix socket has no such option, and no delay.
    var on: CInt = 1
    setsockopt(socket, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
  }

  /// Connects to `127.0.0.1:port`.
  convenience init(port: Int, seconds: Int = 20) throws {
    self.init(
      Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0), seconds: seconds)
    var address = sockaddr_in.loopback(port: port)
    try connect(&address, "127.0.0.1:\(port)")
  }

  convenience init(unixSocket path: String) throws {
    self.init(Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    try connect(&address, path)
  }

  deinit { close(socket) }

  func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure("send: \(String(cString: strerror(errno)))") }
      rest = rest.dropFirst(count)
    }
  }

  /// Waits until there is something; false when the peer has closed.
  func hasMore() throws -> Bool { try available > 0 || fill() }

  /// Exactly so many bytes, which are `what`.
  func take(_ count: Int, _ what: String) throws -> [UInt8] {
    while available < count {
      if try !fill() { throw Failure("closed with \(count - available) bytes of \(what) missing") }
    }
    return take(count)
  }

  /// What is there, at most so many bytes.
  func takeAvailable(atMost count: Int = .max) -> [UInt8] { take(min(count, available)) }

  /// All up to the next line feed, and that.
  func takeLine() throws -> [UInt8] {
    var searched = position
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) { return take(end + 1 - position) }
      searched = buffer.count
      if try !fill() { throw Failure("closed before the message was complete") }
    }
  }

  /// What comes next, so far as it is there: it stays.
  func peek(_ count: Int) throws -> [UInt8] {
    while available < count, try fill() {}
    return Array(buffer[position...].prefix(count))
  }

  private func take(_ count: Int) -> [UInt8] {
    let taken = Array(buffer[position..<(position + count)])
    position += count
    if position == buffer.count {
      buffer.removeAll(keepingCapacity: true)
      position = 0
    }
    return taken
  }

  /// False when the peer has closed.
  private func fill() throws -> Bool {
    let count = withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { room in
      let count = recv(socket, room.baseAddress, room.count, 0)
      if count > 0 { buffer.append(contentsOf: room[..<count]) }
      return count
    }
    if count < 0 { throw Failure("receive: \(String(cString: strerror(errno)))") }
    return count > 0
  }

  private func connect<Address>(_ address: inout Address, _ name: String) throws {
    guard withSocketAddress(&address, { Glibc.connect(socket, $0, $1) }) == 0 else {
      throw Failure("connect to \(name): \(String(cString: strerror(errno)))")
    }
  }
}

extension sockaddr_in {
  static func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
  }
}

/// Lends an address as the socket functions take it.
func withSocketAddress<Address, Result>(
  _ address: inout Address, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
) -> Result {
  withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<Address>.size))
    }
  }
}
