import Testing
import Transformation

@testable import ConfigurationFiles
@testable import swiftformations

/// Configurations that several tests use.
enum Fixture {
  static let chat = """
    transformations:
      default:
        request:
          set: [{ name: x-static, value: "yes" }]
      chat:
        request:
          body:
            parseAs: AsJson
            value: '{"model":{{ model | tojson }},"count":{{ messages | length }}}'
          set:
          - { name: x-model, value: "{{ model }}" }
          remove: [x-debug]
          dynamicMetadata:
          - { namespace: com.example, key: user, value: { stringValue: "{{ header('x-user') }}" } }
        response:
          set:
          - { name: x-served-by, value: "{{ header('x-upstream') }} for {{ request_header('x-user') }}" }
    routes:
      chat-route: chat
    """

  /// The configuration; a failure of the test when it has errors.
  static func configuration(_ text: String) throws -> Configuration {
    let file = ConfigurationFile(name: "chat.yaml", bytes: Array(text.utf8))
    return try #require(file.configuration, Comment(rawValue: file.report()))
  }

  static func transformation(_ text: String, _ name: String? = nil) throws -> Transformation {
    try configuration(text).transformation(name)
  }

  static func request(
    _ headers: [HTTPMessage.Header] = [], method: String = "POST", path: String = "/", body: String = ""
  ) -> HTTPMessage {
    HTTPMessage(
      headers: [
        .init(":authority", "localhost"), .init(":path", path), .init(":method", method),
        .init(":scheme", "http"),
      ] + headers, body: Array(body.utf8))
  }
}
