import Foundation

/// A message as a scenario's file says it: only what differs from another one.
struct MessageText: Decodable {
  private enum Key: String, CodingKey, CaseIterable {
    case method, path, authority, status, headers, body, chunkBytes, trailers, framing
  }

  private let start: [String: String]
  private let headers: [LineText]?
  private let body: BodyText?
  private let chunkBytes: Int?
  private let trailers: [LineText]?
  private let framing: ScenarioMessage.Framing?

  init(from decoder: any Decoder) throws {
    try decoder.refuseUnknownKeys(Key.self)
    let container = try decoder.container(keyedBy: Key.self)
    var start: [String: String] = [:]
    for key in [Key.method, .path, .authority, .status] {
      start[":\(key.rawValue)"] = try container.decodeIfPresent(String.self, forKey: key)
    }
    self.start = start
    headers = try container.decodeIfPresent([LineText].self, forKey: .headers)
    body = try container.decodeIfPresent(BodyText.self, forKey: .body)
    chunkBytes = try container.decodeIfPresent(Int.self, forKey: .chunkBytes)
    trailers = try container.decodeIfPresent([LineText].self, forKey: .trailers)
    framing = try container.decodeIfPresent(ScenarioMessage.Framing.self, forKey: .framing)
  }

  /// As it is sent: framed by its length, or chunked when chunks or trailers are asked for.
  func sent(_ base: ScenarioMessage) -> ScenarioMessage {
    var message = overlay(base)
    if let framing {
      message.framing = framing
    } else if chunkBytes != nil || trailers != nil {
      message.framing = .chunked
    } else if body != nil {
      message.framing = .length
    }
    return message
  }

  /// As it is expected, where `base` was sent: framed as that was, or by its length where the body is another one and
  /// no trailers follow.
  func expected(_ base: ScenarioMessage) -> ScenarioMessage {
    var message = overlay(base)
    if let framing {
      message.framing = framing
    } else if message.body != base.body {
      message.framing = message.trailers.isEmpty ? .length : .chunked
    }
    return message
  }

  private func overlay(_ base: ScenarioMessage) -> ScenarioMessage {
    var message = base
    message.start.merge(start) { $1 }
    if let headers { message.headers = headers.flatMap(\.lines) }
    if let body { message.body = body.bytes }
    if let chunkBytes { message.chunkBytes = chunkBytes }
    if let trailers { message.trailers = trailers.flatMap(\.lines) }
    return message
  }
}

/// `name: value`, or `{ name: …, value: … }`, where the value is
/// written as a body is: for what is not text, or long. `lines: …` repeats it.
private struct LineText: Decodable {
  private enum Key: String, CodingKey, CaseIterable { case name, value, lines }

  let lines: [ScenarioMessage.Line]

  init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      guard let colon = text.firstIndex(of: ":") else { throw Failure("not a header: \(text)") }
      let value = text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      lines = [.init(text[..<colon].lowercased(), value)]
      return
    }
    try decoder.refuseUnknownKeys(Key.self)
    let container = try decoder.container(keyedBy: Key.self)
    let line = ScenarioMessage.Line(
      name: try container.decode(String.self, forKey: .name).lowercased(),
      value: try container.decode(BodyText.self, forKey: .value).bytes)
    lines = Array(repeating: line, count: try container.decodeIfPresent(Int.self, forKey: .lines) ?? 1)
  }
}

/// Text, `{ base64: … }`, `{ file: … }` (a path in the package), `{ text: …, times: … }`, or a list of these.
private struct BodyText: Decodable {
  private enum Key: String, CodingKey, CaseIterable { case text, times, base64, file }

  let bytes: [UInt8]

  init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      bytes = Array(text.utf8)
      return
    }
    if let pieces = try? decoder.singleValueContainer().decode([BodyText].self) {
      bytes = pieces.flatMap(\.bytes)
      return
    }
    try decoder.refuseUnknownKeys(Key.self)
    let container = try decoder.container(keyedBy: Key.self)
    if let encoded = try container.decodeIfPresent(String.self, forKey: .base64) {
      guard let data = Data(base64Encoded: encoded) else { throw Failure("not base64: \(encoded)") }
      bytes = Array(data)
    } else if let path = try container.decodeIfPresent(String.self, forKey: .file) {
      let packageFolder = Scenario.folder.deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
      bytes = Array(try Data(contentsOf: packageFolder.appendingPathComponent(path)))
    } else {
      let text = Array(try container.decode(String.self, forKey: .text).utf8)
      let times = try container.decodeIfPresent(Int.self, forKey: .times) ?? 1
      bytes = Array(repeatElement(text, count: times).joined())
    }
  }
}
