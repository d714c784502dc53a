import CExtProc
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

  private func obstacle(
    _ mutations: Mutations, to headers: [(String, String)] = [], statesLength: Bool = false
  ) -> Obstacle? {
    let arena = MessageArena()
    let message = arena.make(envoy__service__ext_proc__v3__http_headers__init)
    message.pointee.headers = EnvoyPeer.headerMap(headers, arena)
    let source = HeaderSource()
    source.open(message)
    return MutationCheck.obstacle(
      mutations, to: source, .request, statesLength: statesLength, HeaderLimits())
  }

  @Test("an answer carries 100 sets and 100 removals, content-length among them")
  func entries() throws {
    var mutations = try mutations((0..<100).map { ("x-\($0)", "1") })
    for index in 0..<100 { mutations.removeHeader(try #require(HeaderName("y-\(index)"))) }
    #expect(obstacle(mutations) == nil)
    #expect(obstacle(mutations, statesLength: true) == .tooManyMutations(.request))
    mutations.setHeader(try #require(HeaderName("x-100")), 0..<1)
    #expect(obstacle(mutations) == .tooManyMutations(.request))
  }

  @Test("a message has 100 headers at most once it is changed")
  func count() throws {
    let held = (0..<99).map { ("h-\($0)", "v") }
    #expect(obstacle(try mutations([("x-new", "1")]), to: held) == nil)
    let two = try mutations([("x-new", "1"), ("x-newer", "1")])
    guard case .headersTooLarge(.request, count: 101, bytes: _)? = obstacle(two, to: held) else {
      Issue.record("101 headers passed")
      return
    }
    var replacing = two
    replacing.removeHeader(try #require(HeaderName("h-7")))
    #expect(obstacle(replacing, to: held) == nil)
    #expect(obstacle(try mutations([("h-1", "1"), ("x-new", "1")]), to: held) == nil)
  }

  @Test("a message has 60 KiB of headers at most once it is changed")
  func bytes() throws {
    let limit = HeaderLimits().headerBytesMax
    let fits = try mutations([("x", String(repeating: "a", count: limit - 1))])
    #expect(obstacle(fits) == nil)
    #expect(obstacle(fits, to: [("y", "")]) == .headersTooLarge(.request, count: 2, bytes: limit + 1))
    #expect(obstacle(fits, to: [("x", "old value")]) == nil)
  }
}
