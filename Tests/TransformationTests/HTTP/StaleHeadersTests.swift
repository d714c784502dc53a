import Testing

@testable import Transformation

@Suite("Headers that speak of the old body's bytes")
struct StaleHeadersTests {
  static let names = [
    "etag", "content-md5", "digest", "content-digest", "repr-digest", "accept-ranges", "last-modified",
    "content-range", "x-amz-checksum-crc32", "x-amz-checksum-sha256",
  ]

  private func changes(_ value: String, _ names: [String], of direction: Direction) throws -> [String] {
    let headers = names.map { ($0, "v") }
    let field = #"{"\#(direction.rawValue)":{"body":{"value":"\#(value)"}}}"#
    var driver = try Driver(
      field, request: [(":method", "PUT")] + (direction == .request ? headers : []),
      response: [(":status", "200")] + headers)
    let sent = driver.sendRequest("old")
    return direction == .request ? sent.changes : driver.sendResponse("old").changes
  }

  @Test("go with a body that was changed", arguments: names)
  func changed(name: String) throws {
    #expect(try changes("new", [name], of: .response) == ["-\(name)"])
    #expect(try changes("{{ body() }}!", [name, name], of: .request) == ["-\(name)"])
  }

  @Test("stay with a body that is the same", arguments: names)
  func unchanged(name: String) throws {
    #expect(try changes("{{ body() }}", [name], of: .response) == [])
  }

  @Test("go with a body that nobody has read and that becomes empty", arguments: names + ["content-encoding"])
  func emptied(name: String) throws {
    #expect(try changes("{% if false %}x{% endif %}", [name], of: .response) == ["-\(name)"])
    #expect(try changes("{% if false %}x{% endif %}", [name], of: .request) == ["-\(name)"])
  }

  @Test("are a signature's hash in requests only")
  func payloadHash() throws {
    #expect(try changes("new", ["x-amz-content-sha256"], of: .request) == ["-x-amz-content-sha256"])
    #expect(try changes("new", ["x-amz-content-sha256"], of: .response) == [])
  }

  @Test("stay where the configuration writes them")
  func written() throws {
    var driver = try Driver(
      #"{"response":{"body":{"value":"new"},"set":[{"name":"ETag","value":"mine"}]}}"#,
      response: [(":status", "200"), ("etag", "old"), ("digest", "old")])
    _ = driver.sendRequest()
    #expect(driver.sendResponse("old").changes == ["etag=mine", "-digest"])
  }

  @Test("are no others", arguments: ["content-type", "date", "vary", "x-etag", "x-amz-checksum", "server"])
  func others(name: String) throws {
    #expect(try changes("new", [name], of: .response) == [])
  }

  @Test("are as many as a client likes: each is looked at once, and too many are refused")
  func many() throws {
    let names = (0..<30_000).map { "x-amz-checksum-\($0)" }
    var driver = try Driver(
      #"{"request":{"body":{"value":"new"}}}"#, request: [(":method", "PUT")] + names.map { ($0, "v") })
    let outcome = driver.sendRequest("old")
    #expect(outcome.changes == [] && outcome.failures == ["request.headers too_many_header_mutations"])
  }
}
