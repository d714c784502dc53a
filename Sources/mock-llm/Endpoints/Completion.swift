/// What the mock model says to a chat request: whole, or in chunks.
struct Completion {
  private let id: String
  private let created: Int
  private let model: String
  private let words: [Substring]
  private let promptTokens: Int

  init(of chat: ChatRequest, id: String, created: Int) {
    self.id = id
    self.created = created
    model = chat.model
    let texts = chat.messages.map { $0.content?.text ?? "" }
    let lastOfUser = chat.messages.last { $0.role == "user" }?.content?.text ?? ""
    let count = chat.messages.count == 1 ? "1 message" : "\(chat.messages.count) messages"
    words = "You sent \(count). The last of the user says: \(lastOfUser)".split(
      separator: " ", omittingEmptySubsequences: false)
    // A word is a token here.
    promptTokens = texts.reduce(0) { $0 + $1.split(whereSeparator: \.isWhitespace).count }
  }

  /// An object of type `chat.completion`.
  var whole: JSONText {
    .object([
      "id": JSONText(id), "object": "chat.completion", "created": JSONText(created), "model": JSONText(model),
      "choices": .list([
        .object([
          "index": JSONText(0),
          "message": .object([
            "role": "assistant", "content": JSONText(words.joined(separator: " ")), "refusal": .null,
          ]),
          "logprobs": .null, "finish_reason": "stop",
        ])
      ]),
      "usage": usage,
    ])
  }

  /// Objects of type `chat.completion.chunk`: the role, one for each word, the reason of the end, and the usage when
  /// it was asked for.
  func chunks(withUsage: Bool) -> [JSONText] {
    var chunks = [chunk(.object(["role": "assistant", "content": ""]))]
    for (index, word) in words.enumerated() {
      chunks.append(chunk(.object(["content": JSONText(index == 0 ? String(word) : " \(word)")])))
    }
    chunks.append(chunk(.object([]), finishReason: "stop"))
    if withUsage {
      chunks.append(.object(head + [("choices", .list([])), ("usage", usage)]))
    }
    return chunks
  }

  private func chunk(_ delta: JSONText, finishReason: JSONText = .null) -> JSONText {
    let choice = JSONText.object([
      "index": JSONText(0), "delta": delta, "logprobs": .null, "finish_reason": finishReason,
    ])
    return .object(head + [("choices", .list([choice]))])
  }

  private var head: [(String, JSONText)] {
    [
      ("id", JSONText(id)), ("object", "chat.completion.chunk"), ("created", JSONText(created)),
      ("model", JSONText(model)),
    ]
  }

  private var usage: JSONText {
    .object([
      "prompt_tokens": JSONText(promptTokens), "completion_tokens": JSONText(words.count),
      "total_tokens": JSONText(promptTokens + words.count),
    ])
  }
}
