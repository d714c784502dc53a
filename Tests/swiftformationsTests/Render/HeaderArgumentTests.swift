import Testing

@testable import swiftformations

@Suite("headers on the command line")
struct HeaderArgumentTests {
  @Test(
    "are a name, a colon and a value",
    arguments: [
      ("X-A: b", "x-a", "b"), ("x-a:b:c", "x-a", "b:c"), ("x-a:", "x-a", ""), ("x-a: \t b \t", "x-a", "b"),
      ("Host: h", ":authority", "h"), (":scheme: https", ":scheme", "https"), ("x: é", "x", "é"),
    ])
  func good(_ argument: String, _ name: String, _ value: String) throws {
    #expect(try HeaderArgument.parse(argument) == HTTPMessage.Header(name, value))
  }

  @Test(
    "are refused when they could not be sent",
    arguments: ["x-a", "", ":", "::", "a b: c", ": c", "x: a\nb", "x: \u{7F}"])
  func bad(_ argument: String) {
    #expect(throws: (any Error).self) { try HeaderArgument.parse(argument) }
  }
}
