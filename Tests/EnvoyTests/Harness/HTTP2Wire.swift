import Foundation

/// One end of an HTTP/2 connection that reads scenario messages, is strict about their lengths, and cuts what it sends
/// into frames as it is told. Blocking.
final class HTTP2Wire {
  private struct Incoming {
    var message: ScenarioMessage
    var isComplete = false
  }

  private enum Flag {
    static let endStream: UInt8 = 1
    static let acknowledgement: UInt8 = 1
    static let endHeaders: UInt8 = 4
    static let padded: UInt8 = 8
    static let priority: UInt8 = 32
  }

  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  private let stream: SocketStream
  private let inflater: HeaderInflater
  private var incoming: [UInt32: Incoming] = [:]
  /// The HEADERS frame whose CONTINUATION frames are not here yet.
  private var openBlock: (stream: UInt32, flags: UInt8, bytes: [UInt8])?
  private var resets: [UInt32: UInt32] = [:]
  private var pingsAnswered = 0
  private var lastStream: UInt32 = 0
  /// Frames that are sent in one write.
  private var outgoing: [UInt8] = []

  /// The client's side, connected to `127.0.0.1:port`.
  convenience init(port: Int, seconds: Int) throws {
    try self.init(try SocketStream(port: port, seconds: seconds))
    outgoing = Self.preface
    add(.settings)
    try flush()
  }

  /// The server's side, of a connection whose preface was read.
  convenience init(servingOn stream: SocketStream) throws {
    try self.init(stream)
    add(.settings)
    try flush()
  }

  private init(_ stream: SocketStream) throws {
    self.stream = stream
    inflater = try HeaderInflater()
  }

  // MARK: Messages

  /// Sends a request on a new stream; gives its number.
  func sendRequest(_ request: ScenarioMessage) throws -> UInt32 {
    lastStream = lastStream == 0 ? 1 : lastStream + 2
    try send(request, on: lastStream)
    return lastStream
  }

  /// Each piece of the body is a DATA frame. All go out in one write, so that they are read at once, but where each one
  /// is to arrive apart.
  func send(_ message: ScenarioMessage, on id: UInt32) throws {
    var lines = [":method", ":path", ":authority", ":status"].compactMap { name in
      message.start[name].map { ScenarioMessage.Line(name, $0) }
    }
    if message.start[":method"] != nil { lines.append(.init(":scheme", "http")) }
    lines += message.headers
    if message.framing == .length { lines.append(.init("content-length", "\(message.body.count)")) }
    let pieces = message.pieces
    let delivery = message.delivery
    let endsWithData = message.trailers.isEmpty
    let endsWithHeaders = pieces.isEmpty && endsWithData && !delivery.endsLate
    add(
      .headers, flags: Flag.endHeaders | (endsWithHeaders ? Flag.endStream : 0), on: id,
      HeaderBlock.encoded(lines))
    for (index, piece) in pieces.enumerated() {
      if delivery.arrivesApart { try waitUntilRead() }
      let isEnd = index == pieces.count - 1 && endsWithData && !delivery.endsLate
      add(.data, flags: isEnd ? Flag.endStream : 0, on: id, piece)
    }
    guard !endsWithHeaders, delivery.endsLate || !endsWithData else { return try flush() }
    if delivery.arrivesApart { try waitUntilRead() }
    if endsWithData {
      add(.data, flags: Flag.endStream, on: id)
    } else {
      add(
        .headers, flags: Flag.endHeaders | Flag.endStream, on: id, HeaderBlock.encoded(message.trailers))
    }
    try flush()
  }

  /// The next request that is complete; nil when the peer has closed.
  func receiveRequest() throws -> (stream: UInt32, message: ScenarioMessage)? {
    while true {
      if let (id, request) = incoming.first(where: { $0.value.isComplete }) {
        incoming[id] = nil
        return (id, request.message)
      }
      guard try stream.hasMore() else { return nil }
      try receiveFrame()
    }
  }

  func receiveResponse(on id: UInt32) throws -> ScenarioMessage {
    while true {
      if let response = incoming[id], response.isComplete {
        incoming[id] = nil
        return response.message
      }
      if let code = resets[id] { throw Failure("the stream was reset with code \(code)") }
      guard try stream.hasMore() else { throw Failure("closed before the response was complete") }
      try receiveFrame()
    }
  }

