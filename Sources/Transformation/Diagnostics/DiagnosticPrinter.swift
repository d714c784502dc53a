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

  let file: String
  let colour: Bool
  private let secrets: SecretPlaces
  private let lines: [Substring.UnicodeScalarView]

  package init(file: String, text: String, secrets: SecretPlaces = .none, colour: Bool = false) {
    self.file = file
    self.secrets = secrets
    self.colour = colour
    lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// One or more lines, each with its line feed.
  package func print(_ diagnostic: Diagnostic) -> String {
    let place = "\(file):\(diagnostic.location.line):\(diagnostic.location.column):"
    let hue: Style =
      switch diagnostic.severity {
      case .error: .red
      case .warning: .yellow
      case .note: .cyan
      }
    let severity = hue.apply("\(diagnostic.severity.rawValue):", enabled: colour)
    let head = Style.bold.apply(place, enabled: colour)
    var output = "\(head) \(severity) \(diagnostic.message.printable)\n"

    let number = String(diagnostic.location.line)
    let margin = String(repeating: " ", count: number.count + 2)
    if let (line, carets) = excerpt(diagnostic) {
      output += Style.faint.apply("  \(number) |", enabled: colour) + " \(line)\n"
      output += Style.faint.apply("\(margin) |", enabled: colour) + " \(hue.apply(carets, enabled: colour))\n"
    }
    if !diagnostic.path.isEmpty {
      output += Style.faint.apply("\(margin) = \(diagnostic.path.printable)", enabled: colour) + "\n"
    }
    return output
  }

  /// The source line, or the part of a long one around the place, and the line of carets below it.
  private func excerpt(_ diagnostic: Diagnostic) -> (line: String, carets: String)? {
    let number = diagnostic.location.line
    guard number >= 1, number <= lines.count, !secrets.areAnywhere else { return nil }
    var line = Array(lines[number - 1])
    if line.last == "\r" { line.removeLast() }

    let start = min(max(diagnostic.location.column, 1) - 1, line.count)
    let shown = window(around: start, of: line.count)
    for index in shown where secrets.hide(SourceLocation(line: number, column: index + 1)) {
      line[index] = "*"
    }
    let before = line[shown.lowerBound..<start]
    let marked = line[start..<min(start + max(diagnostic.length, 1), shown.upperBound)]

    var text = String.UnicodeScalarView()
    if shown.lowerBound > 0 { text.append("…") }
    // A tab stays one, above and below, so that the caret is right whatever a tab's width.
    for scalar in line[shown] { text.append(scalar == "\t" ? "\t" : scalar.printable) }
    if shown.upperBound < line.count { text.append("…") }

    var carets = shown.lowerBound > 0 ? " " : ""
    for scalar in before {
      carets += scalar == "\t" ? "\t" : String(repeating: " ", count: DisplayWidth.of(scalar.printable))
    }
    let width = marked.reduce(0) { $0 + DisplayWidth.of($1.printable) }
    return (String(text), carets + String(repeating: "^", count: max(width, 1)))
  }

  private func window(around place: Int, of count: Int) -> Range<Int> {
    guard count > DiagnosticPrinter.lineMax else { return 0..<count }
    let start = max(0, min(place - DiagnosticPrinter.lineMax / 2, count - DiagnosticPrinter.lineMax))
    return start..<(start + DiagnosticPrinter.lineMax)
  }
}
