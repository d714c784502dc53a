import Transformation
import Yams

extension YAMLReader {
  /// What the YAML parser complains of, with its place.
  static func diagnostic(_ error: any Error, _ text: YAMLText) -> Diagnostic {
    guard let error = error as? YamlError else {
      return Diagnostic(.error, at: SourceLocation(line: 1, column: 1), path: "", "not YAML: \(error)")
    }
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let location = location(mark, text)
      let message = "not YAML: \(problem)\(describe(context, seenFrom: location, text))"
      let hint = tabHint(problem, at: location) ?? quotesHint(text, at: location)
      return Diagnostic(.error, at: location, path: "", message + hint)
    case .duplicatedKeysInMapping(let keys, let context):
      return twice(
        keys.first ?? "", first: text.index(line: context.mark.line, column: context.mark.column), text)
    case .reader(let problem, _, let value, _):
      return Diagnostic(
        .error, at: text.location(at: firstIndex(of: value, text)), path: "", "not YAML: \(problem)")
    case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
      return Diagnostic(.error, at: SourceLocation(line: 1, column: 1), path: "", "not YAML: \(error)")
    }
  }

  private static func twice(_ key: String, first: Int, _ text: YAMLText) -> Diagnostic {
    let second = RepeatedKey(key, text).second(after: first)
    let place = text.location(at: second ?? first)
    let merges = key == "<<" ? "merge several as a list, `<<: [*a, *b]`" : "keep one"
    let message =
      second == nil
      ? "the key `\(key)` is given more than once in this mapping; \(merges)"
      : "the key `\(key)` is given twice, first in line \(text.location(at: first).line); \(merges)"
    return Diagnostic(.error, at: place, length: max(1, key.unicodeScalars.count), path: "", message)
  }

  /// The parser takes a tab that a block's text begins with for a part of its indentation.
  private static func tabHint(_ problem: String, at location: SourceLocation) -> String? {
    guard problem.contains("tab character") else { return nil }
    return location.column > 1
      ? "; a text that itself begins with a tab needs the number of spaces before it, `|2`"
      : "; indent with spaces"
  }

  /// A template without quotes is YAML's commonest trap: `{{` opens a mapping in a mapping, and `{%` nothing at all. In
  /// brackets no value may start with a colon, as the names of pseudo-headers do.
  static func quotesHint(_ text: YAMLText, at location: SourceLocation) -> String {
    var index = text.index(of: location)
    if text[index] == ":", let next = text[index + 1], next.properties.isAlphabetic {
      return "; a value that starts with ':' needs quotes here"
    }
    while let scalar = text[index - 1], !scalar.isBreak { index -= 1 }
    var previous: Unicode.Scalar = " "
    while let scalar = text[index], !scalar.isBreak {
      if scalar == "{", previous.isBlank, text[index + 1] == "{" || text[index + 1] == "%" {
        return "; a value that starts with '{{' or '{%' needs quotes"
      }
      previous = scalar
      index += 1
    }
    return ""
  }

  /// ` (while parsing a block mapping that starts in line 3)`
  private static func describe(
    _ context: YamlError.Context?, seenFrom location: SourceLocation, _ text: YAMLText
  ) -> String {
    guard let context, !context.text.isEmpty else { return "" }
    let line = self.location(context.mark, text).line
    return line == location.line ? " (\(context.text))" : " (\(context.text) that starts in line \(line))"
  }

  private static func location(_ mark: Mark, _ text: YAMLText) -> SourceLocation {
    text.location(at: text.index(line: mark.line, column: mark.column))
  }

  /// Of a character that YAML forbids; the parser tells only its code.
  private static func firstIndex(of code: Int32, _ text: YAMLText) -> Int {
    text.scalars.firstIndex { Int64($0.value) == Int64(code) } ?? 0
  }
}
