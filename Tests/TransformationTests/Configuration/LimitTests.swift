import Testing

@testable import Transformation

@Suite("Limits in a configuration")
struct ConfiguredLimitTests {
  /// What goes wrong when the only header of a configuration with these limits is rendered; nil when nothing does.
  private func failure(_ limits: String, _ template: String) throws -> String? {
    let document = setting(template)
    return try failure(inDocument: #"{"limits": \#(limits), "# + document.dropFirst())
  }

  private func failure(inDocument document: String, _ name: String = "default") throws -> String? {
    var exchange = Exchange(try #require(loaded(document).transformations[name]))
    var mutations = Mutations()
    _ = exchange.headers(.request, MessageSource([]), endOfStream: true, into: &mutations)
    let failure = mutations.failures.first
    #expect(failure == nil || failure?.reason == .limit)
    return failure?.message
  }

  @Test(
    "each can be lowered, and its error names it",
    arguments: [
      ("steps", "100", "{% for x in range(1000) %}{% endfor %}", "the rendering took more than 100 steps"),
      ("outputBytes", "10", "{{ 'a' * 11 }}", "the output is longer than 10 bytes"),
      ("stringBytes", "10", "{{ ('a' * 11)|length }}", "a string may have 10 bytes at most"),
      ("stringBytes", "10", "{{ 'aaaaaa&'|escape|length }}", "a string may have 10 bytes at most"),
      ("stringBytes", "10", "{{ to_json('0123456789') }}", "a string may have 10 bytes at most"),
      ("stringBytes", "10", "{{ regex_replace('aaaa', 'a', 'bbbb') }}", "a string may have 10 bytes at most"),
      (
        "stringBytes", "10", "{{ replace_with_string('aaaa', 'a', 'bbbb') }}",
        "a string may have 10 bytes at most"
      ),
      ("rangeElements", "10", "{{ range(11)|length }}", "`range` has 10 elements at most"),
      (
        "recursion", "3", "{% macro m(n) %}{{ m(n - 1) if n }}{% endmacro %}{{ m(3) }}",
        "nested more than 3 deep"
      ),
    ])
  func lowered(_ name: String, _ value: String, _ template: String, _ expected: String) throws {
    let message = try #require(try failure(#"{"\#(name)": \#(value)}"#, template))
    #expect(message.contains(expected))
    #expect(message.hasSuffix("(limits.\(name))"))
    #expect(try failure("{}", template) == nil)
  }

  @Test("what was rendered before does not count")
  func eachRendering() throws {
    let document = #"""
      {"limits": {"stringBytes": 10, "outputBytes": 10}, "request": {"set": [
        {"name": "x-a", "value": "{{ 'a' * 10 }}"}, {"name": "x-b", "value": "{{ to_json('bbbbbbbb') }}"}]}}
      """#
    #expect(try failure(inDocument: document) == nil)
  }

  @Test("steps, ranges and recursion can be raised")
  func raised() throws {
    let loop = "{% for x in range(150000) %}{% endfor %}ok"
    #expect(try failure("{}", loop)?.contains("limits.rangeElements") == true)
    #expect(try failure(#"{"rangeElements": 150000}"#, loop) == nil)
    let macro = "{% macro m(n) %}{{ m(n - 1) if n }}{% endmacro %}{{ m(600) }}ok"
    #expect(try failure("{}", macro)?.contains("limits.recursion") == true)
    #expect(try failure(#"{"recursion": 10000}"#, macro) == nil)
  }

  @Test("those of the file hold for all transformations, and each can say otherwise")
  func levels() throws {
    let header = #""request": {"set": [{"name": "x", "value": "{{ range(20)|length }}"}]}"#
    let document = #"""
      {"limits": {"rangeElements": 10, "steps": 1000}, "transformations": {
        "small": {\#(header)}, "large": {"limits": {"rangeElements": 20}, \#(header)}}}
      """#
    #expect(
      try failure(inDocument: document, "small")?.hasSuffix("10 elements at most (limits.rangeElements)")
        == true)
    #expect(try failure(inDocument: document, "large") == nil)
  }

  @Test(
    "what cannot be borne is refused",
    arguments: [
      ("steps", 1_000_000_000), ("outputBytes", 64 << 20), ("stringBytes", 64 << 20),
      ("rangeElements", 1_000_000),
      ("recursion", 10_000),
    ])
  func refused(_ name: String, _ most: Int) {
    for value in ["0", "-1", "1.5", "\"10\"", "true", "[]", String(most + 1), "99999999999999999999999999"] {
      #expect(
        diagnostics(#"{"limits": {"\#(name)": \#(value)}, "request": {}}"#) == [
          "1:\(17 + name.count) error limits.\(name): expected a whole number from 1 to \(most)"
        ])
    }
    #expect(diagnostics(#"{"limits": {"\#(name)": \#(most)}, "request": {}}"#).isEmpty)
  }

  @Test("an unknown one is named")
  func unknown() {
    #expect(
      diagnostics(#"{"limits": {"stepps": 1}, "request": {}}"#) == [
        "1:13 warning limits.stepps: unknown field `stepps` is ignored; did you mean `steps`?"
      ])
    #expect(diagnostics(#"{"limits": 5}"#) == ["1:12 error limits: expected an object, found a number"])
  }
}
