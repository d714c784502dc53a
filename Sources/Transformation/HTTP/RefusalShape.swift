/// How a refusal is written, so that the client's library shows its message: each API has its own shape of an error.
package enum RefusalShape: String, CaseIterable, Sendable {
  case openAI = "OpenAI"
  case anthropic = "Anthropic"
  case google = "Google"
  case aws = "AWS"
  case jsonRPC = "JSONRPC"
  case plain = "Plain"

  /// What the client of a request to `path` reads. What is not known gets OpenAI's, which most understand.
  init(path: UnsafeRawBufferPointer) {
    let path = path.prefix { $0 != UInt8(ascii: "?") }
    let segments = path.split(separator: UInt8(ascii: "/"))
    let last = segments.last ?? path[..<path.startIndex]
    if segments.contains(where: { $0.elementsEqual("model".utf8) }), Self.isBedrockOperation(last) {
      self = .aws
    } else if Self.ends(last, with: ":rawPredict") || Self.ends(last, with: ":streamRawPredict") {
      // Anthropic's models at Google's Vertex AI, called by Anthropic's library.
      self = .anthropic
    } else if Self.isAnthropic(segments) {
      self = .anthropic
    } else if last.contains(UInt8(ascii: ":")), segments.contains(where: { $0.elementsEqual("models".utf8) })
    {
      self = .google
    } else if segments.contains(where: { $0.elementsEqual("mcp".utf8) }) {
      self = .jsonRPC
    } else {
      self = .openAI
    }
  }

  private static func isBedrockOperation(_ segment: Slice<UnsafeRawBufferPointer>) -> Bool {
    segment.elementsEqual("converse".utf8) || segment.elementsEqual("converse-stream".utf8)
      || segment.elementsEqual("invoke".utf8) || segment.elementsEqual("invoke-with-response-stream".utf8)
  }

  /// `/v1/messages` and what is below it.
  private static func isAnthropic(_ segments: [Slice<UnsafeRawBufferPointer>]) -> Bool {
    guard let version = segments.firstIndex(where: { $0.elementsEqual("v1".utf8) }) else { return false }
    return segments.dropFirst(version &+ 1).first?.elementsEqual("messages".utf8) ?? false
  }

  private static func ends(_ segment: Slice<UnsafeRawBufferPointer>, with text: String) -> Bool {
    segment.suffix(text.utf8.count).elementsEqual(text.utf8)
  }
}

/// The client of an exchange, as far as it matters to an answer of ours.
package struct ReplyDialect: Sendable, Equatable {
  package var shape = RefusalShape.openAI
  /// Whether the client speaks gRPC: it gets a gRPC status, whatever the shape.
  package var isGRPC = false

  package init() {}

  /// From the request's headers; `shape`: what a configuration says.
  package init(_ source: some ExchangeSource, shape: RefusalShape?) {
    isGRPC = source.firstValue("content-type").map { MediaType.isGRPC($0) } ?? false
    self.shape = shape ?? source.firstValue(":path").map { RefusalShape(path: $0) } ?? .openAI
  }
}
