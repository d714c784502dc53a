import Testing

@testable import ExtProc
@testable import Transformation

@Suite("MutationCheck")
struct MutationCheckTests {
  private func mutations(_ headers: [(String, String)]) throws -> Mutations {
    var mutations = Mutations()
    for (name, value) in headers {
      let start = mutations.bytes.count
      mutations.bytes.append(contentsOf: value.utf8)
      mutations.setHeader(try #require(HeaderName(name)), start..<mutations.bytes.count)
    }
    return mutations
  }

  private func reason(_ name: String, _ value: String, _ direction: Direction = .request) throws -> String? {
    let faults = MutationCheck.faults(in: try mutations([("x-good", "1"), (name, value)]), direction)
    #expect(faults.allSatisfy { $0.subject == .header(1) && $0.name == name })
    return faults.first?.reason.rawValue
  }

  @Test(
    "values hold no control characters but the tab",
    arguments: ["a\rb", "a\nb", "a\0b", "\u{7F}", "\u{1B}[0m"])
  func badValue(_ value: String) throws {
    #expect(try reason("x-bad", value) == "invalid_header_value")
  }

  @Test("values may hold tabs, spaces and anything above ASCII")
  func goodValue() throws {
    #expect(try reason("x-good", "a\tb ü 名") == nil)
  }

  @Test("content-length and transfer-encoding belong to us and to the connection")
  func framing() throws {
    #expect(try reason("content-length", "5") == "content_length_is_automatic")
    #expect(try reason("transfer-encoding", "chunked") == "transfer_encoding_is_of_the_connection")
  }

  @Test("a path starts with a slash and holds no white space")
  func paths() throws {
    #expect(try reason(":path", "/a?b=c") == nil)
    #expect(try reason(":path", "*") == nil)
    for path in ["", "a", "/a b", "/a\t", "http://x/"] {
      #expect(try reason(":path", path) == "invalid_path")
    }
  }

  @Test("a status is final and has three digits")
  func statuses() throws {
    #expect(try reason(":status", "204", .response) == nil)
    for status in ["", "20", "2000", "100", "600", "abc", "2.0"] {
      #expect(try reason(":status", status, .response) == "invalid_status")
    }
  }

  @Test("pseudo-headers belong to their direction")
  func pseudoHeaders() throws {
    #expect(try reason(":status", "200", .request) == "pseudo_header_not_in_this_direction")
    #expect(try reason(":path", "/", .response) == "pseudo_header_not_in_this_direction")
    #expect(try reason(":protocol", "x") == "pseudo_header_not_in_this_direction")
    #expect(try reason(":method", "POST") == nil)
  }

  @Test("removals are never at fault")
  func removals() throws {
    var mutations = Mutations()
    mutations.removeHeader(try #require(HeaderName("content-length")))
    #expect(MutationCheck.faults(in: mutations, .request).isEmpty)
  }

  @Test("metadata holds no NUL, which would end protobuf-c's strings")
  func metadata() {
    var mutations = Mutations()
    mutations.bytes = [0x61, 0]
    mutations.setMetadata(namespace: "n", key: "good", 0..<1)
    mutations.setMetadata(namespace: "n", key: "bad", 0..<2)
    let faults = MutationCheck.faults(in: mutations, .request)
    #expect(faults.map(\.name) == ["n.bad"])
    #expect(faults.map(\.subject) == [.metadata(1)])
  }

  @Test("an answer carries 100 sets and 100 removals, content-length among them")
  func entries() throws {
    var mutations = try mutations((0..<100).map { ("x-\($0)", "1") })
    for index in 0..<100 { mutations.removeHeader(try #require(HeaderName("y-\(index)"))) }
    #expect(!MutationCheck.exceedsEntries(mutations))
    mutations.body = 0..<1
    #expect(MutationCheck.exceedsEntries(mutations))
    mutations.body = nil
    mutations.setHeader(try #require(HeaderName("x-100")), 0..<1)
    #expect(MutationCheck.exceedsEntries(mutations))
  }
}
