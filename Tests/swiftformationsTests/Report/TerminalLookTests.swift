import Testing
import Transformation

@testable import swiftformations

@Suite("diagnostics on a terminal")
struct TerminalLookTests {
  private func print(
    _ text: String, _ line: Int, _ column: Int, length: Int = 1, path: String = "", colour: Bool = false
  ) -> String {
    let diagnostic = Diagnostic(
      .error, at: SourceLocation(line: line, column: column), length: length, path: path, "it is wrong")
    return DiagnosticPrinter(file: "f.yaml", text: text, look: .terminal(colour: colour)).print(diagnostic)
  }

  @Test("wide characters take two columns, combining ones none")
  func wide() {
    #expect(print("漢字 x", 1, 4) == "f.yaml:1:4: error: it is wrong\n  1 | 漢字 x\n    |      ^\n")
    #expect(print("漢字", 1, 1, length: 2) == "f.yaml:1:1: error: it is wrong\n  1 | 漢字\n    | ^^^^\n")
    #expect(print("e\u{301}😀x", 1, 4) == "f.yaml:1:4: error: it is wrong\n  1 | e\u{301}😀x\n    |    ^\n")
  }

  @Test("in colour the text is the same")
  func colours() {
    let coloured = print("a: b", 1, 4, path: "a", colour: true)
    #expect(coloured.contains("\u{1B}[31merror:\u{1B}[0m"))
    #expect(coloured.replacing(/\u{1B}\[\d+m/, with: "") == print("a: b", 1, 4, path: "a"))
  }
}
