/// A place where a template that writes JSON prints something that may not be JSON there.
package struct UnsafePrint: Sendable, Equatable {
  package enum Kind: Sendable {
    /// Between strings, and not known to be a JSON value.
    case bare
    /// In a string, which it may end.
    case inQuotes
    /// In a string, and it brings quotes of its own.
    case quotedTwice
  }

  package let kind: Kind
  /// As it is written.
  package let expression: String
  /// It is a name, a call, or something with filters: another filter may follow it as it is.
  package let isSimple: Bool
  package let line: Int
  package let column: Int
  package let length: Int

  init(_ kind: Kind, _ expression: Expression, in source: TemplateSource) {
    let span = expression.span
    let start = min(max(0, Int(span.start)), source.bytes.count)
    let end = min(max(start, Int(span.end)), source.bytes.count)
    self.kind = kind
    self.expression = String(decoding: source.bytes[start..<end], as: UTF8.self)
    isSimple =
      switch expression.node {
      case .name, .attribute, .position, .item, .slice, .call, .filter, .list, .map: true
      default: false
      }
    line = Int(span.line)
    column = Int(span.column)
    length = self.expression.prefix { $0 != "\n" }.unicodeScalars.count
  }

  /// All of them, each once, in the order of the text; none in a template that does not parse, and in one that does not
  /// write JSON: whose text begins with anything but `{` or `[`, or has between strings what JSON has not.
  ///
  /// - Parameters:
  ///   - asJSON: as of `Template.init`.
  ///   - functions: what is known of those of the host.
  package static func all(
    in source: String, asJSON: Bool, functions: [String: PrintedText]
  ) -> [UnsafePrint] {
    let source = TemplateSource(name: "", bytes: Array(source.utf8))
    guard source.bytes.count <= TemplateLimits.standard.sourceBytesMax,
      let statements = try? Parser.parse(source, limits: .standard)
    else { return [] }
    var walk = PrintWalk(source, functions: functions, asJSON: asJSON)
    walk.walk(statements)
    return walk.found
  }
}

/// What the text is that a function of the host makes.
package enum PrintedText: Sendable {
  case json
  /// Escaped for a JSON string.
  case escaped
  /// Letters and digits, and what else means nothing to JSON.
  case word
  case number
  /// Not a client's.
  case trusted
  /// Plain where all its arguments are.
  case ofArguments
  /// `now(format)`
  case time
  /// `regex_capture(s, re, group)`, `regex_replace(s, re, by)`
  case captured, replaced
}
