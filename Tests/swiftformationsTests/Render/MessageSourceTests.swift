import Testing
import Transformation

@testable import swiftformations

@Suite("a message in memory answers an exchange")
struct MessageSourceTests {
  let source = MessageSource(HTTPMessage(headers: [.init("a", "1"), .init("b", ""), .init("a", "22")]))

  private func header(_ name: String, at index: Int) -> (value: String?, count: Int) {
    var count = -1
    let value = Array(name.utf8).withUnsafeBytes { source.header($0, at: index, count: &count) }
    return (value.map { String(decoding: $0, as: UTF8.self) }, count)
  }

  @Test("each value by its index, with their count")
  func lookup() {
    #expect(header("a", at: 0) == ("1", 2))
    #expect(header("a", at: 1) == ("22", 2))
    #expect(header("a", at: 2) == (nil, 2))
    #expect(header("b", at: 0) == ("", 1))
    #expect(header("c", at: 0) == (nil, 0))
  }

  @Test("all in order")
  func all() {
    var seen: [String] = []
    source.forEachHeader {
      seen.append(String(decoding: $0, as: UTF8.self) + "=" + String(decoding: $1, as: UTF8.self))
    }
    #expect(seen == ["a=1", "b=", "a=22"])
  }

  @Test("a message without headers has none")
  func empty() {
    var count = 7
    let value = Array("a".utf8).withUnsafeBytes {
      MessageSource(HTTPMessage(headers: [])).header($0, at: 0, count: &count)
    }
    #expect(value == nil)
    #expect(count == 0)
  }
}
