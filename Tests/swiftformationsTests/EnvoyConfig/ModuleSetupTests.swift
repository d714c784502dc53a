import ConfigurationFiles
import Testing
import Transformation

@testable import swiftformations

@Suite("envoy-config prints the dynamic module's filter")
struct ModuleSetupTests {
  private func setup(_ text: String, _ name: String? = nil) throws -> ModuleSetup {
    let file = ConfigurationFile(name: "chat.yaml", bytes: Array(text.utf8))
    let configuration = try #require(file.configuration, Comment(rawValue: file.report()))
    return try #require(ModuleSetup(file, for: try name.map { try configuration.transformation($0) }))
  }

  @Test("the filter for a file of two transformations and a route")
  func fragments() throws { try Golden.expect("module.yaml", try setup(Fixture.chat).fragments) }

  @Test("the pieces for one transformation")
  func fragmentsForOne() throws {
    try Golden.expect("module-one-transformation.yaml", try setup(Fixture.chat, "chat").fragments)
  }

  @Test("a whole bootstrap")
  func bootstrap() throws {
    try Golden.expect(
      "module-bootstrap.yaml",
      try setup(Fixture.chat, "chat").bootstrap(
        listen: HostAndPort(host: "127.0.0.1", port: 10000),
        upstream: HostAndPort(host: "localhost", port: 8080)))
  }

  @Test("a route gets the file's limits and secrets, and its own before them")
  func shared() throws {
    let text = try setup(
      """
      limits: { steps: 1, recursion: 2 }
      secrets: { a: { k: file, l: shared } }
      transformations: { chat: { secrets: { a: { k: own } }, limits: { steps: 3 } } }
      """, "chat"
    ).fragments
    let values = text.split(whereSeparator: \.isWhitespace).joined()
    #expect(
      values.contains(#"{"secrets":{"a":{"l":"shared","k":"own"}},"limits":{"recursion":2,"steps":3}}"#))
  }

  @Test("a file of one transformation without a name goes to the route whole")
  func unnamed() throws {
    let text = try setup("request: { remove: [x] }", "default").fragments
    #expect(text.contains("      value: |-\n        {}\n---"))
    #expect(
      text.hasSuffix(
        "      value: |-\n        {\n          \"request\": {\n            \"remove\": [\"x\"]\n          }\n        }\n"
      ))
  }

  // MARK: JSON

  @Test("YAML becomes JSON that says the same")
  func json() throws {
    let yaml = #"""
      # A comment goes.
      request:
        set:
        - { name: x-a, value: 1.10 }
        - { name: x-b, value: "a\"b\\c\u2028\u0085\te\x01é🦀" }
        - name: x-c
          value: |
            two
            lines
        other: [true, null, ~, [], {}]
      """#
    let json = try #require(ConfigurationFile(name: "a", bytes: Array(yaml.utf8)).node).jsonText
    #expect(
      json == #"""
        {
          "request": {
            "set": [
              {"name": "x-a", "value": 1.10},
              {"name": "x-b", "value": "a\"b\\c\u2028\u0085\te\u0001é🦀"},
              {"name": "x-c", "value": "two\nlines\n"}
            ],
            "other": [
              true,
              null,
              null,
              [],
              {}
            ]
          }
        }
        """#)
    // Reading it and printing it again changes nothing.
    #expect(ConfigurationFile(name: "a", bytes: Array(json.utf8)).node?.jsonText == json)
  }
}
