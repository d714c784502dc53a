import Foundation

/// JSON that is already text, built piece by piece so that members keep their order and embedded JSON its spelling.
struct JSONText: ExpressibleByStringLiteral {
  let text: String

  private init(verbatim text: String) { self.text = text }

  /// A string.
  init(_ value: some StringProtocol) {
    var text = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..<"\u{20}": text += String(format: "\\u%04x", scalar.value)
      default: text.unicodeScalars.append(scalar)
      }
    }
    self.text = text + "\""
  }

  init(stringLiteral value: String) { self.init(value) }

  init(_ value: Int) { text = String(value) }

  init(_ value: Bool) { text = value ? "true" : "false" }

  static let null = JSONText(verbatim: "null")

  static func list(_ items: some Sequence<JSONText>) -> JSONText {
    JSONText(verbatim: "[\(items.map(\.text).joined(separator: ", "))]")
  }

  static func object(_ members: KeyValuePairs<String, JSONText>) -> JSONText {
    object(members.map { ($0.key, $0.value) })
  }

  static func object(_ members: [(String, JSONText)]) -> JSONText {
    let members = members.map { "\(JSONText($0.0).text): \($0.1.text)" }
    return JSONText(verbatim: "{\(members.joined(separator: ", "))}")
  }

  /// `bytes` as they are, when they are JSON in UTF-8.
  init?(validating bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self),
      (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
    else { return nil }
    self.text = text
  }
}
