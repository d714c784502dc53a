import Testing

@testable import Transformation

@Suite("Secrets of a configuration")
struct SecretTests {
  private static let configuration = #"""
    {"secrets": {"provider": {"token": "s3cret\"é", "n": 12}},
     "request": {"set": [{"name": "authorization", "value": "Bearer {{ secret('provider', 'token') }}"},
                         {"name": "x-n", "value": "{{ secret('provider', 'n') }}"},
                         {"name": "x-key", "value": "{{ secret(header('x-group'), 'n') }}"}]}}
    """#

  @Test("are read by group and key")
  func read() throws {
    var driver = try Driver(Self.configuration, request: [(":path", "/"), ("x-group", "provider")])
    let outcome = driver.sendRequest()
    #expect(outcome.changes == ["authorization=Bearer s3cret\"é", "x-n=12", "x-key=12"])
  }

  @Test("that are not there are found when the configuration is loaded, or fail the rendering")
  func absent() throws {
    func found(_ call: String) -> [String] {
      diagnostics(
        #"{"secrets": {"a": {"key": "v"}}, "request": {"set": [{"name": "x", "value": "{{ \#(call) }}"}]}}"#)
    }
    #expect(found("secret('b', 'key')")[0].hasSuffix("`secrets` has no `b`; did you mean `a`?"))
    let twice = #"{"request": {}, "secrets": {"a": {"k": "1", "k": "2"}, "a": {}}}"#
    #expect(
      Configuration.load(json: Array(twice.utf8)).diagnostics.map(\.message) == [
        "the field `k` is given twice, first in line 1; keep one",
        "the field `a` is given twice, first in line 1; keep one",
      ])
    #expect(found("secret('a', 'kex')")[0].hasSuffix("`secrets.a` has no `kex`; did you mean `key`?"))
    #expect(found("secret('b', header('x'))").count == 1)
    #expect(found("secret('a', 'key')").isEmpty)
    var driver = try Driver(Self.configuration, request: [(":path", "/"), ("x-group", "Provider")])
    #expect(driver.sendRequest().failures == ["request.set[2] rendering_failed"])
  }

  @Test("of a file are those of its transformations, whose own go before")
  func shared() throws {
    let configuration = try loaded(
      #"""
      {"secrets": {"a": {"k": "file", "l": "shared"}},
       "transformations": {"default": {"secrets": {"a": {"k": "own"}}, "request": {"set": [
         {"name": "x", "value": "{{ secret('a', 'k') }} {{ secret('a', 'l') }}"}]}}}}
      """#)
    var exchange = Exchange(try #require(configuration.fallback))
    var mutations = Mutations()
    let action = exchange.headers(.request, MessageSource([]), endOfStream: true, into: &mutations)
    #expect(Outcome(action, mutations).changes == ["x=own shared"])
  }

  @Test("are masks where their values are not asked for")
  func masked() throws {
    let node = try ConfigurationNode.json(Array(Self.configuration.utf8))
    let configuration = try #require(Configuration.load(node, secrets: .masks).configuration)
    var exchange = Exchange(try #require(configuration.fallback))
    var mutations = Mutations()
    let action = exchange.headers(.request, MessageSource([]), endOfStream: true, into: &mutations)
    #expect(Outcome(action, mutations).changes.first == "authorization=Bearer ***")
  }

  @Test("do not come into messages")
  func messages() throws {
    var driver = try Driver(
      #"""
      {"secrets": {"a": {"k": "s3cret"}},
       "request": {"set": [{"name": "x", "value": "{{ regex_capture('a', header('x-re'), secret('a', 'k')) }}"}]}}
      """#, request: [(":path", "/"), ("x-re", "a")])
    var mutations = Mutations()
    _ = driver.exchange.headers(.request, driver.request, endOfStream: true, into: &mutations)
    let message = try #require(mutations.failures.first).message
    #expect(message.contains("***") && !message.contains("s3cret"), "\(message)")
  }

  @Test(
    "are not shown with an error in the same line",
    arguments: [
      #"{"secrets": {"a": {"k": "VALUE"}}, "request": {"set": [{"name": "x", "value": "{{ b | upper"}]}}"#,
      #"{"secrets": {"a": {"k": "VALUE"}}, "request": {"set": [{"name": "x", "#,
      #"{"secrets": {"a": {"k": "VALUE\u00e9\"\\VALUE"}, "b": "VALUE"}, "request": []}"#,
      #"{"transformations": {"t": {"secrets": {"a": {"k": "VALUE", "l": ["VALUE"]}}, "request": []}}}"#,
    ])
  func excerpts(json: String) {
    let bytes = Array(json.utf8)
    let printer = DiagnosticPrinter(file: "f", text: json, secrets: SecretPlaces(json: bytes))
    let found = Configuration.load(json: bytes).diagnostics
    #expect(!found.isEmpty)
    for diagnostic in found { #expect(!printer.print(diagnostic).contains("VALUE"), "\(diagnostic)") }
  }

  @Test("leave the rest of an excerpt as it is")
  func excerpt() {
    let json = #"{"secrets": {"a": {"k": "abc"}}, "request": []}"#
    let printer = DiagnosticPrinter(file: "f", text: json, secrets: SecretPlaces(json: Array(json.utf8)))
    let diagnostic = Configuration.load(json: Array(json.utf8)).diagnostics[0]
    #expect(printer.print(diagnostic).contains(#"{"secrets": {"a": {"k": ****"}}, "request": []}"#))
  }
}
