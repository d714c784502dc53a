/// A part of a template: where it starts and ends in bytes, and the place of its start for people.
struct Span: Sendable {
  var start: Int32 = 0
  var end: Int32 = 0
  /// From 1.
  var line: Int32 = 1
  /// From 1, in characters (Unicode scalars).
  var column: Int32 = 1

  /// From the start of this to the end of `last`.
  func through(_ last: Span) -> Span {
    Span(start: start, end: max(end, last.end), line: line, column: column)
  }
}

/// The text of a template with its name: what errors are made from.
struct TemplateSource: Sendable {
  let name: String
  let bytes: [UInt8]
  private static let detailBytesMax = 4000

  /// What is written there, if it is short and on one line.
  func text(_ span: Span) -> String? {
    let start = min(max(0, Int(span.start)), bytes.count)
    let end = min(max(start, Int(span.end)), bytes.count)
    let text = bytes[start..<end]
    guard !text.isEmpty, text.count <= 60, !text.contains(UInt8(ascii: "\n")) else { return nil }
    return String(decoding: text, as: UTF8.self)
  }

  func error(_ kind: TemplateError.Kind, _ detail: String, at span: Span) -> TemplateError {
    let start = min(max(0, Int(span.start)), bytes.count)
    let end = min(max(start, Int(span.end)), bytes.count)
    let lineStart = bytes[..<start].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let lineEnd = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    let underlined = String(decoding: bytes[start..<min(end, lineEnd)], as: UTF8.self)
    // What a detail names may come from a client and be as long as the body.
    let detail = detail.utf8.count <= Self.detailBytesMax ? detail : String(detail.prefix(500)) + "…"
    return TemplateError(
      kind: kind, detail: detail, template: name, line: Int(span.line), column: Int(span.column),
      length: max(1, underlined.unicodeScalars.count),
      sourceLine: String(decoding: bytes[lineStart..<lineEnd], as: UTF8.self))
  }
}
