import Foundation

/// A text file of the repository.
struct SourceFile: Sendable {
  /// From the repository's root.
  let path: String
  let text: String
  let lines: [Substring]

  init(path: String, text: String) {
    self.path = path
    self.text = text
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  var name: String { String(path.split(separator: "/").last ?? "") }
  /// The name without what follows a `+` or the dot.
  var stem: String { String(name.prefix { $0 != "." && $0 != "+" }) }

  /// The lines of what is declared at a line, by the indentation that the formatter gives; nil where it has no braces.
  func block(from start: Int) -> ArraySlice<Substring>? {
    let depth = lines[start].indentation
    if lines[start].last == "}" { return lines[start...start] }
    for index in (start + 1)..<lines.count where !lines[index].allSatisfy(\.isWhitespace) {
      if lines[index].indentation < depth { return nil }
      if lines[index].indentation == depth, lines[index].dropFirst(depth).first == "}" {
        return lines[start...index]
      }
    }
    return nil
  }
}

/// What stands in Sources, read as text: no constant is too private, and no target too far, to be held against the docs.
enum SourceTree {
  static let root = Environment.packageFolder

  /// All files of the folders that the docs speak of, and the folders themselves, from the root.
  static let paths: Set<String> = {
    var paths: Set<String> = []
    for folder in ["Sources", "Tests", "Benchmarks", "deploy", "docs", "proto"] {
      let found = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
      paths.insert(folder)
      while let path = found?.nextObject() as? String { paths.insert("\(folder)/\(path)") }
    }
    return paths
  }()

  /// Swift and C that people wrote.
  static let files: [SourceFile] = paths.sorted().filter { path in
    path.hasPrefix("Sources/") && !path.hasPrefix("Sources/CMessages/")
      && [".swift", ".c", ".h"].contains { path.hasSuffix($0) }
  }.compactMap(read)

  static let targets: Set<String> = Set(
    paths.filter { $0.hasPrefix("Sources/") }.map { String($0.split(separator: "/")[1]) })

  static func read(_ path: String) -> SourceFile? {
    guard let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8) else { return nil }
    return SourceFile(path: path, text: text)
  }

  /// Names of all types; extensions are none.
  static var types: Set<String> { Set(declarations.filter { !$0.isExtension }.map(\.name)) }

  /// What a type and its extensions hold. `name` may say the target, too: `EnvoyModule/Metrics`.
  static func bodies(of name: String) -> [ArraySlice<Substring>] {
    let parts = name.split(separator: "/").map(String.init)
    return declarations.filter { declaration in
      declaration.name == parts.last
        && (parts.count == 1 || declaration.file.path.hasPrefix("Sources/\(parts[0])/"))
    }.compactMap { $0.file.block(from: $0.line) }
  }

  private struct Declaration: Sendable {
    let name: String
    let isExtension: Bool
    let file: SourceFile
    let line: Int
  }

  private static let keywords: Set<Substring> = [
    "struct", "class", "enum", "actor", "protocol", "typealias", "extension",
  ]

  private static let declarations: [Declaration] = files.filter { $0.path.hasSuffix(".swift") }.flatMap {
    file in
    file.lines.indices.compactMap { index in
      guard !file.lines[index].isComment else { return nil }
      let words = file.lines[index].split(separator: " ")
      guard let keyword = words.firstIndex(where: keywords.contains), keyword + 1 < words.count,
        words[keyword + 1].first?.isUppercase == true
      else { return nil }
      let name = words[keyword + 1].prefix { $0.isLetter || $0.isNumber || $0 == "." }
      return Declaration(
        name: String(name.split(separator: ".").last ?? ""), isExtension: words[keyword] == "extension",
        file: file, line: index)
    }
  }
}

extension Substring {
  var indentation: Int { prefix { $0 == " " }.count }
  var isComment: Bool { drop { $0 == " " }.hasPrefix("//") }
}
