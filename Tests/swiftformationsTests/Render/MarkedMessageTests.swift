import Testing

@testable import swiftformations

@Suite("messages as text")
struct MarkedMessageTests {
  let before = Fixture.request(
    [.init("a", "1"), .init("b", "1"), .init("b", "2"), .init("gone", "x")], path: "/old", body: "{\n  1\n}")
  let after = HTTPMessage(
    headers: [
      .init(":authority", "localhost"), .init(":method", "POST"), .init(":path", "/new"), .init("b", "2"),
      .init("a", "3"), .init("b", "9"), .init("new", "y"),
    ], body: Array("{\n  2\n}\n".utf8))

  @Test("changed lines carry a mark in the margin")
  func marks() {
    #expect(
      MarkedMessage(before: before, after: after).text(colour: false) == """
        ~ POST /new HTTP/1.1
          host: localhost
        ~ a: 3
        ~ b: 9
          b: 2
        - gone: x
        + new: y

          {
        -   1
        +   2
          }

        """)
  }

  @Test("in colour the text is the same")
  func colour() {
    let marked = MarkedMessage(before: before, after: after)
    #expect(marked.text(colour: true).replacing(/\u{1B}\[\d+m/, with: "") == marked.text(colour: false))
    #expect(marked.text(colour: true).contains("\u{1B}[32m+ new: y\u{1B}[0m\n"))
  }

  @Test("plain, it is just the message")
  func plain() {
    #expect(
      String(decoding: MessageText(after).plain, as: UTF8.self) == """
        POST /new HTTP/1.1
        host: localhost
        b: 2
        a: 3
        b: 9
        new: y

        {
          2
        }

        """)
    let response = HTTPMessage(headers: [.init(":status", "404")])
    #expect(String(decoding: MessageText(response).plain, as: UTF8.self) == "HTTP/1.1 404 Not Found\n\n")
  }

  @Test("a body that is not text is told by its size on a terminal, and is itself when piped")
  func binary() {
    let message = HTTPMessage(headers: [.init(":status", "299")], body: [0xFF, 0xFE])
    #expect(
      MarkedMessage(before: message, after: message).text(colour: false)
        == "  HTTP/1.1 299\n\n  (2 bytes that are not text)\n")
    #expect(MessageText(message).plain == Array("HTTP/1.1 299\n\n".utf8) + [0xFF, 0xFE, 0x0A])
  }

  @Test("control characters do not reach the terminal")
  func control() {
    let message = HTTPMessage(headers: [.init(":status", "200"), .init("a", "\u{1B}[0m")])
    #expect(!MarkedMessage(before: message, after: message).text(colour: false).contains("\u{1B}"))
  }
}
