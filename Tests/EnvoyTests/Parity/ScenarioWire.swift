import Foundation

/// One end of an HTTP/1.1 connection that reads scenario messages byte for byte and is strict about their framing.
final class ScenarioWire {
  private let stream: SocketStream

  /// Takes over a connected socket.
  ///
  /// - Parameter seconds: how long to wait for what does not come; 0 is for ever.
  init(socket: CInt, seconds: Int = 20) { stream = SocketStream(socket, seconds: seconds) }

  init(_ stream: SocketStream) { self.stream = stream }

  /// Connects to `127.0.0.1:port`.
  init(port: Int, seconds: Int = 20) throws { stream = try SocketStream(port: port, seconds: seconds) }

  // MARK: Sending

  func send(_ message: ScenarioMessage) throws {
    for piece in message.wire { try send(piece) }
  }

  func send(_ bytes: [UInt8]) throws { try stream.send(bytes) }

  // MARK: Receiving

  /// The next request; nil when the peer has closed.
  func receiveRequest() throws -> ScenarioMessage? {
    guard try stream.hasMore() else { return nil }
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
  func receive(_ count: Int) throws -> [UInt8] { try stream.take(count, "the message") }

  /// What has come, at least a byte; nil when the peer has closed.
  func receiveSome() throws -> [UInt8]? {
    try stream.hasMore() ? stream.takeAvailable() : nil
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
    let line = try stream.takeLine()
    guard line.suffix(2) == Array("\r\n".utf8)[...] else { throw Failure("a line that ends without CR") }
    return Array(line.dropLast(2))
  }
}
