import Foundation

/// A script for the host: Tests/ModuleHost/README.md has the commands.
struct HostScript {
  private(set) var text = ""

  /// How a message ends.
  enum Ending {
    /// With the last bytes, as HTTP/2 mostly does.
    case withData
    /// With an empty piece behind them, as HTTP/1 with a content-length does.
    case emptyPiece
    case trailers([(String, String)])
  }

  mutating func command(_ words: String...) {
    text += words[0]
    for word in words.dropFirst() { text += " " + Self.quoted(word.utf8) }
    text += "\n"
  }

  /// A configuration of the filter, under a name for `begin`.
  mutating func config(_ text: String, as id: String = "c", filter: String = "transformation") {
    command("config", id, filter, text)
  }

  mutating func config(bytes: [UInt8], as id: String = "c", filter: String = "transformation") {
    text += "config \(id) \(filter) \(Self.quoted(bytes))\n"
  }

  mutating func route(_ text: String, as id: String = "r", filter: String = "transformation") {
    command("route", id, filter, text)
  }

  /// `chain`: configurations in the order of the filters, `buffer`, and a route.
  mutating func begin(_ id: String = "1", _ chain: [String] = ["c"]) {
    text += "begin \(id) \(chain.joined(separator: " "))\n"
  }

  mutating func headers(_ direction: String, _ headers: [(String, String)], end: Bool) {
    for (name, value) in headers { command("header", name, value) }
    text += "\(direction)-headers\(end ? " end" : "")\n"
  }

  mutating func data(_ direction: String, _ data: String, end: Bool = false) {
    text += "\(direction)-data \(Self.quoted(data.utf8))\(end ? " end" : "")\n"
  }

  /// Nil pieces: there is no body.
  mutating func message(
    _ direction: String, _ headers: [(String, String)], pieces: [String]?, _ ending: Ending
  ) {
    self.headers(direction, headers, end: pieces == nil)
    guard let pieces else { return }
    for (number, piece) in pieces.enumerated() {
      var ends = false
      if case .withData = ending { ends = number == pieces.count - 1 }
      data(direction, piece, end: ends)
    }
    switch ending {
    case .withData: if pieces.isEmpty { data(direction, "", end: true) }
    case .emptyPiece: data(direction, "", end: true)
    case .trailers(let trailers):
      for (name, value) in trailers { command("header", name, value) }
      text += "\(direction)-trailers\n"
    }
  }

  /// A request with a content-length where it has a body.
  mutating func request(
    _ method: String = "POST", _ path: String = "/chat", headers: [(String, String)] = [],
    pieces: [String]? = nil, _ ending: Ending = .emptyPiece
  ) {
    let start = [(":method", method), (":path", path), (":authority", "api.example")]
    message("request", start + Self.length(pieces) + headers, pieces: pieces, ending)
  }

  mutating func response(
    _ status: Int = 200, headers: [(String, String)] = [], pieces: [String]? = nil,
    _ ending: Ending = .emptyPiece
  ) {
    message("response", [(":status", "\(status)")] + Self.length(pieces) + headers, pieces: pieces, ending)
  }

  /// A request and its response, to the end.
  mutating func exchange(
    _ id: String = "1", chain: [String] = ["c"], path: String = "/chat", headers: [(String, String)] = [],
    body: String? = nil
  ) {
    begin(id, chain)
    request(body == nil ? "GET" : "POST", path, headers: headers, pieces: body.map { [$0] })
    response()
    finish()
  }

  /// Lines of another script.
  mutating func append(_ lines: some Sequence<Substring>) {
    for line in lines { text += line + "\n" }
  }

  mutating func finish() { text += "finish\n" }

  /// `kind`: `repeat` or `threads`.
  mutating func block(_ kind: String, _ times: Int, _ content: (inout HostScript) -> Void) {
    text += "\(kind) \(times)\n"
    content(&self)
    text += "end\n"
  }

  private static func length(_ pieces: [String]?) -> [(String, String)] {
    guard let pieces else { return [] }
    return [("content-length", "\(pieces.reduce(0) { $0 + $1.utf8.count })")]
  }

  static func quoted(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var quoted: [UInt8] = [UInt8(ascii: "\"")]
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): quoted += [UInt8(ascii: "\\"), byte]
      case 0x20...0x7e: quoted.append(byte)
      default:
        quoted += [UInt8(ascii: "\\"), UInt8(ascii: "x"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: quoted, as: UTF8.self) + "\""
  }
}
