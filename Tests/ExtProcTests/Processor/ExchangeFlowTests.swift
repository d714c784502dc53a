import Testing

@testable import ExtProc
@testable import GRPC
@testable import Transformation

@Suite struct ExchangeFlowTests {
  private func awaiting(_ direction: Direction, since: UInt64) throws -> ExchangeFlow {
    var flow = ExchangeFlow()
    try flow.headers(direction, endOfStream: false)
    flow[direction].answerHeaders(.collect(since: since))
    return flow
  }

  @Test("request headers do not come after the response's")
  func order() throws {
    var flow = ExchangeFlow()
    try flow.headers(.response, endOfStream: false)
    #expect(throws: GRPCStatus.self) { try flow.headers(.request, endOfStream: false) }
  }

  @Test("a body is late when its time is over, and not before", arguments: [Direction.request, .response])
  func late(_ direction: Direction) throws {
    let second: UInt64 = 1_000_000_000
    let flow = try awaiting(direction, since: second)
    #expect(flow.awaited == direction)
    #expect(flow.overdue(now: 0, seconds: 2) == nil, "a clock that was read before")
    #expect(flow.overdue(now: 3 * second - 1, seconds: 2) == nil)
    #expect(flow.overdue(now: 3 * second, seconds: 2) == direction)
    #expect(flow.overdue(now: 3 * second, seconds: 0) == nil, "there is no limit")
    #expect(ExchangeFlow().overdue(now: 3 * second, seconds: 2) == nil)
  }

  @Test("what comes before its headers, or before the request's body, is told")
  func arrivals() throws {
    var flow = try awaiting(.request, since: 1)
    #expect(flow.arrival(.request) == .inOrder)
    #expect(flow.arrival(.response) == .beforeRequestBody)
    flow.request.abandonBody()
    #expect(flow.arrival(.response) == .withoutHeaders)
    try flow.headers(.response, endOfStream: false)
    #expect(flow.arrival(.response) == .inOrder)
  }
}
