import JSON
import Transformation

/// A configuration as JSON, for people who may see what is in force but not its secrets.
///
/// Hidden is, as a whole:
///
/// - what stands below a field that is secret (`secrets`),
/// - what stands beside a name that speaks of a credential (`credentialWords`): a header's value, or metadata's,
/// - every text, template or not, that calls `hmac_sha256`, has one of `secretWords` in it, or a word that begins with one of
///   `secretPrefixes`.
///
/// Values that `env()` brings are read when a template runs: there is nothing to hide of them.
struct RedactedConfiguration {
  /// Parts of names, in lower case.
  static let credentialWords = [
    "authorization", "cookie", "api-key", "api_key", "apikey", "token", "secret", "password", "credential",
    "signature",
  ]
  /// Parts of texts, in lower case.
  static let secretWords = [
    "hmac_sha256", "authorization", "api-key", "api_key", "apikey", "secret", "password", "bearer ", "basic ",
    "private_key", "access_key", "access_token", "key=", "token=",
  ]
  /// How keys of well-known services begin, in lower case; at the start of a word.
  static let secretPrefixes = ["sk-", "sk_", "xoxb-", "ghp_", "glpat-", "akia"]
  static let replacement = "[redacted]"

  private(set) var json: [UInt8] = []

  init(_ node: ConfigurationNode) { append(node, isSecret: false) }

  private mutating func append(_ node: ConfigurationNode, isSecret: Bool) {
    switch node {
    case .null: JSONWriter.appendNull(to: &json)
    case .bool where isSecret: JSONWriter.appendString(Self.replacement, to: &json)
    case .bool(let bool, _): JSONWriter.append(bool, to: &json)
    case .number(let spelling, _):
      if isSecret {
        JSONWriter.appendString(Self.replacement, to: &json)
      } else {
        json.append(contentsOf: spelling.utf8)
      }
    case .string(let string):
      let isHidden =
        isSecret || Self.names(string.value, one: Self.secretWords) || Self.holdsKey(string.value)
      JSONWriter.appendString(isHidden ? Self.replacement : string.value, to: &json)
    case .sequence(let elements, _): append(elements, isSecret: isSecret)
    case .mapping(let entries, _): append(entries, isSecret: isSecret)
    }
  }

  /// - Parameter areNames: texts are names of headers, which are no secrets.
  private mutating func append(_ elements: [ConfigurationNode], isSecret: Bool, areNames: Bool = false) {
    json.append(UInt8(ascii: "["))
    for (index, element) in elements.enumerated() {
      if index > 0 { json.append(UInt8(ascii: ",")) }
      if areNames, case .string(let name) = element {
        JSONWriter.appendString(name.value, to: &json)
      } else {
        append(element, isSecret: isSecret)
      }
    }
    json.append(UInt8(ascii: "]"))
  }

  private mutating func append(
    _ entries: [(key: ConfigurationString, value: ConfigurationNode)], isSecret: Bool
  ) {
    // `{name: authorization, value: …}`, `{key: token, value: {stringValue: …}}`
    let namesCredential = entries.contains { entry in
      guard FieldPlaces.named.contains(entry.key.value), case .string(let name) = entry.value else {
        return false
      }
      return Self.names(name.value, one: Self.credentialWords)
    }
    json.append(UInt8(ascii: "{"))
    for (index, entry) in entries.enumerated() {
      if index > 0 { json.append(UInt8(ascii: ",")) }
      JSONWriter.appendString(entry.key.value, to: &json)
      json.append(UInt8(ascii: ":"))
      let field = entry.key.value
      if FieldPlaces.named.contains(field), !isSecret, case .string(let name) = entry.value {
        JSONWriter.appendString(name.value, to: &json)
      } else if FieldPlaces.listsOfNames.contains(field), !isSecret,
        case .sequence(let names, _) = entry.value
      {
        append(names, isSecret: false, areNames: true)
      } else {
        append(
          entry.value, isSecret: isSecret || namesCredential || FieldPlaces.secret.contains(field))
      }
    }
    json.append(UInt8(ascii: "}"))
  }

  /// A word that begins as keys do, and goes on.
  private static func holdsKey(_ text: String) -> Bool {
    let bytes = text.utf8.map(lowercase)
    return bytes.indices.contains { start in
      (start == 0 || !isOfWord(bytes[start - 1]))
        && secretPrefixes.contains { prefix in
          let end = start + prefix.utf8.count
          return end < bytes.count && isOfWord(bytes[end]) && bytes[start...].starts(with: prefix.utf8)
        }
    }
  }

  /// - Parameter words: in lower case, of ASCII.
  private static func names(_ text: String, one words: [String]) -> Bool {
    let bytes = text.utf8.map(lowercase)
    return bytes.indices.contains { start in
      words.contains { bytes[start...].starts(with: $0.utf8) }
    }
  }

  private static func isOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
      UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
