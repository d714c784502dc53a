import Testing

@testable import Transformation

/// The faults of the filter whose configuration we take; none may come back here.
@Suite("Known faults of the Rust filter")
struct KnownFaultTests {
  @Test("1: replace_with_random with constant arguments is fresh for every request")
  func randomIsFresh() throws {
    var values: Set<String> = []
    for _ in 0..<20 { values.insert(try rendered("{{ replace_with_random('a-x', 'x') }}")) }
    #expect(values.count == 20)
    #expect(values.allSatisfy { $0.hasPrefix("a-") && $0.utf8.count == 24 })
  }

  @Test(
    "2: a JSON field named like a function does not break the function",
    arguments: [
      "context", "env", "body", "header", "request_header", "substring",
    ])
  func fieldNamedLikeFunction(name: String) throws {
    let body = #"{"\#(name)":"field","model":"m"}"#
    #expect(
      try rendered("{{ header('x-user') }} {{ context().model }}", body: body, parseAs: "AsJson") == "ann m")
    #expect(try rendered("{{ \(name) }}", body: body, parseAs: "AsJson") == "field")
  }

  @Test(
    "3: substring cuts between characters, and no number is too large",
    arguments: [
      ("substring('häß', 1, 1)", "ä"), ("substring('häß', 2)", "ß"), ("substring('abc', 9)", "(removed)"),
      ("substring('abc', 1, 9223372036854775807)", "bc"),
      ("substring('abc', 9223372036854775807, 9)", "(removed)"),
      ("substring('a😀b', 1, 1)", "😀"), ("substring('abc', 1, 0)", "bc"), ("substring('abc', 1, -1)", "bc"),
      ("substring('abc', header('x-none')|length - 1)", "failure: request.set[0] rendering_failed"),
    ])
  func substring(call: String, expected: String) throws {
    #expect(try rendered("{{ \(call) }}") == expected)
  }

  @Test("5: a body is not collected when no template reads it")
  func noNeedlessBuffering() throws {
    let needs = try #require(
      loaded(#"{"response":{"set":[{"name":"x-a","value":"{{ header('b') }}"}]}}"#).fallback
    ).needs
    #expect(!needs.request.body)
    #expect(!needs.response.body)
    #expect(!needs.request.headers)
  }

  @Test("6: headers are looked up, not copied, and a repeated header keeps all its values")
  func lookups() throws {
    var driver = try Driver(setting("{{ header('x-many') }}"))
    #expect(driver.sendRequest().changes == ["x-out=one,two"])
    #expect(Set(driver.request.lookups).isSubset(of: [":method", "upgrade", "x-many"]))
  }

  @Test("6: the values of a repeated cookie header are joined as cookies")
  func cookies() throws {
    #expect(
      try rendered("{{ header('cookie') }}", request: [("cookie", "a=1"), ("cookie", "b=2")]) == "a=1; b=2")
  }

  @Test("7: JSON keeps the order of its keys and the spelling of its numbers")
  func orderAndSpelling() throws {
    let body = #"{"z":1.0,"a":12345678901234567890123,"m":[1e2,{"y":0.10,"b":-0}]}"#
    #expect(try rendered("{{ context() | tojson }}", body: body, parseAs: "AsJson") == body)
    #expect(try rendered("{{ z }} {{ a }}", body: body, parseAs: "AsJson") == "1.0 12345678901234567890123")
  }

  @Test("8: a list is indexed with a dot and a number too")
  func dottedIndex() throws {
    #expect(
      try rendered("{{ messages.0.role }}", body: #"{"messages":[{"role":"user"}]}"#, parseAs: "AsJson")
        == "user")
  }

  @Test("9: `add` appends a value, and the header keeps those it had")
  func addAppends() throws {
    var driver = try Driver(#"{"request":{"add":[{"name":"x-many","value":"three"}]}}"#)
    #expect(driver.sendRequest().changes == ["x-many+=three"])
  }
}
