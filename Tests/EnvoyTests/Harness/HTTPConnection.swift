import Foundation

/// A small blocking HTTP/1.1 client that hides nothing: headers keep their order, trailers and chunks can be seen.
///
/// What does not come within twenty seconds is a failure.
final class HTTPConnection {
  private let stream: SocketStream
  private var framing = Framing.none

  private enum Framing: Equatable {
    case none
    case length(Int)
    case chunked
    case untilClose
  }

  /// Connects to `127.0.0.1:port`.
  init(port: Int) throws { stream = try SocketStream(port: port) }

  init(unixSocket path: String) throws { stream = try SocketStream(unixSocket: path) }

  /// Sends a request and receives the whole response.
  func exchange(_ request: HTTPRequest) throws -> HTTPResponse {
    try send(request)
    return try receive(bodyless: request.method == "HEAD")
  }

  func send(_ request: HTTPRequest) throws { try send(request.serialized()) }

  func send(_ bytes: [UInt8]) throws { try stream.send(bytes) }

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
      guard try stream.hasMore() else { throw Failure("closed with \(remaining) bytes of the body missing") }
      let piece = stream.takeAvailable(atMost: remaining)
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
      let piece = try stream.take(size, "a chunk")
      guard try stream.take(2, "a chunk") == Array("\r\n".utf8) else {
        throw Failure("a chunk is longer than it says")
      }
      return piece
    case .untilClose:
      guard try stream.hasMore() else {
        framing = .none
        return nil
      }
      return stream.takeAvailable()
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
    let line = try stream.takeLine().dropLast()
    return String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
  }
}
