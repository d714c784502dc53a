/// Prints diagnostics the way compilers do, with the source line and a caret under the place:
///
/// ```
/// chat.yaml:4:29: error: there is no filter 'uper'
///   4 |   - { name: x, value: "{{ a | uper }}" }
///     |                               ^^^^
///     = request.set[0].value
/// ```
package struct DiagnosticPrinter {
  /// The longest piece of a source line that is shown, in characters.
  static let lineMax = 160

  /// What the parts look like where they are shown.
  package struct Look: Sendable {
    package enum Part: Sendable {
      /// The file, the line and the column.
      case place
      case severity(Diagnostic.Severity)
      /// What stands around the source line.
      case margin
      case carets(Diagnostic.Severity)
    }

    private let paint: @Sendable (String, Part) -> String
    private let columns: @Sendable (Unicode.Scalar) -> Int

    /// Each character takes one column.
    package static let plain = Look(paint: { text, _ in text }, columns: { _ in 1 })

    /// - Parameters:
    ///   - paint: gives a part its colour.
    ///   - columns: how many a character takes.
    package init(
      paint: @escaping @Sendable (String, Part) -> String,
      columns: @escaping @Sendable (Unicode.Scalar) -> Int
    ) {
      self.paint = paint
      self.columns = columns
    }

    fileprivate func text(_ part: Part, _ text: String) -> String { paint(text, part) }
    fileprivate func width(_ scalar: Unicode.Scalar) -> Int { columns(scalar.printable) }
  }

  let file: String
  private let look: Look
  private let secrets: SecretPlaces
  private let lines: [Substring.UnicodeScalarView]
  /// A line may be megabytes, and have many faults.
  private let lastLine = LastLine()

  private final class LastLine {
    var number = 0
    var scalars: [Unicode.Scalar] = []
  }

  package init(file: String, text: String, secrets: SecretPlaces = .none, look: Look = .plain) {
    self.file = file
    self.secrets = secrets
    self.look = look
    lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// One or more lines, each with its line feed.
  package func print(_ diagnostic: Diagnostic) -> String {
    let place = "\(file):\(diagnostic.location.line):\(diagnostic.location.column):"
    let severity = look.text(.severity(diagnostic.severity), "\(diagnostic.severity.rawValue):")
    var output = "\(look.text(.place, place)) \(severity) \(diagnostic.message.printable)\n"

    let number = String(diagnostic.location.line)
    let margin = String(repeating: " ", count: number.count + 2)
    if let (line, carets) = excerpt(diagnostic) {
      output += look.text(.margin, "  \(number) |") + " \(line)\n"
      output += look.text(.margin, "\(margin) |") + " \(look.text(.carets(diagnostic.severity), carets))\n"
    }
    if !diagnostic.path.isEmpty {
      output += look.text(.margin, "\(margin) = \(diagnostic.path.printable)") + "\n"
    }
    return output
  }

  /// The source line, or the part of a long one around the place, and the line of carets below it.
  private func excerpt(_ diagnostic: Diagnostic) -> (line: String, carets: String)? {
    let number = diagnostic.location.line
    guard number >= 1, number <= lines.count, !secrets.areAnywhere else { return nil }
    let whole = scalars(ofLine: number)
    let start = min(max(diagnostic.location.column, 1) - 1, whole.count)
    let shown = window(around: start, of: whole.count)
    var line = whole[shown]
    for index in shown where secrets.hide(SourceLocation(line: number, column: index + 1)) {
      line[index] = "*"
    }
    let before = line[..<start]
    let marked = line[start..<min(start + max(diagnostic.length, 1), shown.upperBound)]

    var text = String.UnicodeScalarView()
    if shown.lowerBound > 0 { text.append("…") }
    // A tab stays one, above and below, so that the caret is right whatever a tab's width.
    for scalar in line { text.append(scalar == "\t" ? "\t" : scalar.printable) }
    if shown.upperBound < whole.count { text.append("…") }

    var carets = shown.lowerBound > 0 ? " " : ""
    for scalar in before {
      carets += scalar == "\t" ? "\t" : String(repeating: " ", count: look.width(scalar))
    }
    let width = marked.reduce(0) { $0 + look.width($1) }
    return (String(text), carets + String(repeating: "^", count: max(width, 1)))
  }

  private func scalars(ofLine number: Int) -> [Unicode.Scalar] {
    if lastLine.number != number {
      lastLine.number = number
      lastLine.scalars = Array(lines[number - 1])
      if lastLine.scalars.last == "\r" { lastLine.scalars.removeLast() }
    }
    return lastLine.scalars
  }

  private func window(around place: Int, of count: Int) -> Range<Int> {
    guard count > DiagnosticPrinter.lineMax else { return 0..<count }
    let start = max(0, min(place - DiagnosticPrinter.lineMax / 2, count - DiagnosticPrinter.lineMax))
    return start..<(start + DiagnosticPrinter.lineMax)
  }
}
