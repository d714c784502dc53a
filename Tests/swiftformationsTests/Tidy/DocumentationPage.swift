import Foundation

/// A page of the documentation.
struct DocumentationPage: Sendable {
  /// From the repository's root.
  let path: String
  let text: String

  static let all: [DocumentationPage] = (["README.md"] + SourceTree.paths.filter(isPage).sorted()).compactMap
  {
    path in SourceTree.read(path).map { DocumentationPage(path: path, text: $0.text) }
  }

  private static func isPage(_ path: String) -> Bool {
    path.hasPrefix("docs/") && path.hasSuffix(".md") && path.split(separator: "/").count == 2
  }

  /// Where a page of docs/ is not there, it is empty.
  static func named(_ name: String) -> DocumentationPage {
    all.first { $0.path == "docs/\(name).md" } ?? DocumentationPage(path: "docs/\(name).md", text: "")
  }

  /// The paragraphs and tables; fenced blocks are left out.
  var prose: String { parts(fenced: false) }
  var fenced: String { parts(fenced: true) }

  private func parts(fenced: Bool) -> String {
    text.components(separatedBy: "```").enumerated().filter { ($0.offset % 2 == 1) == fenced }
      .map(\.element).joined()
  }

  /// What stands in backticks.
  var quoted: [String] { Self.quoted(in: prose) }

  static func quoted(in text: String) -> [String] {
    text.matches(of: /`([^`\n]+)`/).map { String($0.1) }
  }

  var headings: [String] {
    prose.split(separator: "\n").compactMap { line in
      line.firstMatch(of: /^#+ (.+)$/).map { String($0.1) }
    }
  }

  /// As links name them.
  var anchors: Set<String> {
    Set(
      headings.map { heading in
        heading.lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
          .replacing(" ", with: "-")
      })
  }

  /// The rows of the first table under a heading, without its own two first lines.
  func table(under heading: String) -> [[String]] {
    var isThere = false
    var rows: [[String]] = []
    for line in prose.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("#") {
        if isThere { break }
        isThere = line.drop { $0 == "#" }.dropFirst() == heading
      } else if isThere, line.hasPrefix("|") {
        rows.append(Self.cells(of: line))
      } else if !rows.isEmpty {
        break
      }
    }
    return Array(rows.dropFirst(2))
  }

  private static func cells(of line: Substring) -> [String] {
    line.replacing("\\|", with: "\u{0}").split(separator: "|", omittingEmptySubsequences: false)
      .dropFirst().dropLast()
      .map { $0.trimmingCharacters(in: .whitespaces).replacing("\u{0}", with: "|") }
  }
}
