import CExtProc
import Testing

@testable import ExtProc
@testable import Transformation

@Suite("the headers that Envoy takes")
struct HeaderLimitsTests {
  private func mutations(_ headers: [(String, String)]) throws -> Mutations {
    var mutations = Mutations()
    for (name, value) in headers {
      let start = mutations.bytes.count
      mutations.bytes.append(contentsOf: value.utf8)
      mutations.setHeader(try #require(HeaderName(name)), start..<mutations.bytes.count)
    }
    return mutations
  }

  private func excess(
    _ mutations: Mutations, to headers: [(String, String)] = [], statesLength: Bool = false
  ) throws -> HeaderExcess? {
    var mutations = mutations
    mutations.bodyLength = statesLength ? .state : .keep
    let arena = MessageArena()
    let source = HeaderSource()
    try source.open(EnvoyPeer.packed(EnvoyPeer.headerMap(headers, arena), arena).buffer, in: arena)
    return mutations.excess(over: HeaderLimits(), in: source, .request)
  }

  @Test("an answer carries 100 sets and 100 removals, content-length among them")
  func entries() throws {
    var mutations = try mutations((0..<100).map { ("x-\($0)", "1") })
    for index in 0..<100 { mutations.removeHeader(try #require(HeaderName("y-\(index)"))) }
    #expect(try excess(mutations) == nil)
    #expect(try excess(mutations, statesLength: true) == .tooManyMutations(.request))
    mutations.setHeader(try #require(HeaderName("x-100")), 0..<1)
    #expect(try excess(mutations) == .tooManyMutations(.request))
  }

  @Test("a message has 100 headers at most once it is changed")
  func count() throws {
    let held = (0..<99).map { ("h-\($0)", "v") }
    #expect(try excess(try mutations([("x-new", "1")]), to: held) == nil)
    let two = try mutations([("x-new", "1"), ("x-newer", "1")])
    guard case .tooLarge(.request, count: 101, bytes: _)? = try excess(two, to: held) else {
      Issue.record("101 headers passed")
      return
    }
    var replacing = two
    replacing.removeHeader(try #require(HeaderName("h-7")))
    #expect(try excess(replacing, to: held) == nil)
    #expect(try excess(try mutations([("h-1", "1"), ("x-new", "1")]), to: held) == nil)
  }

  @Test("a message has 60 KiB of headers at most once it is changed")
  func bytes() throws {
    let limit = HeaderLimits().headerBytesMax
    let fits = try mutations([("x", String(repeating: "a", count: limit - 1))])
    #expect(try excess(fits) == nil)
    #expect(try excess(fits, to: [("y", "")]) == .tooLarge(.request, count: 2, bytes: limit + 1))
    #expect(try excess(fits, to: [("x", "old value")]) == nil)
  }
}
