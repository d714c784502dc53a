import Testing

@testable import Transformation

@Suite("With `as: Json` a body template prints JSON, or nothing is sent")
struct JSONBodyTests {
  private static let original =
    #"{"model":"gpt","n":1.50,"none":null,"heart":"❤️","text":"a\"b\\c\nd","list":["x",2],"o":{"k":"<&'>"}}"#

  /// What the request's body becomes.
  private func render(_ template: String, _ body: String = JSONBodyTests.original) throws -> Outcome {
    let template = template.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    var driver = try Driver(
      #"{"request": {"body": {"parseAs": "AsJson", "as": "Json", "value": "\#(template)"}}}"#)
    return driver.sendRequest(body)
  }

  @Test(
    "values are JSON by themselves",
    arguments: [
      (#"{"m":{{ model }}}"#, #"{"m":"gpt"}"#),
      (
        #"[{{ n }},{{ none }},{{ absent }},{{ heart }},{{ text }},{{ list }},{{ o }}]"#,
        #"[1.50,null,null,"❤️","a\"b\\c\nd",["x",2],{"k":"<&'>"}]"#
      ),
      (#"{{ context() }}"#, Self.original),
      (#"{"whole":{{ body() }}}"#, #"{"whole":"{\"a\":\"b\"}"}"#),
      (
        #"[{{ 1 }},{{ true }},{{ "a" }},{{ "a" ~ n }},{{ list|length }},{{ n > 1 }}]"#,
        #"[1,true,"a","a1.50",2,true]"#
      ),
      (#"{"u":{{ header("x-user") }}}"#, #"{"u":"ann"}"#),
      // What makes JSON already is not made JSON again.
      (#"[{{ o|tojson }},{{ to_json(o) }}]"#, #"[{"k":"\u003c\u0026\u0027\u003e"},{"k":"<&'>"}]"#),
      (#"["my {{ raw_string(text) }}"]"#, #"["my a\"b\\c\nd"]"#),
      (#"{% set x = to_json(o) %}[{{ x }}]"#, #"[{"k":"<&'>"}]"#),
      // Blocks and macros are pieces of the text.
      (#"[{% for x in list %}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}]"#, #"["x",2]"#),
      (
        #"{% macro m(role) %}{"role":{{ role }}}{% endmacro %}[{{ m(model) }},{{ m("a") }}]"#,
        #"[{"role":"gpt"},{"role":"a"}]"#
      ),
      (#"{% set x %}{"a":{{ model }}}{% endset %}[{{ x }}]"#, #"[{"a":"gpt"}]"#),
      (#"["{% autoescape false %}{{ model }}{% endautoescape %}"]"#, #"["gpt"]"#),
      (" 3 ", " 3 "),
    ])
  func values(template: String, expected: String) throws {
    let source = template.contains("body()") ? #"{"a":"b"}"# : Self.original
    let outcome = try render(template, source)
    #expect(outcome.body == expected && outcome.failures == [])
  }

  @Test(
    "what comes of it and is no JSON keeps the old body",
    arguments: [
      #"{"m":"{{ model }}"}"#, #"{{ model }}{{ model }}"#, #"{{ "" }}x"#, #"{% if absent %}{}{% endif %}"#,
      #"[{% for x in list %}{{ x }},{% endfor %}]"#, #"{"a":{{ model }}"#,
      #"{% filter upper %}{{ model }}{% endfilter %},"#,
    ])
  func invalid(template: String) throws {
    let outcome = try render(template)
    #expect(outcome.body == nil && outcome.failures == ["request.body invalid_body"] && outcome.reply == nil)
  }

  @Test("or refuses, as the policy says, and tells what is wrong")
  func refused() throws {
    var driver = try Driver(
      #"""
      {"request": {"body": {"as": "Json", "value": "[\"{{ header('x-user') }}\"]"}, "failurePolicy": {"body": "Reject"}}}
      """#)
    let reply = try #require(driver.sendRequest("old").reply)
    #expect(reply.status == 500)
    #expect(reply.details == "swiftformations{transformation=default,reason=invalid_body}")
    let told = String(decoding: reply.body, as: UTF8.self)
    #expect(told.contains("the new body is not JSON: ") && told.contains(", at byte 3"))
  }

  @Test("a response is made so too, and a body where there was none")
  func response() throws {
    var driver = try Driver(
      #"{"response": {"body": {"as": "Json", "value": "{\"user\":{{ request_header('x-user') }}}"}}}"#)
    _ = driver.sendRequest()
    #expect(driver.sendResponse().body == #"{"user":"ann"}"#)
  }

  @Test("functions and secrets are those of the transformation")
  func secrets() throws {
    var driver = try Driver(
      #"""
      {"secrets": {"a": {"b": "c\"d"}},
       "request": {"body": {"as": "Json", "value": "[{{ secret('a', 'b') }},{{ to_json([1]) }}]"},
                   "set": [{"name": "x-a", "value": "{{ to_json([1])|length }} {{ secret('a', 'b') }}"}]}}
      """#)
    let outcome = driver.sendRequest("old")
    #expect(outcome.body == #"["c\"d",[1]]"# && outcome.changes == [#"x-a=3 c"d"#])
  }

  @Test("a text without values is looked at when it is loaded")
  func constant() throws {
    let text = #"{"request": {"body": {"as": "Json", "value": "{\"a\": b}"}}}"#
    let diagnostics = Configuration.load(json: Array(text.utf8)).diagnostics
    #expect(diagnostics.count == 1 && diagnostics.first?.severity == .error)
    #expect(diagnostics.first?.message.hasPrefix("the new body is not JSON: ") == true)
    var driver = try Driver(text, tolerance: .deferring)
    #expect(driver.sendRequest("old").failures == ["request.body invalid_body"])
  }

  @Test("another kind is an error, and refuses exchanges where it is loaded all the same")
  func unknownKind() throws {
    let text = #"{"request": {"body": {"as": "JSON", "value": "{}"}}}"#
    let diagnostics = Configuration.load(json: Array(text.utf8)).diagnostics
    #expect(diagnostics.map(\.message) == ["`JSON` is not one of Text, Json; did you mean `Json`?"])
    var driver = try Driver(text, tolerance: .deferring)
    #expect(driver.sendRequest("old").reply?.status == 500)
  }

  @Test("as Text a body is what its template says, whatever it looks like")
  func text() throws {
    var driver = try Driver(#"{"request": {"body": {"as": "Text", "value": "{\"{{ header('x-user') }}"}}}"#)
    #expect(driver.sendRequest("old").body == #"{"ann"#)
  }
}
