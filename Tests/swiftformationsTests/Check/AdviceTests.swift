import ConfigurationFiles
import Testing
import Transformation

@testable import swiftformations

@Suite("what check advises")
struct AdviceTests {
  private func report(_ text: String, strict: Bool = false) -> CheckReport {
    let file = ConfigurationFile(name: "chat.yaml", bytes: Array(text.utf8))
    #expect(file.configuration != nil, Comment(rawValue: file.report()))
    return CheckReport(file, isStrict: strict, envoy: nil)
  }

  private func notes(_ text: String) -> [Diagnostic] { report(text).own.filter { $0.severity == .note } }

  @Test("a line that is shown hides its secrets")
  func secret() {
    let text = report(#"{"request": {"sett": []}, "secrets": {"g": {"k": "hush-hush"}}}"#).text(colour: false)
    #expect(text.contains("unknown field `sett`"))
    #expect(!text.contains("hush"))
  }

  // MARK: The route

  @Test("a request header that is set does not change the route, which is a note")
  func header() {
    let report = report("request:\n  set: [{ name: X-Model, value: a }]\n")
    #expect(!report.hasFailed)
    #expect(
      report.text(colour: false) == """
        chat.yaml:2:17: note: x-model is set; routes that match it need clearRouteCache
          2 |   set: [{ name: X-Model, value: a }]
            |                 ^^^^^^^
            = request.set[0].name

        """)
  }

  @Test(
    "all that a route may match is in one note",
    arguments: [
      (
        "set: [{ name: ':path', value: /a }, { name: a, value: b }]",
        ":path and a are set; routes that match them"
      ),
      ("add: [{ name: a, value: b }, { name: A, value: c }]", "a is set; routes that match it"),
      (
        "dynamicMetadata: [{ namespace: com.example, key: k, value: { stringValue: v } }]",
        "metadata of com.example is set"
      ),
      (
        "set: [{ name: a, value: x }, { name: b, value: x }, { name: c, value: x }, { name: d, value: x }, "
          + "{ name: e, value: x }]", "a, b, c and 2 more are set"
      ),
    ])
  func several(_ request: String, _ expected: String) {
    let notes = report("transformations:\n  chat: { request: { \(request) } }\n").own
    #expect(notes.count == 1)
    #expect(notes.first?.severity == .note)
    #expect(notes.first?.message.hasPrefix(expected) == true)
    #expect(notes.first?.path.hasPrefix("transformations.chat.request.") == true)
  }

  @Test(
    "what no route can match needs no word",
    arguments: [
      "request: { remove: [x-a] }", "request: { body: { value: a } }",
      "response: { set: [{ name: a, value: b }] }",
      "request: { clearRouteCache: false, set: [{ name: a, value: b }] }",
    ])
  func silent(_ text: String) { #expect(notes(text) == []) }

  @Test("a route that is chosen anew is told with what it means for authorization")
  func chosenAnew() {
    let notes = notes("request: { clearRouteCache: true, set: [{ name: a, value: b }] }")
    #expect(notes.count == 1)
    #expect(notes.first?.severity == .note)
    #expect(notes.first?.location == SourceLocation(line: 1, column: 29))
    #expect(notes.first?.path == "request.clearRouteCache")
    for word in [
      "ext_authz", "rbac", "jwt_authn", "new route's configuration of this filter is not looked at",
    ] {
      #expect(notes.first?.message.contains(word) == true)
    }
  }

  // MARK: Strict

  @Test("notes do not fail, strict or not; warnings fail when strict, and the last line says so")
  func strict() {
    #expect(!report("request: { set: [{ name: a, value: b }] }", strict: true).hasFailed)
    #expect(!report("request: { sett: [] }").hasFailed)
    let strict = report("request: { sett: [], addd: [] }", strict: true)
    #expect(strict.hasFailed)
    #expect(strict.text(colour: false).hasSuffix("\nchat.yaml: 2 warnings, errors with --strict\n"))
    #expect(
      report("{}", strict: true).text(colour: false).hasSuffix(
        "\nchat.yaml: 1 warning, an error with --strict\n"))
  }

  @Test(
    "a key from the environment is to be there",
    arguments: ["authorization", "Proxy-Authorization", "x-api-key", "api-key", "x-goog-api-key"])
  func key(_ header: String) {
    let text = "request:\n  set:\n  - { name: \(header), value: 'Bearer {{ env(\"KEY\") }}' }\n"
    #expect(report(text).own.map(\.severity) == [.note])
    let strict = report(text, strict: true)
    #expect(strict.hasFailed)
    let warning = strict.own.first { $0.severity == .warning }
    #expect(
      warning?.message
        == "where `KEY` is not set, `\(header.lowercased())` goes out without it: `env(\"KEY\", required=true)`"
        + " fails instead")
    #expect(warning?.path == "request.set[0].value")
    #expect(warning?.location.line == 3 && warning?.length == 3)
  }

  @Test(
    "no key, no word",
    arguments: [
      #"{ name: authorization, value: '{{ env("KEY", required=true) }}' }"#,
      #"{ name: authorization, value: '{{ env("KEY", true) }}' }"#,
      #"{ name: authorization, value: '{{ header("x") }}' }"#,
      #"{ name: x-region, value: '{{ env("REGION") }}' }"#,
    ])
  func noKey(_ entry: String) {
    let report = report("request: { clearRouteCache: false, set: [\(entry)] }", strict: true)
    #expect(report.own == [])
  }

  @Test("a key in part, by a variable, or required in one place only")
  func parts() {
    let value = #"{% set k = env(name) %}{{ env("A", required=true) }}{{ k }}{{ env("B", required=false) }}"#
    let text = """
      request: { clearRouteCache: false, body: { parseAs: AsJson }, add: [{ name: api-key, value: '\(value)' }] }
      """
    let messages = report(text, strict: true).own.map(\.message)
    #expect(messages.count == 2)
    #expect(messages.first?.hasPrefix("where the variable is not set") == true)
    #expect(messages.last?.hasPrefix("where `B` is not set") == true)
  }
}
