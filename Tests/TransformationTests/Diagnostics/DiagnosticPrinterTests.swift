import Testing

@testable import Transformation

@Suite("diagnostics are printed as compilers do")
struct DiagnosticPrinterTests {
  private func print(
    _ text: String, _ line: Int, _ column: Int, length: Int = 1, path: String = ""
  ) -> String {
    let diagnostic = Diagnostic(
      .error, at: SourceLocation(line: line, column: column), length: length, path: path, "it is wrong")
    return DiagnosticPrinter(file: "f.yaml", text: text).print(diagnostic)
  }

  @Test("with the place, the line, carets and the path")
  func whole() {
    #expect(
      print("a: 1\nvalue: \"{{ a | uper }}\"\n", 2, 16, length: 4, path: "request.set[0].value") == """
        f.yaml:2:16: error: it is wrong
          2 | value: "{{ a | uper }}"
            |                ^^^^
            = request.set[0].value

        """)
  }

  @Test("a warning says so")
  func warning() {
    let diagnostic = Diagnostic(.warning, at: SourceLocation(line: 1, column: 1), path: "", "odd")
    #expect(
      DiagnosticPrinter(file: "f", text: "a").print(diagnostic)
        == "f:1:1: warning: odd\n  1 | a\n    | ^\n")
  }

  @Test("the margin fits the line's number")
  func margin() {
    let text = String(repeating: "\n", count: 99) + "ab"
    #expect(print(text, 100, 2) == "f.yaml:100:2: error: it is wrong\n  100 | ab\n      |  ^\n")
  }

  @Test("a tab before the place is a tab above the caret")
  func tabs() {
    #expect(print("\ta\tb", 1, 4) == "f.yaml:1:4: error: it is wrong\n  1 | \ta\tb\n    | \t \t^\n")
  }

  @Test("a place at the end of the line, or beyond, has its caret there")
  func end() {
    #expect(print("ab", 1, 3) == "f.yaml:1:3: error: it is wrong\n  1 | ab\n    |   ^\n")
    #expect(print("ab\r\n", 1, 99, length: 9) == "f.yaml:1:99: error: it is wrong\n  1 | ab\n    |   ^\n")
  }

  @Test("a place in no line of the text has no excerpt", arguments: [0, 3, .max])
  func noLine(_ line: Int) {
    #expect(print("a\nb", line, 1) == "f.yaml:\(line):1: error: it is wrong\n")
  }

  @Test("a long line is cut around the place")
  func long() {
    let text = String(repeating: "a", count: 500) + "X" + String(repeating: "b", count: 500)
    let lines = print(text, 1, 501).split(separator: "\n")
    #expect(
      lines[1] == "  1 | …" + String(repeating: "a", count: 80) + "X" + String(repeating: "b", count: 79)
        + "…")
    #expect(lines[2] == "    | " + String(repeating: " ", count: 81) + "^")
    #expect(
      print(text, 1, 1).split(separator: "\n")[1] == "  1 | " + String(repeating: "a", count: 160) + "…")
  }

  @Test("control characters do not reach the terminal")
  func control() {
    #expect(print("a\u{1B}[31mb", 1, 2) == "f.yaml:1:2: error: it is wrong\n  1 | a\u{FFFD}[31mb\n    |  ^\n")
  }
}
