import Testing

@testable import Transformation
@testable import swiftformations

@Suite("mutations are applied as Envoy applies them")
struct HTTPMessageMutationsTests {
  private enum Change {
    case set(String, String)
    case append(String, String)
    case remove(String)
  }

  private func apply(
    _ changes: [Change], body: String? = nil, length: BodyLength = .state, to headers: [(String, String)],
    _ oldBody: String = ""
  ) throws -> HTTPMessage {
    var mutations = Mutations()
    func store(_ text: String) -> Range<Int> {
      let start = mutations.bytes.count
      mutations.bytes += text.utf8
      return start..<mutations.bytes.count
    }
    for change in changes {
      switch change {
      case .set(let name, let value): mutations.setHeader(try #require(HeaderName(name)), store(value))
      case .append(let name, let value): mutations.appendHeader(try #require(HeaderName(name)), store(value))
      case .remove(let name): mutations.removeHeader(try #require(HeaderName(name)))
      }
    }
    if let body {
      mutations.body = store(body)
      mutations.bodyLength = length
    }
    var message = HTTPMessage(headers: headers.map { .init($0.0, $0.1) }, body: Array(oldBody.utf8))
    message.apply(mutations)
    return message
  }

  private func text(_ message: HTTPMessage) -> [String] { message.headers.map { "\($0.name)=\($0.text)" } }

  @Test("a set takes all values away and puts one at the end")
  func set() throws {
    #expect(
      text(try apply([.set("A", "3")], to: [("a", "1"), ("b", "x"), ("a", "2")])) == ["b=x", "a=3"])
  }

  @Test("an append adds a value, in the order given")
  func append() throws {
    #expect(
      text(try apply([.append("a", "2"), .set("b", "y"), .append("b", "z")], to: [("a", "1")]))
        == ["a=1", "a=2", "b=y", "b=z"])
  }

  @Test("removes come before sets")
  func remove() throws {
    #expect(
      text(try apply([.remove("a"), .set("a", "2")], to: [("a", "1"), ("b", "x")])) == ["b=x", "a=2"])
  }

  @Test("pseudo-headers stay in front, and are not removed, nor is host")
  func pseudoHeaders() throws {
    let headers = [(":path", "/"), (":method", "GET"), ("a", "1")]
    #expect(text(try apply([.set(":path", "/x")], to: headers)) == [":method=GET", ":path=/x", "a=1"])
    #expect(
      text(try apply([.remove(":method"), .remove("host")], to: headers + [("host", "odd")]))
        == [":path=/", ":method=GET", "a=1", "host=odd"])
  }

  @Test("a content-length follows the body, and none is made")
  func contentLength() throws {
    #expect(text(try apply([], body: "abc", to: [("content-length", "1")], "x")) == ["content-length=3"])
    #expect(text(try apply([], body: "", to: [("content-length", "1")], "x")) == ["content-length=0"])
    #expect(text(try apply([], to: [("content-length", "1")], "x")) == ["content-length=1"])
    let stated = [("content-length", "0")]
    #expect(text(try apply([], body: "abc", length: .drop, to: stated)) == [])
    #expect(text(try apply([], body: "abc", length: .keep, to: stated)) == ["content-length=0"])
    #expect(try apply([], body: "abc", to: [], "x") == HTTPMessage(headers: [], body: Array("abc".utf8)))
  }
}
