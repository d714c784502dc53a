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

  @Test("is a token where the header is :method")
  func methods() throws {
    for method in ["GET", "M-SEARCH", "x!"] { #expect(try fault(":method", method) == nil) }
    for method in ["GET /admin HTTP/1.1", "GET\t", "GÄT", "a/b", "\"GET\""] {
      #expect(try fault(":method", method)?.hasPrefix("is not a method") == true)
    }
    #expect(try fault(":method", "CONNECT") == "would change whether the response has a body")
  }

  @Test("is a scheme where the header is :scheme")
  func schemes() throws {
    for scheme in ["http", "https", "a+b-c.d1"] { #expect(try fault(":scheme", scheme) == nil) }
    for scheme in ["1http", "http://", "ht tp", "hé", "+a"] { #expect(try fault(":scheme", scheme) != nil) }
  }

  @Test("is a host and a port where the header is :authority")
  func authorities() throws {
    for authority in [
      "api.example.com", "a_b:8080", "10.0.0.1", "[::1]", "[fe80::1.2.3.4]:443", "x%2Fy", "a:", "svc,b;c=1",
    ] {
      #expect(try fault(":authority", authority) == nil, "\(authority)")
    }
    for authority in [
      "user@host", "a b", "host/path", "host:80a", "a:1:2", "[::1", "[]", "[::1]x", "x%2", "x%zz", "hést",
      "http://h", "a?b", "a#b", ":80", "[::1 ]", "[u@h]",
    ] {
      #expect(try fault(":authority", authority)?.hasPrefix("is not a host") == true, "\(authority)")
    }
  }
}
