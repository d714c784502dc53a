import Foundation
import NIOCore
import NIOHTTP1

/// `/v1/chat/completions[?interval=MILLISECONDS]`, as OpenAI's API answers it. The answer depends on the request's
/// bytes alone; the interval is the time between two server-sent events.
enum ChatCompletions {
  private static let intervalMilliseconds = 5
  private static let intervalMillisecondsMax = 1000
  /// `created`, in seconds since 1970: a constant, so that equal requests have equal answers.
  private static let created = 1_700_000_000

  static func answer(_ request: Request) -> Reply {
    guard request.head.method == .POST else {
      return .openAIError(
        "\(request.head.method.rawValue) is not allowed here; send a POST.", status: .methodNotAllowed)
    }
    let body = Array(request.body.readableBytesView)
    let chat: ChatRequest
    do {
      chat = try JSONDecoder().decode(ChatRequest.self, from: Data(body))
    } catch {
      return refusal(error)
    }
    if chat.messages.isEmpty {
      return .openAIError("'messages' must hold at least one message.", parameter: "messages")
    }
    let completion = Completion(of: chat, id: "chatcmpl-\(hexadecimal(fingerprint(body)))", created: created)
    if chat.stream == true {
      return stream(
        completion.chunks(withUsage: chat.streamOptions?.includeUsage == true), every: interval(request))
    }
    return .json(completion.whole)
  }

  private static func interval(_ request: Request) -> TimeAmount {
    let milliseconds = request.query.last { $0.name == "interval" }.flatMap { Int($0.value) }
    return .milliseconds(Int64(min(max(milliseconds ?? intervalMilliseconds, 0), intervalMillisecondsMax)))
  }

  private static func stream(_ chunks: [JSONText], every interval: TimeAmount) -> Reply {
    let events =
      chunks.map { ByteBuffer(string: "data: \($0.text)\n\n") } + [ByteBuffer(string: "data: [DONE]\n\n")]
    return Reply(
      headers: ["content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"],
      body: .pieces(events, interval: interval))
  }

  private static func refusal(_ error: any Error) -> Reply {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      let name = path(context.codingPath + [key])
      return .openAIError("'\(name)' is missing.", parameter: name, code: "missing_required_parameter")
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      let name = path(context.codingPath)
      return .openAIError("'\(name)' has the wrong type.", parameter: name, code: "invalid_type")
    default:
      return .openAIError("The body is not valid JSON.")
    }
  }

  /// `messages[0].role`
  private static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce("") { path, key in
      if let index = key.intValue { return "\(path)[\(index)]" }
      return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
    }
  }

  /// FNV-1a, 64 bits.
  private static func fingerprint(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  private static func hexadecimal(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension Reply {
  /// An error in the shape of OpenAI's API.
  static func openAIError(
    _ message: String, status: HTTPResponseStatus = .badRequest, parameter: String? = nil, code: String? = nil
  ) -> Reply {
    .json(
      .object([
        "error": .object([
          "message": JSONText(message), "type": "invalid_request_error",
          "param": parameter.map { JSONText($0) } ?? .null, "code": code.map { JSONText($0) } ?? .null,
        ])
      ]), status: status)
  }
}
