import Testing
import Transformation

@testable import ConfigurationFiles
@testable import swiftformations

@Suite("YAML that is written")
struct YAMLBlockTests {
  @Test(
    "strings are quoted where they could be mistaken",
    arguments: [
      ("chat", "chat"), ("/var/run/x.sock", "/var/run/x.sock"), ("com.example-1_a", "com.example-1_a"),
      ("", "\"\""),
      ("no", "\"no\""), ("NULL", "\"NULL\""), ("1", "\"1\""), ("a b", "\"a b\""), ("a: b", "\"a: b\""),
      ("*", "\"*\""), ("a\"\\", "\"a\\\"\\\\\""), ("é", "\"é\""), ("a\n", "\"a\\x0a\""), ("::1", "\"::1\""),
    ])
  func quote(_ text: String, _ yaml: String) throws {
    #expect(YAMLBlock.quote(text) == yaml)
    guard case .string(let read) = try YAMLReader.read("v: \(YAMLBlock.quote(text))")["v"] else {
      Issue.record("no text")
      return
    }
    #expect(read.value == text)
  }

  @Test("blocks nest by indenting, empty lines stay empty")
  func nesting() {
    #expect(("a:" + YAMLBlock("b: 1\n\nc: 2").asElement).text == "a:\n- b: 1\n\n  c: 2\n")
    #expect(YAMLBlock.empty.asElement.text == "")
  }

  @Test("HOST:PORT, IPv6 in brackets")
  func hostAndPort() {
    #expect(HostAndPort(argument: "localhost:80") == HostAndPort(host: "localhost", port: 80))
    #expect(HostAndPort(argument: "[::1]:80") == HostAndPort(host: "::1", port: 80))
    for bad in ["", ":80", "a", "a:", "a:x", "a:65536", "a:-1", "::1:80", "[]:80"] {
      #expect(HostAndPort(argument: bad) == nil, "\(bad)")
    }
  }
}
