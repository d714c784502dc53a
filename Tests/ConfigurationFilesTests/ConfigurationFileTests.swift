import Testing
import Transformation

@testable import ConfigurationFiles

@Suite("configuration files")
struct ConfigurationFileTests {
  private func report(_ text: String) -> String {
    ConfigurationFile(name: "chat.yaml", bytes: Array(text.utf8)).report()
  }

  @Test("an error inside a template points into the YAML file")
  func templateError() {
    #expect(
      report(
        """
        transformations:
          chat:
            request:
              set:
              - name: x-model
                value: "a {{ 1 | nosuchfilter }}"
        """
      ).hasPrefix("chat.yaml:6:26: error: "))
  }

  @Test("an error inside a literal block points to its line")
  func blockError() {
    let report = report(
      """
      request:
        body:
          value: |
            {
              "a": {{ 1 | nosuchfilter }}
            }
      """)
    #expect(report.hasPrefix("chat.yaml:5:21: error: "))
    #expect(report.contains("  5 |         \"a\": {{ 1 | nosuchfilter }}\n    |                     ^"))
    #expect(report.hasSuffix("    = request.body.value\n"))
  }

  @Test("all errors and warnings are reported, in the order of the text")
  func all() {
    #expect(
      report(
        """
        request:
          sett: []
          remove: "漢 x"
        response: 7
        """) == """
          chat.yaml:2:3: warning: unknown field `sett` is ignored; did you mean `set`?
            2 |   sett: []
              |   ^^^^
              = request.sett
          chat.yaml:3:11: error: expected a list, found a string
            3 |   remove: "漢 x"
              |           ^
              = request.remove
          chat.yaml:4:11: error: expected an object, found a number
            4 | response: 7
              |           ^
              = response

          """)
  }

  @Test("JSON is read as JSON", arguments: ["", " \n\t", "\u{FEFF}"])
  func json(_ start: String) {
    let file = ConfigurationFile(name: "f", bytes: Array((start + #"{"request": {"remove": ["x-a"]}}"#).utf8))
    #expect(file.configuration?.fallback?.needs.request.headersWritten == ["x-a"])
  }

  @Test(
    "what YAML writes in braces is read as YAML",
    arguments: [
      #"{request: {set: [{name: x, value: "1"}]}}"#,
      "{ # a comment\n  request: { set: [ { name: x, value: 1 } ] } }",
      "\n {'request': {set: [{name: x, value: '1'}]},}",
    ])
  func flowStyle(text: String) throws {
    let file = ConfigurationFile(name: "chat.yaml", bytes: Array(text.utf8))
    #expect(file.diagnostics == [])
    #expect(file.configuration?.fallback?.needs.request.headersWritten == ["x"])
  }

  @Test("a fault in JSON is told with its place")
  func badJSON() {
    let report = ConfigurationFile(name: "f.json", bytes: Array("{\n  \"a\": x}".utf8)).report()
    #expect(report.hasPrefix("f.json:2:8: error: "))
  }

  @Test("bytes that are not UTF-8 are told with their place")
  func notUTF8() {
    let file = ConfigurationFile(name: "f", bytes: Array("a: é\nb: ".utf8) + [0xC3, 0x28])
    #expect(file.configuration == nil)
    #expect(
      file.report()
        == "f:2:4: error: the file is not UTF-8 from here on\n  2 | b: \u{FFFD}(\n    |    ^\n")
  }

  @Test("a file that cannot be read, or is too long, is told by name")
  func unreadable() {
    #expect(
      throws: FileContents.Failure(description: "/no/such: error: cannot be read: No such file or directory")
    ) {
      try ConfigurationFile.load("/no/such")
    }
    #expect(throws: FileContents.Failure(description: "/: error: cannot be read: Is a directory")) {
      try ConfigurationFile.load("/")
    }
    #expect(throws: FileContents.Failure(description: "/dev/zero: error: longer than the limit of 4 MiB")) {
      try ConfigurationFile.load("/dev/zero")
    }
  }
}
