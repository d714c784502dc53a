import Transformation

/// The text of a YAML file by Unicode scalars, and its lines.
///
/// YAML 1.1 counts more characters as line breaks than editors do (NEL, LS, PS). libyaml's marks are read by
/// its count, places are told by the editors'.
struct YAMLText: Sendable {
  let scalars: [Unicode.Scalar]
  /// Where each line starts, by libyaml's count.
  private let markedLines: [Int]
  /// Where each line starts, by line feeds.
  private let lines: [Int]

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
    var markedLines = [0]
    var lines = [0]
    for (index, scalar) in scalars.enumerated() {
      if scalar == "\n" { lines.append(index + 1) }
      switch scalar {
      case "\n", "\u{85}", "\u{2028}", "\u{2029}":
        markedLines.append(index + 1)
      case "\r":
        if index + 1 == scalars.count || scalars[index + 1] != "\n" { markedLines.append(index + 1) }
      default: break
      }
    }
    self.markedLines = markedLines
    self.lines = lines
  }

  /// The scalar at `index`; nil past the end.
  subscript(index: Int) -> Unicode.Scalar? {
    index >= 0 && index < scalars.count ? scalars[index] : nil
  }

  /// The index that libyaml means by a line and a column, both from 1; the end of the text when there is no
  /// such place.
  func index(line: Int, column: Int) -> Int {
    guard line >= 1, line <= markedLines.count else { return scalars.count }
    let (index, overflow) = markedLines[line - 1].addingReportingOverflow(max(column, 1) - 1)
    return overflow ? scalars.count : min(index, scalars.count)
  }

  /// The index of a place, the end of the text when there is no such place.
  func index(of location: SourceLocation) -> Int {
    guard location.line >= 1, location.line <= lines.count else { return scalars.count }
    let (index, overflow) = lines[location.line - 1].addingReportingOverflow(max(location.column, 1) - 1)
    return overflow ? scalars.count : min(index, scalars.count)
  }

  func location(at index: Int) -> SourceLocation {
    var low = 0
    var high = lines.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lines[middle] <= index { low = middle } else { high = middle }
    }
    return SourceLocation(line: low + 1, column: index - lines[low] + 1)
  }
}
