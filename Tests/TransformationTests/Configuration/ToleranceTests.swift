import Testing

@testable import Transformation

@Suite("A configuration for a control plane, which is loaded with what could only fail")
struct ToleranceTests {
  /// Where the Rust filter reads it, too, and what of it fails there.
  static let loadable = [
    #"{"request": {"set": [{"name": "x-a", "value": "{{ model }}"}]}}"#,
    #"{"request": {"set": [{"name": "x-a", "value": "{{ context() }}"}]}}"#,
    #"{"response": {"body": {"value": "{{ model }}"}}}"#,
    #"{"request": {"set": [{"name": "x-a", "value": "{{ nope() }}"}]}}"#,
    #"{"request": {"set": [{"name": "x-a", "value": "{{ 1 | nope }}"}]}}"#,
    #"{"request": {"set": [{"name": "x-a", "value": "{{ 1 is nope }}"}]}}"#,
    #"{"request": {"set": [{"name": "x-a", "value": "{{ substring() }}"}]}}"#,
    #"{"request": {"set": [{"name": "x-a", "value": "{% include 'other' %}"}]}}"#,
    #"{"request": {"set": [{"name": "x-a", "value": "{{ secret('a', 'b') }}"}]}}"#,
    #"{"request": {"set": [{"name": "a b", "value": "c"}]}}"#,
    #"{"request": {"set": [{"name": "", "value": "c"}]}}"#,
    #"{"request": {"add": [{"name": "x-ä", "value": "c"}]}}"#,
    #"{"request": {"remove": ["a b"]}}"#,
    #"{"request": {"set": [{"name": "content-length", "value": "1"}]}}"#,
    #"{"request": {"set": [{"name": "Transfer-Encoding", "value": ""}]}}"#,
    #"{"request": {"set": [{"name": ":status", "value": "200"}]}}"#,
    #"{"request": {"add": [{"name": ":path", "value": "/"}]}}"#,
    #"{"request": {"set": [{"name": ":path", "value": "no path"}]}}"#,
    #"{"request": {"set": [{"name": "x-a", "value": "a\nb"}]}}"#,
    #"{"request": {"dynamicMetadata": [{"namespace": "n", "key": "k", "value": {}}]}}"#,
    #"{"request": {"dynamicMetadata": [{"namespace": "n", "key": "k", "value": {"stringValue": null}}]}}"#,
    #"{"request": {"dynamicMetadata": [{"namespace": "", "key": "k", "value": {"stringValue": "a"}}]}}"#,
    #"{"request": {"dynamicMetadata": [{"namespace": "n", "key": "\u0000", "value": {"stringValue": "a"}}]}}"#,
    #"{"request": {}, "routes": {"a": "b"}}"#,
    #"{"transformations": {"a": {}}, "routes": {"r": "b"}}"#,
    #"{"transformations": {"a b": {}}}"#,
    #"{"limits": {"steps": 0}}"#,
    #"{"limits": 1}"#,
    #"{"request": {"failurePolicy": {"status": 200}}}"#,
    #"{"response": {"failurePolicy": {"header": "Explode"}}}"#,
    #"{"response": {"failurePolicy": []}}"#,
  ]

  @Test("is loaded, with the same errors as when it is refused", arguments: loadable)
  func loads(json: String) throws {
    let strict = Configuration.load(json: Array(json.utf8))
    let deferring = Configuration.load(json: Array(json.utf8), tolerance: .deferring)
    #expect(strict.configuration == nil)
    #expect(deferring.configuration != nil, "\(deferring.diagnostics)")
    #expect(strict.diagnostics == deferring.diagnostics)
    #expect(deferring.diagnostics.contains { $0.severity == .error })
  }

