/// A request or a response of a scenario, as it is on the wire but for its framing, which is told apart.
struct ScenarioMessage: Sendable, Equatable {
  struct Line: Sendable, Equatable {
    /// In lower case.
    var name: String
    /// Bytes, as on the wire.
    var value: [UInt8]
  }

  /// How the length of the body is told.
  enum Framing: String, Sendable, Decodable {
    /// Not at all: there is no body.
    case none
    /// By a `content-length`, which fits.
    case length
    case chunked
  }

  /// In what pieces a message is sent. Received ones do not say.
  struct Delivery: Sendable, Equatable {
    /// Where the body is cut, in bytes from its start, ascending.
    var cuts: [Int] = []
    /// HTTP/2: each piece is sent when the one before was read.
    var arrivesApart = false
    /// HTTP/2: an empty frame of its own tells the end.
    var endsLate = false
  }

  /// `:method`, `:path` and `:authority`, or `:status`.
  var start: [String: String]
  /// In their order, without `content-length` and `transfer-encoding` where `framing` says what they say.
  var headers: [Line] = []
  var body: [UInt8] = []
  var framing = Framing.none
  var trailers: [Line] = []
  /// How it is sent when it is chunked; received ones do not say.
  var chunkBytes: Int?
  var delivery = Delivery()

  /// What Envoy itself puts into messages: the only headers that are not compared. It closes after a 400.
  private static func isEnvoys(_ line: Line) -> Bool {
    ["date", "server", "x-forwarded-proto", "x-request-id"].contains(line.name)
      || line == Line("connection", "close")
  }

  /// Without what is not compared.
  var compared: ScenarioMessage {
    var message = self
    message.headers.removeAll(where: Self.isEnvoys)
    message.chunkBytes = nil
    message.delivery = Delivery()
    return message
  }

  func first(_ name: String) -> String? {
    headers.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
  }

  // MARK: The wire

  /// The bytes on the wire: the head, then the pieces of the body.
  var wire: [[UInt8]] {
    var head = startLine + "\r\n"
    if let authority = start[":authority"] { head += "host: \(authority)\r\n" }
    var bytes = Array(head.utf8)
    for line in headers { bytes += line.wire }
    switch framing {
    case .none: return [bytes + Array("\r\n".utf8)]
    case .length:
      let head = bytes + Array("content-length: \(body.count)\r\n\r\n".utf8)
      return [head + (pieces.first ?? [])] + pieces.dropFirst()
    case .chunked: break
    }
    var pieces = [bytes + Array("transfer-encoding: chunked\r\n\r\n".utf8)]
    for chunk in self.pieces {
      pieces.append(Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + Array("\r\n".utf8))
    }
    pieces.append(Array("0\r\n".utf8) + trailers.flatMap(\.wire) + Array("\r\n".utf8))
    return pieces
  }

  /// The body as it is sent, none of them empty.
  var pieces: [[UInt8]] {
    var ends = delivery.cuts.filter { 0 < $0 && $0 < body.count }
    if let chunkBytes, chunkBytes > 0 {
      ends = Array(stride(from: chunkBytes, to: body.count, by: chunkBytes))
    }
    guard !body.isEmpty else { return [] }
    return zip([0] + ends, ends + [body.count]).map { Array(body[$0..<$1]) }
  }

  private var startLine: String {
    if let status = start[":status"] { return "HTTP/1.1 \(status) Scripted" }
    return "\(start[":method"] ?? "GET") \(start[":path"] ?? "/") HTTP/1.1"
  }
}

extension ScenarioMessage.Line: CustomStringConvertible {
  init(_ name: String, _ value: String) { self.init(name: name, value: Array(value.utf8)) }

  var description: String { "\(name): \(String(decoding: value, as: UTF8.self))" }

  fileprivate var wire: [UInt8] { Array("\(name): ".utf8) + value + Array("\r\n".utf8) }
}

extension ScenarioMessage: CustomStringConvertible {
  /// For people: large bodies are cut.
  var description: String {
    let text = String(decoding: body.prefix(400), as: UTF8.self)
    let rest = body.count > 400 ? " … \(body.count) bytes in all" : ""
    let starts = start.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    return
      (starts + headers.map(\.description) + ["[\(framing.rawValue)]", text + rest]
      + trailers.map { "trailer \($0)" }).joined(separator: "\n")
  }
}
