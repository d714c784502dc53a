import Transformation

/// A message beside what it was before: each line with a mark in the margin, for a terminal.
///
/// `+` is new, `-` is gone, `~` has changed.
struct MarkedMessage {
  enum Mark: String {
    case same = " "
    case added = "+"
    case removed = "-"
    case changed = "~"
  }

  struct Line: Equatable {
    let mark: Mark
    let text: String
  }

  let lines: [Line]

  init(before: HTTPMessage, after: HTTPMessage) {
    let old = MessageText(before)
    let new = MessageText(after)
    lines =
      [Line(mark: old.startLine == new.startLine ? .same : .changed, text: new.startLine)]
      + MarkedMessage.headers(old.headers, new.headers)
      + (old.body.isEmpty && new.body.isEmpty ? [] : [Line(mark: .same, text: "")])
      + MarkedMessage.body(old.body, new.body)
  }

  func text(colour: Bool) -> String {
    lines.map { line in
      let text = line.text.isEmpty ? "" : "\(line.mark.rawValue) \(line.text.printable)"
      switch line.mark {
      case .same: return text
      case .added: return Style.green.apply(text, enabled: colour)
      case .removed: return Style.red.apply(text, enabled: colour)
      case .changed: return Style.yellow.apply(text, enabled: colour)
      }
    }.map { $0 + "\n" }.joined()
  }

  /// In the order of the old headers, each changed or removed in its place; what is new comes last.
  private static func headers(_ old: [HTTPMessage.Header], _ new: [HTTPMessage.Header]) -> [Line] {
    // What stands in both is the same, whatever its place.
    var unmatched = new
    var kept: [Bool] = []
    for header in old {
      if let index = unmatched.firstIndex(of: header) {
        unmatched.remove(at: index)
        kept.append(true)
      } else {
        kept.append(false)
      }
    }
    var lines: [Line] = []
    for (header, isKept) in zip(old, kept) {
      if isKept {
        lines.append(line(.same, header))
      } else if let index = unmatched.firstIndex(where: { $0.name == header.name }) {
        lines.append(line(.changed, unmatched.remove(at: index)))
      } else {
        lines.append(line(.removed, header))
      }
    }
    return lines + unmatched.map { line(.added, $0) }
  }

  private static func line(_ mark: Mark, _ header: HTTPMessage.Header) -> Line {
    Line(mark: mark, text: "\(header.name): \(header.text)")
  }

  /// Lines that start or end both bodies are the same; those between them are replaced.
  private static func body(_ old: [UInt8], _ new: [UInt8]) -> [Line] {
    let old = lines(of: old)
    let new = lines(of: new)
    let start = zip(old, new).prefix { $0 == $1 }.count
    let end = zip(old.dropFirst(start).reversed(), new.dropFirst(start).reversed()).prefix { $0 == $1 }.count
    return new.prefix(start).map { Line(mark: .same, text: $0) }
      + old.dropFirst(start).dropLast(end).map { Line(mark: .removed, text: $0) }
      + new.dropFirst(start).dropLast(end).map { Line(mark: .added, text: $0) }
      + new.suffix(end).map { Line(mark: .same, text: $0) }
  }

  private static func lines(of body: [UInt8]) -> [String] {
    guard !body.isEmpty else { return [] }
    guard let text = String(validating: body, as: UTF8.self) else {
      return ["(\(body.count) bytes that are not text)"]
    }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}
