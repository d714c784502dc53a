import Testing

@testable import Transformation

@Suite("Names of routes with `*` in them")
struct RoutePatternTests {
  private func chosen(_ routes: String, _ name: String) throws -> String? {
    let configuration = try loaded(
      #"{"transformations": {"default": {}, "a": {}, "b": {}, "c": {}}, "routes": {\#(routes)}}"#)
    let found = Array(name.utf8).withUnsafeBytes { name in configuration.transformation { name }?.name }
    #expect((configuration.transformation(routeNamed: name)?.name ?? "default") == found)
    return found
  }

  @Test(
    "stand for any characters, or none",
    arguments: [
      ("chat-*", "chat-1", true), ("chat-*", "chat-", true), ("chat-*", "chat", false),
      ("chat-*", "a-chat-1", false),
      ("*-chat", "my-chat", true), ("*-chat", "-chat", true), ("*-chat", "chat", false),
      ("*-chat", "my-chat-", false),
      ("*", "", true), ("*", "any/thing", true), ("**", "x", true), ("a*b", "ab", true), ("a*b", "a", false),
      ("aa*aa", "aaa", false), ("aa*aa", "aaaa", true), ("a*b*c", "a1b2c", true), ("a*b*c", "acb", false),
      ("a*b*b", "ab", false), ("a*b*b", "abb", true), ("*ab*ab*", "xabab", true), ("*ab*ab*", "xaba", false),
      ("*aab*", "aaab", true), ("httproute/*/rule/0/*", "httproute/ns/n/rule/0/match/0/h", true),
      ("*-httproute-chat-llm-*", "listener~80~h-route-0-httproute-chat-llm-0-0-matcher-0", true),
      ("é*", "é1", true), ("a.c*", "abc", false), ("A*", "ab", false),
    ])
  func matching(pattern: String, name: String, matches: Bool) throws {
    #expect(try chosen("\"\(pattern)\": \"a\"", name) == (matches ? "a" : "default"))
  }

  @Test("the whole name goes first, then what says most, then what comes first")
  func order() throws {
    let routes =
      #""*": "c", "chat-*": "b", "chat-1": "a", "*-1": "c", "chat-1*": "c", "*chat-2": "a", "chat-2*": "b""#
    #expect(try chosen(routes, "chat-1") == "a")
    #expect(try chosen(routes, "chat-11") == "c")
    #expect(try chosen(routes, "chat-3") == "b")
    #expect(try chosen(routes, "x-1") == "c")
    #expect(try chosen(routes, "chat-2") == "a")
    #expect(try chosen(routes, "other") == "c")
  }

  @Test("a name that is written with a star is found by itself")
  func literal() throws { #expect(try chosen(#""a*": "a", "a**": "b""#, "a*") == "a") }

  @Test("are as many as can be tried")
  func count() {
    func errors(_ count: Int) -> [String] {
      let routes = (0..<count).map { #""r\#($0)*": "a""# }.joined(separator: ",")
      let text = #"{"transformations": {"a": {}}, "routes": {\#(routes)}}"#
      return Configuration.load(json: Array(text.utf8)).diagnostics.map(\.message)
    }
    #expect(errors(1_000) == [])
    #expect(errors(1_002) == ["at most 1000 names with `*` in `routes`: they are tried one by one"])
  }

  @Test("to a transformation that is not there are refused")
  func missing() throws {
    let text = #"{"transformations": {"a": {}}, "routes": {"x*": "nope"}}"#
    #expect(Configuration.load(json: Array(text.utf8)).configuration == nil)
    let configuration = try #require(
      Configuration.load(json: Array(text.utf8), tolerance: .deferring).configuration)
    #expect(configuration.transformation(routeNamed: "x1")?.name == "nope")
  }
}