  @Test(
    "but not what does not parse",
    arguments: [
      #"{"request": "#, "[]", #"{"request": []}"#, #"{"request": {"set": {}}}"#,
      #"{"request": {"set": [{"value": "a"}]}}"#, #"{"request": {"set": [{"name": 1, "value": "a"}]}}"#,
      #"{"request": {"set": [{"name": "a", "value": {}}]}}"#, #"{"request": {"set": [], "set": []}}"#,
      #"{"request": {"set": [{"name": "a", "value": "{{ a"}]}}"#,
      #"{"request": {"set": [{"name": "a", "value": "{% nope %}"}]}}"#,
      #"{"request": {"body": {"parseAs": "AsXml"}}}"#, #"{"request": {"body": {"value": []}}}"#,
      #"{"request": {"dynamicMetadata": [{"namespace": "n", "key": "k"}]}}"#,
      #"{"request": {"dynamicMetadata": [{"namespace": "n", "key": "k", "value": []}]}}"#,
      #"{"request": {"dynamicMetadata": [{"namespace": "n", "key": "k", "value": {"stringValue": []}}]}}"#,
      #"{"secrets": []}"#, #"{"secrets": {"a": "b"}}"#, #"{"secrets": {"a": {"b": null}}}"#,
    ])
  func refused(json: String) {
    #expect(Configuration.load(json: Array(json.utf8), tolerance: .deferring).configuration == nil)
  }

  @Test("fields that nobody knows may be there twice, as in any JSON")
  func unknownTwice() throws {
    #expect(try loaded(#"{"a": 1, "a": 2, "request": {"b": 1, "b": 1}}"#).fallback != nil)
  }

  private func request(_ json: String, _ body: String? = nil) throws -> Outcome {
    var driver = try Driver(json, tolerance: .deferring)
    return driver.sendRequest(body)
  }

