import Testing

@testable import ExtProc
@testable import GRPC
@testable import Transformation

@Suite("DirectionFlow")
struct DirectionFlowTests {
  @Test("headers come once")
  func headersTwice() throws {
    var flow = DirectionFlow()
    try flow.headers(endOfStream: false)
    #expect(throws: GRPCStatus.self) { try flow.headers(endOfStream: false) }
  }

  @Test("nothing comes after headers that end the stream", arguments: [BodyMode.none, .streamed, .buffered])
  func afterEnd(_ mode: BodyMode) throws {
    var flow = DirectionFlow()
    try flow.headers(endOfStream: true)
    #expect(throws: GRPCStatus.self) { try flow.body(mode, isEmpty: false, endOfStream: true) }
    #expect(throws: GRPCStatus.self) { try flow.trailers() }
  }

  @Test("a body that comes after it was replaced with its headers is dropped, and trailers end it")
  func afterReplacement() throws {
    var flow = DirectionFlow()
    try flow.headers(endOfStream: false)
    flow.replaceBody()
    for endOfStream in [false, true] {
      #expect(try flow.body(.buffered, isEmpty: false, endOfStream: endOfStream) == .drop)
    }
    try flow.trailers()
    #expect(throws: GRPCStatus.self) { try flow.trailers() }
  }

  @Test("a body that is waited for is transformed, once")
  func transform() throws {
    var flow = DirectionFlow()
    try flow.headers(endOfStream: false)
    flow.awaitBody()
    #expect(try flow.body(.buffered, isEmpty: false, endOfStream: false) == .transform)
    #expect(throws: GRPCStatus.self) { try flow.body(.buffered, isEmpty: false, endOfStream: true) }
    try flow.trailers()
  }

  @Test("in STREAMED mode each chunk is answered, the empty last one too")
  func streamed() throws {
    var flow = DirectionFlow()
    try flow.headers(endOfStream: false)
    #expect(try flow.body(.streamed, isEmpty: false, endOfStream: false) == .pass)
    #expect(try flow.body(.streamed, isEmpty: true, endOfStream: false) == .pass)
    #expect(try flow.body(.streamed, isEmpty: true, endOfStream: true) == .pass)
    #expect(throws: GRPCStatus.self) { try flow.body(.streamed, isEmpty: true, endOfStream: true) }
  }

  @Test(
    "in FULL_DUPLEX_STREAMED mode pieces are sent back, empty ones only at the end, and the end only once")
  func fullDuplex() throws {
    var flow = DirectionFlow()
    try flow.headers(endOfStream: false)
    #expect(try flow.body(.fullDuplexStreamed, isEmpty: false, endOfStream: false) == .echo)
    #expect(try flow.body(.fullDuplexStreamed, isEmpty: true, endOfStream: false) == .ignore)
    #expect(try flow.body(.fullDuplexStreamed, isEmpty: true, endOfStream: true) == .echo)
    #expect(try flow.body(.fullDuplexStreamed, isEmpty: true, endOfStream: true) == .ignore)
    #expect(try flow.body(.fullDuplexStreamed, isEmpty: false, endOfStream: false) == .ignore)
  }

  @Test("a direction may begin with its body or its trailers, where Envoy skips what comes before")
  func skippedPhases() throws {
    var body = DirectionFlow()
    #expect(try body.body(.buffered, isEmpty: false, endOfStream: true) == .pass)
    var trailers = DirectionFlow()
    try trailers.trailers()
    #expect(throws: GRPCStatus.self) { try trailers.trailers() }
  }
}
