/// The fields of a chat completion request that the mock looks at; all others are allowed and ignored.
struct ChatRequest: Decodable {
  struct Message: Decodable {
    var role: String
    var content: Content?
  }

  /// A text, or a list of parts of which those with a text count.
  enum Content: Decodable {
    case text(String)
    case parts([Part])

    struct Part: Decodable {
      var type: String
      var text: String?
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        self = .parts(try container.decode([Part].self))
      }
    }

    var text: String {
      switch self {
      case .text(let text): text
      case .parts(let parts): parts.compactMap(\.text).joined(separator: " ")
      }
    }
  }

  struct StreamOptions: Decodable {
    var includeUsage: Bool?
    enum CodingKeys: String, CodingKey { case includeUsage = "include_usage" }
  }

  var model: String
  var messages: [Message]
  var stream: Bool?
  var streamOptions: StreamOptions?

  enum CodingKeys: String, CodingKey {
    case model, messages, stream
    case streamOptions = "stream_options"
  }
}
