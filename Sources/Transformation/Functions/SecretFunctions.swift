internal import Template

/// `secret(group, key)`: a value of the configuration's `secrets`; an error when there is none, found when the
/// configuration is loaded where both names are literal. They match to the letter.
enum SecretFunctions {
  /// - Parameter secrets: nil where they are not known, and nothing is rendered.
  static func all(_ secrets: Secrets?) -> [Function] {
    [
      .text(
        "secret", parameters: ["group", "key"], check: { check($0, secrets) },
        { call, output throws(TemplateError) in
          let group = String(decoding: try call.bytes(0), as: UTF8.self)
          let key = String(decoding: try call.bytes(1), as: UTF8.self)
          guard let value = secrets?.value(group, key) else {
            throw call.error(
              .invalidOperation, secrets?.absence(of: key, in: group) ?? "there is no such secret")
          }
          output.append(contentsOf: value)
        })
    ]
  }

  private static func check(_ constants: [Value?], _ secrets: Secrets?) -> String? {
    guard let secrets, let group = text(0, constants) else { return nil }
    return secrets.absence(of: text(1, constants), in: group)
  }

  private static func text(_ position: Int, _ constants: [Value?]) -> String? {
    guard position < constants.count, let value = constants[position] else { return nil }
    return String(decoding: Function.text(of: value), as: UTF8.self)
  }
}
