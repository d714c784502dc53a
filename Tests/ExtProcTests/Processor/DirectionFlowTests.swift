import Testing

@testable import ExtProc
@testable import GRPC
@testable import Transformation

@Suite("DirectionFlow")
struct DirectionFlowTests {
  /// Its headers are answered, and a body may follow.
  private func flow(_ pipeline: BodyPipeline, endOfStream: Bool = false) throws -> DirectionFlow {
    var flow = DirectionFlow()
    try flow.headers(endOfStream: endOfStream)
    flow.answerHeaders(pipeline)
    return flow
  }

  @Test("headers come once")
  func headersTwice() throws {
    var unanswered = DirectionFlow()
    #expect(!unanswered.hasStarted)
    try unanswered.headers(endOfStream: false)
    #expect(unanswered.hasStarted)
    #expect(throws: GRPCStatus.self) { try unanswered.headers(endOfStream: false) }
    var answered = try flow(.pass)
    #expect(throws: GRPCStatus.self) { try answered.headers(endOfStream: false) }
  }

  @Test("nothing comes after headers that end the stream")
  func afterEnd() throws {
    var flow = try flow(.pass, endOfStream: true)
    #expect(flow.body == nil)
    #expect(throws: GRPCStatus.self) { try flow.body(isEmpty: false, endOfStream: true) }
    #expect(throws: GRPCStatus.self) { try flow.trailers() }
  }

  @Test("a body that comes after it was replaced with its headers is dropped, and trailers end it")
  func afterReplacement() throws {
    for endsWithHeaders in [false, true] {
      var flow = try flow(.replace(mayBePart: false), endOfStream: endsWithHeaders)
      for endOfStream in [false, true] {
        #expect(try flow.body(isEmpty: false, endOfStream: endOfStream) == .drop)
      }
      #expect(try flow.trailers() == .pass)
      #expect(throws: GRPCStatus.self) { try flow.trailers() }
    }
  }

  @Test("a part of a body that was replaced is refused, the whole is dropped")
  func partAfterReplacement() throws {
    var flow = try flow(.replace(mayBePart: true))
    #expect(try flow.body(isEmpty: false, endOfStream: false) == .refusePart)
    #expect(try flow.body(isEmpty: false, endOfStream: true) == .drop)
  }

  @Test("a body that is waited for is transformed, once")
  func transform() throws {
    var flow = try flow(.collect(since: 7))
    #expect(flow.awaitsBodySince == 7)
    #expect(flow.isAwaitingBody)
    #expect(try flow.body(isEmpty: false, endOfStream: false) == .transform)
    #expect(!flow.isAwaitingBody)
    #expect(throws: GRPCStatus.self) { try flow.body(isEmpty: false, endOfStream: true) }
    #expect(try flow.trailers() == .pass)
  }

  @Test("trailers may come in place of a body that is waited for")
  func trailersInsteadOfBody() throws {
    var flow = try flow(.collect(since: 7))
    #expect(try flow.trailers() == .insteadOfBody)
    #expect(!flow.isAwaitingBody)
    #expect(throws: GRPCStatus.self) { try flow.trailers() }
  }

  @Test("a body that does not come any more is not waited for, and may not come")
  func abandoned() throws {
    var flow = try flow(.collect(since: 7))
    flow.abandonBody()
    #expect(!flow.isAwaitingBody)
    #expect(throws: GRPCStatus.self) { try flow.body(isEmpty: false, endOfStream: true) }
  }

  @Test("each message of a body that passes is answered, the empty last one too")
  func passes() throws {
    var flow = try flow(.pass)
    #expect(try flow.body(isEmpty: false, endOfStream: false) == .pass)
    #expect(try flow.body(isEmpty: true, endOfStream: false) == .pass)
    #expect(try flow.body(isEmpty: true, endOfStream: true) == .pass)
    #expect(throws: GRPCStatus.self) { try flow.body(isEmpty: true, endOfStream: true) }
  }

  @Test("pieces of a stream are sent back, empty ones only at the end, and the end only once")
  func stream() throws {
    var flow = try flow(.stream)
    #expect(try flow.body(isEmpty: false, endOfStream: false) == .echo)
    #expect(try flow.body(isEmpty: true, endOfStream: false) == .ignore)
    #expect(try flow.body(isEmpty: true, endOfStream: true) == .echo)
    #expect(try flow.body(isEmpty: true, endOfStream: true) == .ignore)
    #expect(try flow.trailers() == .pass)
    #expect(try flow.body(isEmpty: false, endOfStream: false) == .ignore)
    var ended = try self.flow(.stream, endOfStream: true)
    #expect(try ended.body(isEmpty: true, endOfStream: true) == .ignore)
  }

  @Test("a direction may begin with its body or its trailers, where Envoy skips what comes before")
  func skippedPhases() throws {
    var body = DirectionFlow()
    body.skipHeaders(.pass)
    #expect(try body.body(isEmpty: false, endOfStream: true) == .pass)
    var trailers = DirectionFlow()
    trailers.skipHeaders(.pass)
    #expect(try trailers.trailers() == .pass)
    #expect(throws: GRPCStatus.self) { try trailers.trailers() }
  }
}
