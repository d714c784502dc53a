internal import Template

/// What a body's template prints that is no JSON, or may not be.
package enum JSONPrints {
  /// A warning at each of them. `parsesJSON`: the old body is known to be JSON.
  package static func warnings(
    in text: ConfigurationString, path: String, as kind: BodyKind, parsesJSON: Bool
  ) -> [Diagnostic] {
    var functions = functions
    if parsesJSON { functions["body"] = .json }
    return UnsafePrint.all(in: text.value, asJSON: kind == .json, functions: functions).map { place in
      TemplateText(text: text, path: path).diagnostic(
        message(place, kind), line: place.line, column: place.column, length: place.length, severity: .warning
      )
    }
  }

  private static let functions: [String: PrintedText] = [
    "to_json": .json, "raw_string": .escaped, "word_count": .number, "regex_match": .number,
    "sha256": .word, "hmac_sha256": .word, "uuid4": .word, "base64_encode": .word, "base64url_encode": .word,
    "now": .time, "substring": .ofArguments, "trim": .ofArguments, "replace_with_string": .ofArguments,
    "replace_with_random": .ofArguments, "regex_capture": .captured, "regex_replace": .replaced,
    "env": .trusted,
    "secret": .trusted,
  ]

  private static func message(_ place: UnsafePrint, _ kind: BodyKind) -> String {
    let isShort =
      place.expression.unicodeScalars.count <= 60 && !place.expression.utf8.contains(UInt8(ascii: "\n"))
    let name = isShort ? "`\(place.expression)`" : "this value"
    let inside = isShort ? "\"{{ raw_string(\(place.expression)) }}\"" : "raw_string(…)"
    switch (place.kind, kind) {
    case (.bare, .json):
      return "\(name) is no JSON value without quotes around it: print the value itself"
    case (.bare, .text):
      let operand = !isShort ? "…" : place.isSimple ? place.expression : "(\(place.expression))"
      return "\(name) prints text, which is no JSON where it is a string, or null (`none`): write"
        + " `{{ \(operand)|tojson }}`, or set `as: Json`"
    case (.inQuotes, _):
      return
        "\(name) stands in quotes, and may end them: who sends `a\",\"user\":\"evil` in it adds a member to the"
        + " body. Write `\(inside)`, or set `as: Json` and leave the quotes out"
    case (.quotedTwice, .json):
      return "\(name) prints its own quotes with `as: Json`: leave those around it out, or write `\(inside)`"
    case (.quotedTwice, .text):
      return
        "\(name) is JSON, whose quotes end those around it: leave these out, or write raw_string(…) in its place"
    }
  }
}
