import Foundation

/// A small blocking HTTP/1.1 client that hides nothing: headers keep their order, trailers and chunks can be seen.
///
/// What does not come within twenty seconds is a failure.
final class HTTPConnection {
  private let socket: CInt
  /// Received and not used yet.
  private var buffer: [UInt8] = []
  private var framing = Framing.none

  private enum Framing: Equatable {
    case none
    case length(Int)
    case chunked
    case untilClose
  }

  /// Connects to `127.0.0.1:port`.
  init(port: Int) throws {
    socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    try connect(&address, "127.0.0.1:\(port)")
    var on: CInt = 1
    setsockopt(socket, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
  }

  init(unixSocket path: String) throws {
    socket = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    try connect(&address, path)
  }

  deinit { close(socket) }

  /// Sends a request and receives the whole response.
  func exchange(_ request: HTTPRequest) throws -> HTTPResponse {
    try send(request)
    return try receive(bodyless: request.method == "HEAD")
  }

  func send(_ request: HTTPRequest) throws { try send(request.serialized()) }

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

  func receive(bodyless: Bool = false) throws -> HTTPResponse {
    var response = try receiveHead(bodyless: bodyless)
    while let piece = try receivePiece() { response.body += piece }
    response.trailers = trailers
    return response
  }

  /// The status line and the headers; interim (1xx) responses are skipped. The body is read with `receivePiece`.
  func receiveHead(bodyless: Bool = false) throws -> HTTPResponse {
    trailers = [:]
    while true {
      let statusLine = try receiveLine()
      let fields = statusLine.split(separator: " ", maxSplits: 2)
      guard fields.count >= 2, fields[0].hasPrefix("HTTP/1."), let status = Int(fields[1]) else {
        throw Failure("not a status line: \(statusLine)")
      }
      let headers = try receiveHeaders()
      if (100..<200).contains(status) && status != 101 { continue }
      framing = try bodyless || status == 204 || status == 304 ? .none : Self.framing(of: headers)
      return HTTPResponse(status: status, headers: headers)
    }
  }

  /// The trailers, after the last piece.
  private(set) var trailers: Headers = [:]

  /// The next piece of the body: a chunk, or what has arrived; nil at the end.
  func receivePiece() throws -> [UInt8]? {
    switch framing {
    case .none, .length(0):
      framing = .none
      return nil
    case .length(let remaining):
      if buffer.isEmpty, try !fill() { throw Failure("closed with \(remaining) bytes of the body missing") }
      let piece = take(min(remaining, buffer.count))
      framing = .length(remaining - piece.count)
      return piece
    case .chunked:
      let line = try receiveLine()
      guard let size = Int(line.prefix { $0 != ";" }, radix: 16) else {
        throw Failure("not a chunk size: \(line)")
      }
      if size == 0 {
        trailers = try receiveHeaders()
        framing = .none
        return nil
      }
      while buffer.count < size + 2 {
        if try !fill() { throw Failure("closed inside a chunk") }
      }
      let piece = take(size)
      guard take(2) == Array("\r\n".utf8) else { throw Failure("a chunk is longer than it says") }
      return piece
    case .untilClose:
      if buffer.isEmpty, try !fill() {
        framing = .none
        return nil
      }
      return take(buffer.count)
    }
  }

  private static func framing(of headers: Headers) throws -> Framing {
    if headers["transfer-encoding"].contains("chunked") {
      if !headers["content-length"].isEmpty { throw Failure("both content-length and transfer-encoding") }
      return .chunked
    }
    let lengths = Set(headers["content-length"])
    if lengths.isEmpty { return .untilClose }
    guard lengths.count == 1, let length = lengths.first.flatMap({ Int($0) }), length >= 0 else {
      throw Failure("content-length: \(headers["content-length"])")
    }
    return .length(length)
  }

  private func receiveHeaders() throws -> Headers {
    var headers = Headers()
    while true {
      let line = try receiveLine()
      if line.isEmpty { return headers }
      guard let colon = line.firstIndex(of: ":") else { throw Failure("not a header: \(line)") }
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      headers.add(String(line[..<colon]), value)
    }
  }

  private func receiveLine() throws -> String {
    var searched = 0
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = take(end + 1).dropLast()
        return String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
      }
      searched = buffer.count
      if try !fill() { throw Failure("closed before the response was complete") }
    }
  }

  private func take(_ count: Int) -> [UInt8] {
    let taken = Array(buffer.prefix(count))
    buffer.removeFirst(taken.count)
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
    var timeout = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    let result = withUnsafeBytes(of: &address) {
      Glibc.connect(socket, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    if result != 0 { throw Failure("connect to \(name): \(String(cString: strerror(errno)))") }
  }
}