  private func setting(_ template: String, policy: String = "{}") -> String {
    #"""
    {"request": {"set": [{"name": "x-a", "value": "\#(template)"}, {"name": "x-b", "value": "b"}],
                 "failurePolicy": \#(policy)}}
    """#
  }

  @Test("a template that can only fail fails as one whose rendering failed")
  func template() throws {
    let removed = try request(setting("{{ header('x-user') | nope }}"))
    #expect(removed.changes == ["-x-a", "x-b=b"] && removed.failures == ["request.set[0] rendering_failed"])
    let kept = try request(setting("{{ nope() }}", policy: #"{"header": "Keep"}"#))
    #expect(kept.changes == ["x-b=b"] && kept.failures == ["request.set[0] rendering_failed"])
    let refused = try request(setting("{{ nope() }}", policy: #"{"header": "Reject", "status": 422}"#))
    #expect(refused.reply?.status == 422)
    #expect(refused.reply?.details == "swiftformations{transformation=default,reason=rendering_failed}")
    let told = String(decoding: try #require(refused.reply).body, as: UTF8.self)
    #expect(told.contains("column 4: unknown function `nope`"))
  }

  @Test("a template of the body keeps the body, or refuses")
  func bodyTemplate() throws {
    let kept = try request(#"{"request": {"body": {"value": "{{ nope() }}"}}}"#, "old")
    #expect(kept.body == nil && kept.reply == nil && kept.failures == ["request.body rendering_failed"])
    let refused = try request(
      #"{"request": {"body": {"value": "{{ nope() }}"}, "failurePolicy": {"body": "Reject"}}}"#, "old")
    #expect(refused.reply?.status == 500)
  }

  @Test(
    "a template that names a JSON field while nothing is parsed answers 400, whatever else is in it",
    arguments: [
      "{{ model }}", "{{ model | default('none') }}", "{% if header('x-none') %}{{ model }}{% endif %}",
      "{{ context() }}{{ model }}",
    ])
  func unparsedField(template: String) throws {
    let refused = try request(setting(template))
    #expect(refused.reply?.status == 400)
    #expect(refused.failures == ["request.set[0] no_json_body"])
    var driver = try Driver(
      #"{"response": {"body": {"value": "\#(template)"}}}"#, tolerance: .deferring)
    #expect(driver.sendResponse("{}").reply?.status == 400)
  }

  @Test("context() without a parsed body is a rendering that fails, as it gives nothing in the Rust filter")
  func unparsedContext() throws {
    let outcome = try request(setting("{{ context() }}"))
    #expect(outcome.changes == ["-x-a", "x-b=b"] && outcome.failures == ["request.set[0] rendering_failed"])
  }

  @Test(
    "a header that cannot be written is left alone",
    arguments: [
      #""set": [{"name": "a b", "value": "c"}]"#, #""set": [{"name": "content-length", "value": "7"}]"#,
      #""set": [{"name": "content-length", "value": ""}]"#, #""add": [{"name": ":path", "value": "/"}]"#,
      #""set": [{"name": ":status", "value": "200"}]"#, #""remove": ["a b"]"#,
      #""dynamicMetadata": [{"namespace": "n", "key": "k", "value": {}}]"#,
      #""dynamicMetadata": [{"namespace": "n", "key": "", "value": "v"}]"#,
    ])
  func header(rule: String) throws {
    let place = rule.drop { $0 == "\"" }.prefix { $0 != "\"" }
    let kept = try request(#"{"request": {\#(rule)}, "response": {"remove": ["x"]}}"#)
    #expect(kept.changes.isEmpty && kept.metadata.isEmpty && kept.reply == nil)
    #expect(kept.failures == ["request.\(place)[0] faulty_configuration"])
    let refused = try request(#"{"request": {\#(rule), "failurePolicy": {"header": "Reject"}}}"#)
    #expect(refused.reply?.status == 500)
    #expect(try #require(refused.reply).details.contains("reason=faulty_configuration"))
  }

  @Test("a value that no header can carry is found in each exchange")
  func value() throws {
    let outcome = try request(setting(#"a\nb"#))
    #expect(outcome.changes == ["-x-a", "x-b=b"])
    #expect(outcome.failures == ["request.set[0] invalid_header_value"])
  }

  @Test(
    "what the Rust filter does not know, and so would load, refuses all exchanges before anything is collected"
  )
  func unknownPolicy() throws {
    let refused = try request(
      #"{"request": {"body": {"parseAs": "AsJson"}, "failurePolicy": {"header": "Explode"}}}"#, "{}")
    #expect(refused.reply?.status == 500 && !refused.awaitsBody)
    #expect(refused.failures == ["request.failurePolicy faulty_configuration"])
    let file = try loaded(
      #"{"transformations": {"default": {}, "b": {}}, "routes": {"r": "c", "s": "b"}}"#,
      tolerance: .deferring)
    let route = try #require(file.routes["r"])
    #expect(route.needs.request.headers && !route.needs.request.body)
    var exchange = Exchange(route)
    var mutations = Mutations()
    let action = exchange.headers(.request, MessageSource([]), endOfStream: true, into: &mutations)
    #expect(Outcome(action, mutations).reply?.status == 500)
    #expect(file.routes["s"]?.needs.isNothing == true && file.fallback?.needs.isNothing == true)
  }

  @Test("`request` and `response` count where `transformations` stand beside them, as in the Rust filter")
  func both() throws {
    let outcome = try request(
      #"{"request": {"set": [{"name": "x-a", "value": "b"}]}, "transformations": {"default": {}}}"#)
    #expect(outcome.changes == ["x-a=b"])
  }

  @Test("what is right beside what is wrong is done")
  func others() throws {
    let outcome = try request(
      #"""
      {"request": {"set": [{"name": "x-a", "value": "a"}, {"name": "b c", "value": "b"}],
                   "add": [{"name": "x-d", "value": "{{ header('x-user') }}"}],
                   "dynamicMetadata": [{"namespace": "n", "key": "k", "value": {}},
                                       {"namespace": "n", "key": "l", "value": {"stringValue": "v"}}]}}
      """#)
    #expect(outcome.changes == ["x-a=a", "x-d+=ann"] && outcome.metadata == ["n/l=v"])
    #expect(
      outcome.failures == [
        "request.set[1] faulty_configuration", "request.dynamicMetadata[0] faulty_configuration",
      ])
  }
}
