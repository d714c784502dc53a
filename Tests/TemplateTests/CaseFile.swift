import JSON
import Template
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A template, what it is rendered with, and what must come out.
struct Case: Sendable, CustomTestStringConvertible {
  enum Expected: Sendable {
    /// The output, to the byte.
    case output(String)
    /// The output, without newlines at both ends.
    case trimmedOutput(String)
    /// The whole text of the error.
    case error(String)
    case anyError
  }

  let file: String
  let name: String
  /// JSON text.
  let context: String
  let template: String
  let expected: Expected

  var testDescription: String { "\(file): \(name)" }

  /// Nil when the case passes, else what came out.
  func problem() -> String? {
    let actual = render(template, context, functions: FunctionTable(functions: [getArguments]))
    let failed = actual.hasPrefix("template:")
    switch expected {
    case .output(let text), .error(let text): return actual == text ? nil : actual
    case .trimmedOutput(let text): return actual.trimmingNewlines() == text ? nil : actual
    case .anyError: return failed ? nil : actual
    }
  }
}

/// Reads files of cases.
enum CaseFile {
  /// A text file:
  /// ```
  /// --- context
  /// {"name": "World"}
  ///
  /// === what the case shows
  /// Hello {{ name }}!
  /// ---
  /// Hello World!
  ///
  /// === what fails
  /// {{ name | uper }}
  /// --- error
  /// template:1:11: …
  /// ```
  /// The context is for the cases behind it. The blank line before the next case is no part of the expected text.
  static func cases(ofText text: String, file: String) -> [Case] {
    enum Part { case nothing, context, template, expected }
    var cases: [Case] = []
    var part = Part.nothing
    var (name, context, isError) = ("", "{}", false)
    var (template, expected): ([String], [String]) = ([], [])

    func finish() {
      guard part == .expected else { return }
      if expected.last == "" { expected.removeLast() }
      let text = expected.joined(separator: "\n")
      cases.append(
        Case(
          file: file, name: name, context: context, template: template.joined(separator: "\n"),
          expected: isError ? .error(text) : .output(text)))
    }

    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line == "--- context" {
        finish()
        part = .context
      } else if line.hasPrefix("=== ") {
        finish()
        (part, name, template, expected) = (.template, String(line.dropFirst(4)), [], [])
      } else if part == .template, line == "---" || line == "--- error" {
        (part, isError) = (.expected, line == "--- error")
      } else {
        switch part {
        case .nothing: continue
        case .context: if !line.isEmpty { context = line }
        case .template: template.append(line)
        case .expected: expected.append(line)
        }
      }
    }
    finish()
    return cases
  }

  /// A file with a JSON object on each line: `name`, `context`, `template`, `expected` (without newlines at both ends),
  /// `error` (true when compiling or rendering must fail).
  static func cases(ofJSONLines text: String, file: String) throws -> [Case] {
    try text.split(separator: "\n").map { line in
      let object = try JSONDocument.index(owning: Array(line.utf8)).root
      func string(_ key: String) -> String {
        String(decoding: object.member(key)?.string ?? [], as: UTF8.self)
      }
      let mustFail = object.member("error")?.kind == .true
      return Case(
        file: file, name: string("name"),
        context: object.member("context").map { String(decoding: $0.source, as: UTF8.self) } ?? "{}",
        template: string("template"), expected: mustFail ? .anyError : .trimmedOutput(string("expected")))
    }
  }

  /// Every case of the files in `Cases`, in the order of their names.
  static let ours: [Case] = {
    let folder = parent(of: #filePath) + "/Cases"
    return files(in: folder).flatMap { name in
      cases(ofText: contents(of: folder + "/" + name) ?? "", file: name)
    }
  }()

  static func files(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".txt") { names.append(name) }
    }
    return names.sorted()
  }

  static func contents(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func parent(of path: String) -> String {
    path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  }
}

extension String {
  func trimmingNewlines() -> String {
    let utf8 = Array(self.utf8)
    let trimmed = utf8.drop { $0 == 0x0A }.reversed().drop { $0 == 0x0A }.reversed()
    return String(decoding: trimmed, as: UTF8.self)
  }
}
