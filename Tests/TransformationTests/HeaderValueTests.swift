import Testing

@testable import Transformation

@Suite("A header's value")
struct HeaderValueTests {
  private func fault(_ name: String, _ value: String) throws -> String? {
    HeaderValue.fault(Array(value.utf8), of: try #require(HeaderName(name)))
  }

  @Test(
    "holds no control characters but the tab", arguments: ["a\rb", "a\nb", "a\0b", "\u{7F}", "\u{1B}[0m"])
  func badValue(_ value: String) throws {
    #expect(try fault("x-bad", value)?.contains("control character") == true)
  }

  @Test("may hold tabs, spaces and anything above ASCII")
  func goodValue() throws {
    #expect(try fault("x-good", "a\tb ü 名") == nil)
  }

  @Test("is a path where the header is :path")
  func paths() throws {
    for path in ["/a?b=c", "*", "/"] { #expect(try fault(":path", path) == nil) }
    for path in ["a", "/a b", "/a\t", "http://x/", "/a#b", "/ü", "/\u{7F}"] {
      #expect(try fault(":path", path) != nil)
    }
  }

  @Test("is a final status where the header is :status")
  func statuses() throws {
    #expect(try fault(":status", "201") == nil)
    for status in ["204", "205", "304"] {
      #expect(try fault(":status", status) == "is a status without a body, and the response may have one")
    }
    for status in ["20", "2000", "100", "600", "abc", "2.0"] { #expect(try fault(":status", status) != nil) }
  }
}
