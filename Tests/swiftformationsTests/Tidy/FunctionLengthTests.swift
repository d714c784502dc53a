import Testing

/// What does not fit on a screen or two is hard to read.
@Suite("functions and files are short")
struct FunctionLengthTests {
  private static let functionLinesMax = 70
  private static let fileLinesMax = 400
  /// The machine's one switch over all instructions.
  private static let longFunctions: Set<String> = [
    "VM.swift: private mutating func execute() throws(Fault) {"
  ]

  @Test("a function has 70 lines at most")
  func functions() {
    var count = 0
    for file in SourceTree.files where file.path.hasSuffix(".swift") {
      for index in file.lines.indices where isFunction(file.lines[index]) {
        guard let block = file.block(from: index) else { continue }
        count += 1
        let name = "\(file.name): \(file.lines[index].drop { $0 == " " })"
        guard !Self.longFunctions.contains(name) else { continue }
        #expect(block.count <= Self.functionLinesMax, "\(file.path):\(index + 1)")
      }
    }
    #expect(count > 1_500)
  }

  @Test("a file has 400 lines at most")
  func files() {
    for file in SourceTree.files {
      #expect(file.lines.count - 1 <= Self.fileLinesMax, "\(file.path)")
    }
  }

  /// Functions, initializers, subscripts, and properties that are computed over several lines.
  private func isFunction(_ line: Substring) -> Bool {
    let word = line.split(separator: " ").first { word in
      !word.hasPrefix("@") && !Self.modifiers.contains(word.prefix { $0 != "(" })
    }
    guard let word else { return false }
    return ["func", "deinit"].contains(word) || (word == "var" && line.last == "{")
      || ["init(", "init?(", "init<", "subscript(", "subscript<"].contains { word.hasPrefix($0) }
  }

  private static let modifiers: Set<Substring> = [
    "package", "private", "fileprivate", "public", "open", "static", "final", "override", "mutating",
    "nonisolated", "borrowing", "consuming", "convenience", "class", "indirect", "required",
  ]
}
