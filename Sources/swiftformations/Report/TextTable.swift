import Transformation

/// A table for people: columns as wide as their widest line, two spaces between them.
struct TextTable {
  /// A cell is a list of lines.
  typealias Cell = [String]

  let titles: [String]
  private var rows: [[Cell]] = []

  init(_ titles: [String]) { self.titles = titles }

  mutating func add(_ cells: [Cell]) { rows.append(cells) }

  /// Columns with nothing in them are left out. Each line ends in a line feed, none in spaces.
  var text: String {
    let shown = titles.indices.filter { column in rows.contains { !$0[column].isEmpty } }
    let widths = shown.map { column in
      ([titles[column]] + rows.flatMap { $0[column] }).reduce(0) { max($0, DisplayWidth.of($1)) }
    }
    var output = line(shown.map { titles[$0] }, widths)
    for row in rows {
      let height = shown.reduce(1) { max($0, row[$1].count) }
      for number in 0..<height {
        output += line(shown.map { number < row[$0].count ? row[$0][number] : "" }, widths)
      }
    }
    return output
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var line = ""
    var column = 0
    for (cell, width) in zip(cells, widths) {
      if !cell.isEmpty {
        line += String(repeating: " ", count: column - DisplayWidth.of(line)) + cell
      }
      column += width + 2
    }
    return line + "\n"
  }
}
