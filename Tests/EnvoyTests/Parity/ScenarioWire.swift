import Foundation

/// One end of an HTTP/1.1 connection that reads scenario messages byte for byte and is strict about their framing.
final class ScenarioWire {
  private let socket: CInt
  private var buffer: [UInt8] = []
  /// What is before this was used.
  private var position = 0

  /// Takes over a connected socket.
  ///
  /// - Parameter seconds: how long to wait for what does not come; 0 is for ever.
  init(socket: CInt, seconds: Int = 20) {
    self.socket = socket
    var timeout = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var on: CInt = 1
    setsockopt(socket, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
  }

  /// Connects to `127.0.0.1:port`.
  convenience init(port: Int) throws {
    let socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in.loopback(port: port)
    guard withSocketAddress(&address, { connect(socket, $0, $1) }) == 0 else {
      close(socket)
      throw Failure("connect to 127.0.0.1:\(port): \(String(cString: strerror(errno)))")
    }
    self.init(socket: socket)
  }

  deinit { close(socket) }

  // MARK: Sending

  func send(_ message: ScenarioMessage) throws {
    for piece in message.wire { try send(piece) }
  }

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

  // MARK: Receiving

  /// The next request; nil when the peer has closed.
  func receiveRequest() throws -> ScenarioMessage? {
    if position == buffer.count, try !fill() { return nil }
    let line = try receiveLine().split(separator: " ", omittingEmptySubsequences: false)
    guard line.count == 3, line[2] == "HTTP/1.1" else {
      throw Failure("not a request: \(line.joined(separator: " "))")
    }
    var message = ScenarioMessage(start: [":method": String(line[0]), ":path": String(line[1])])
    message.headers = try receiveHeaders()
    if let index = message.headers.firstIndex(where: { $0.name == "host" }) {
      message.start[":authority"] = String(decoding: message.headers.remove(at: index).value, as: UTF8.self)
    }
    try receiveBody(of: &message, mayHaveBody: true)
    return message
  }

  /// The response to a request of `method`; interim ones but 101 are skipped.
  func receiveResponse(to method: String) throws -> ScenarioMessage {
    while true {
      let line = try receiveLine().split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      guard line.count >= 2, line[0] == "HTTP/1.1", let status = Int(line[1]) else {
        throw Failure("not a status line: \(line.joined(separator: " "))")
      }
      var message = ScenarioMessage(start: [":status": String(line[1])])
      message.headers = try receiveHeaders()
      if (100..<200).contains(status), status != 101 { continue }
      let mayHaveBody = method != "HEAD" && ![101, 204, 304].contains(status)
      try receiveBody(of: &message, mayHaveBody: mayHaveBody)
      return message
    }
  }

  /// Exactly so many bytes.
  func receive(_ count: Int) throws -> [UInt8] {
    while buffer.count - position < count {
      if try !fill() { throw Failure("closed with \(count - (buffer.count - position)) bytes missing") }
    }
    return take(count)
  }

  /// What has come, at least a byte; nil when the peer has closed.
  func receiveSome() throws -> [UInt8]? {
    if position == buffer.count, try !fill() { return nil }
    return take(buffer.count - position)
  }

  private func receiveBody(of message: inout ScenarioMessage, mayHaveBody: Bool) throws {
    guard mayHaveBody else { return }
    let isChunked = message.headers.contains { $0.name == "transfer-encoding" }
    if isChunked {
      guard message.first("transfer-encoding") == "chunked", message.first("content-length") == nil else {
        throw Failure("framing that contradicts itself: \(message)")
      }
      message.headers.removeAll { $0.name == "transfer-encoding" }
      message.framing = .chunked
      while case let size = try receiveChunkSize(), size > 0 {
        message.body += try receive(size)
        guard try receive(2) == Array("\r\n".utf8) else { throw Failure("a chunk is longer than it says") }
      }
      message.trailers = try receiveHeaders()
      return
    }
    let lengths = message.headers.filter { $0.name == "content-length" }
    guard let first = lengths.first else { return }
    guard lengths.count == 1, let length = Int(first.description.dropFirst("content-length: ".count)) else {
      throw Failure("content-length: \(lengths)")
    }
    message.headers.removeAll { $0.name == "content-length" }
    message.framing = .length
    message.body = try receive(length)
  }

  private func receiveChunkSize() throws -> Int {
    let line = try receiveLine()
    guard let size = Int(line, radix: 16) else { throw Failure("not a chunk size: \(line)") }
    return size
  }

  private func receiveHeaders() throws -> [ScenarioMessage.Line] {
    var lines: [ScenarioMessage.Line] = []
    while case let line = try receiveLineBytes(), !line.isEmpty {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
        throw Failure("not a header: \(String(decoding: line, as: UTF8.self))")
      }
      var value = line[(colon + 1)...]
      while value.first == UInt8(ascii: " ") { value.removeFirst() }
      while value.last == UInt8(ascii: " ") { value.removeLast() }
      lines.append(
        .init(name: String(decoding: line[..<colon], as: UTF8.self).lowercased(), value: Array(value)))
    }
    return lines
  }

  private func receiveLine() throws -> String { String(decoding: try receiveLineBytes(), as: UTF8.self) }

  private func receiveLineBytes() throws -> [UInt8] {
    var searched = position
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = take(end + 1 - position)
        guard line.count > 1, line[line.count - 2] == UInt8(ascii: "\r") else {
          throw Failure("a line that ends without CR")
        }
        return Array(line.dropLast(2))
      }
      searched = buffer.count
      if try !fill() { throw Failure("closed before the message was complete") }
    }
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
func withSocketAddress<Result>(
  _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
) -> Result {
  withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}
