/// What one filter does to a message, by itself. `Tests/Fixtures/neighbours/README.md` tells how it is written.
struct MessageRule: Sendable {
  /// What is no change of headers or of the body's text.
  enum Step: String, Sendable, Decodable {
    case gzip, gunzip, trailersIntoBody, reframed
  }

  var set: [String: String] = [:]
  var remove: [String] = []
  var body: String?
  var step: Step?
  /// The client gets this status; nothing of ours goes on.
  var reply: Int?
  /// What is done in place of all this to a body in a content coding.
  var coded: [MessageRule] = []
}

extension MessageRule: Decodable {
  private enum Key: String, CodingKey, CaseIterable { case set, remove, body, step, reply, coded }

  init(from decoder: any Decoder) throws {
    try decoder.refuseUnknownKeys(Key.self)
    let container = try decoder.container(keyedBy: Key.self)
    set = try container.decodeIfPresent([String: String].self, forKey: .set) ?? [:]
    remove = try container.decodeIfPresent([String].self, forKey: .remove) ?? []
    body = try container.decodeIfPresent(String.self, forKey: .body)
    step = try container.decodeIfPresent(Step.self, forKey: .step)
    reply = try container.decodeIfPresent(Int.self, forKey: .reply)
    coded = try container.decodeIfPresent(MessageRule.self, forKey: .coded).map { [$0] } ?? []
  }
}

/// A message as the rules of all filters that it passed make it.
struct RuledMessage: Sendable, Equatable {
  enum Coding: Sendable { case plain, gzip, either }

  /// `:method` and so on, and the headers, without those that tell the length and the coding.
  var headers: [String: [String]]
  /// Decoded.
  var body: [UInt8]
  var trailers: [String: [String]]
  /// How its length is told; nil: by either way, as long as it fits.
  var framing: ScenarioMessage.Framing?
  var coding = Coding.plain
  /// A filter may have told the length of what came without: behind one, HTTP/1 has no trailers.
  var mayTellLength = false
  /// An answer of ours in its place, of which only the status is told.
  var reply: Int?

  /// - Parameter accepted: whether the one that it goes to can take gzip.
  mutating func apply(_ rule: MessageRule, accepted: Bool) {
    if coding != .plain, let rule = rule.coded.first { return apply(rule, accepted: accepted) }
    let before = self
    for (name, value) in rule.set { headers[name] = [String(decoding: before.filled(value), as: UTF8.self)] }
    for name in rule.remove { headers[name] = nil }
    if let text = rule.body {
      body = before.filled(text)
      framing = nil
      coding = .plain
    }
    if let status = rule.reply { reply = status }
    if let step = rule.step { take(step, accepted) }
  }

  private func filled(_ text: String) -> [UInt8] {
    let parts = text.split(separator: "{body}", omittingEmptySubsequences: false).map { Array($0.utf8) }
    return Array(parts.joined(separator: body))
  }

  private mutating func take(_ step: MessageRule.Step, _ accepted: Bool) {
    switch step {
    case .gzip:
      // Envoy's compressor compresses what is long enough, and what has no length but in HTTP/1.
      guard accepted, !body.isEmpty, framing != .length || body.count >= Gzip.bodyBytesMin else { return }
      coding = framing == .length ? .gzip : .either
      framing = nil
    case .gunzip:
      if coding != .plain { framing = nil }
      coding = .plain
    case .reframed:
      framing = nil
      mayTellLength = true
    case .trailersIntoBody:
      framing = nil
      guard !trailers.isEmpty else { return }
      let text = trailers.sorted { $0.key < $1.key }.map {
        "\($0.key):\($0.value.joined(separator: ","))\r\n"
      }
      let count = UInt32(text.joined().utf8.count)
      body += [0x80] + RawHTTP2.bigEndian(count) + Array(text.joined().utf8)
      trailers = [:]
    }
  }
}

extension RuledMessage {
  /// What was sent or received. What Envoy itself puts into messages is left out.
  init(_ message: ScenarioMessage) throws {
    headers = message.start.mapValues { [$0] }
    for line in message.headers where !Self.isEnvoys(line.name) {
      headers[line.name, default: []].append(String(decoding: line.value, as: UTF8.self))
    }
    body = message.body
    trailers = [:]
    for line in message.trailers where !Self.isEnvoys(line.name) {
      trailers[line.name, default: []].append(String(decoding: line.value, as: UTF8.self))
    }
    framing = message.framing
    guard headers["content-encoding"] == ["gzip"] else { return }
    headers["content-encoding"] = nil
    coding = .gzip
    body = try Gzip.decoded(body)
  }

  private static func isEnvoys(_ name: String) -> Bool {
    name.hasPrefix("x-envoy-")
      || [
        "date", "server", "x-forwarded-proto", "x-forwarded-for", "x-request-id", "connection", "vary",
      ].contains(name)
  }

  /// What differs from `expected`; nil when nothing does.
  func difference(from rules: RuledMessage) -> String? {
    var expected = rules
    if rules.mayTellLength, framing == .length { expected.trailers = [:] }
    expected.mayTellLength = false
    if let status = expected.reply {
      let actual = headers[":status"] ?? []
      return actual == [String(status)] ? nil : "expected the status \(status)\nactual\n\(self)"
    }
    var actual = self
    if expected.coding == .either { actual.coding = .either }
    if expected.framing == nil || (body.isEmpty && trailers.isEmpty) { actual.framing = expected.framing }
    return actual == expected ? nil : "expected\n\(expected)\nactual\n\(self)"
  }
}

extension RuledMessage: CustomStringConvertible {
  var description: String {
    let lines = { (lines: [String: [String]], prefix: String) in
      lines.sorted { $0.key < $1.key }.flatMap { line in line.value.map { "  \(prefix)\(line.key): \($0)" } }
    }
    let text = String(decoding: body.prefix(400), as: UTF8.self)
    let description =
      (lines(headers, "") + ["  [\(framing.map(\.rawValue) ?? "any framing"), \(coding)] \(text)"]
      + lines(trailers, "trailer ")).joined(separator: "\n")
    return description.unicodeScalars.map { scalar in
      scalar == "\n" || scalar.value >= 0x20 ? String(scalar) : scalar.escaped(asASCII: true)
    }.joined()
  }
}