  // MARK: Frames

  private func add(
    _ type: RawHTTP2.FrameType, flags: UInt8 = 0, on id: UInt32 = 0, _ payload: [UInt8] = []
  ) {
    let count = payload.count
    outgoing += [UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type.rawValue, flags]
    outgoing += RawHTTP2.bigEndian(id) + payload
  }

  private func flush() throws {
    defer { outgoing = [] }
    try stream.send(outgoing)
  }

  /// A PING is answered when all that was sent before it was read, and had its effect.
  private func waitUntilRead() throws {
    let answered = pingsAnswered
    add(.ping, [UInt8](repeating: 7, count: 8))
    try flush()
    while pingsAnswered == answered {
      guard try stream.hasMore() else { throw Failure("closed in the middle of a message") }
      try receiveFrame()
    }
  }

  private func receiveFrame() throws {
    let head = try stream.take(9, "a frame's head")
    let payload = try stream.take(Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2]), "a frame")
    let id = head[5...8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
    let flags = head[4]
    switch RawHTTP2.FrameType(rawValue: head[3]) {
    case .data: try receiveData(id, flags, payload)
    case .headers:
      openBlock = (id, flags, Self.unpadded(payload, flags, skipping: flags & Flag.priority != 0 ? 5 : 0))
      if flags & Flag.endHeaders != 0 { try receiveBlock() }
    case .continuation:
      openBlock?.bytes += payload
      if flags & Flag.endHeaders != 0 { try receiveBlock() }
    case .reset:
      incoming[id] = nil
      resets[id] = payload.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    case .settings where flags & Flag.acknowledgement == 0:
      add(.settings, flags: Flag.acknowledgement)
      try flush()
    case .ping where flags & Flag.acknowledgement == 0:
      add(.ping, flags: Flag.acknowledgement, payload)
      try flush()
    case .ping: pingsAnswered += 1
    default: break
    }
  }

  private func receiveData(_ id: UInt32, _ flags: UInt8, _ payload: [UInt8]) throws {
    guard incoming[id] != nil else { throw Failure("data of no message, on stream \(id)") }
    incoming[id]?.message.body += Self.unpadded(payload, flags, skipping: 0)
    incoming[id]?.message.framing = .chunked
    if !payload.isEmpty {
      for id in [0, id] { add(.windowUpdate, on: id, RawHTTP2.bigEndian(UInt32(payload.count))) }
      try flush()
    }
    if flags & Flag.endStream != 0 { try complete(id) }
  }

  private func receiveBlock() throws {
    guard let (id, flags, bytes) = openBlock else { throw Failure("a continuation of nothing") }
    openBlock = nil
    let lines = try inflater.lines(bytes)
    if incoming[id] != nil {
      incoming[id]?.message.trailers = lines
      incoming[id]?.message.framing = .chunked
    } else {
      var message = ScenarioMessage(start: [:])
      for line in lines {
        if line.name.hasPrefix(":") {
          message.start[line.name] = String(decoding: line.value, as: UTF8.self)
        } else {
          message.headers.append(line)
        }
      }
      message.start[":scheme"] = nil
      // An interim response.
      if message.start[":status"]?.hasPrefix("1") == true { return }
      incoming[id] = Incoming(message: message)
    }
    if flags & Flag.endStream != 0 { try complete(id) }
  }

  private func complete(_ id: UInt32) throws {
    guard var message = incoming[id]?.message else { return }
    let lengths = message.headers.filter { $0.name == "content-length" }
    if let length = lengths.first {
      guard lengths.count == 1, length == .init("content-length", "\(message.body.count)") else {
        throw Failure("\(lengths) for \(message.body.count) bytes")
      }
      message.headers.removeAll { $0.name == "content-length" }
      if message.trailers.isEmpty { message.framing = .length }
    }
    incoming[id] = Incoming(message: message, isComplete: true)
  }

  private static func unpadded(_ payload: [UInt8], _ flags: UInt8, skipping: Int) -> [UInt8] {
    guard flags & Flag.padded != 0, let padding = payload.first else {
      return Array(payload.dropFirst(skipping))
    }
    return Array(payload.dropFirst(1 + skipping).dropLast(Int(padding)))
  }
}
