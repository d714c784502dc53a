import Logging
import TestPeers
import Testing

@testable import GRPC
@testable import HTTP2
@testable import Server

@Suite struct StreamRefusalsTests {
  private let counts = ReasonCounts()
  private let log = CapturedLog()
  private var refusals: StreamRefusals {
    let log = log
    return StreamRefusals(counts: counts, logger: Logger(label: "test") { _ in log.handler })
  }

  @Test("a call that is refused is a count and a warning with the reason")
  func refusal() {
    refusals.report(.unsupportedMediaType)
    refusals.report(.status(GRPCStatus(.unimplemented, "no such method: /a")))
    #expect(counts.all.map(\.reason) == ["grpc_status_12", "http_415"])
    #expect(log.lines.map(\.level) == [.warning, .warning])
    #expect(log.lines.last?.metadata == ["reason": "grpc_status_12", "detail": "no such method: /a"])
  }

  @Test("a stream that is reset is a count and a line with what was found wrong")
  func reset() {
    // nghttp2's NGHTTP2_ERR_HTTP_HEADER.
    refusals.report(HTTP2Reset(errorCode: 1, cause: HTTP2Error(code: -531), scope: .stream))
    refusals.report(HTTP2Reset(errorCode: 7, cause: nil, scope: .stream))
    #expect(counts.all.map(\.reason) == ["PROTOCOL_ERROR", "REFUSED_STREAM"])
    #expect(log.lines.map { $0.metadata["detail"] != nil } == [true, false])
  }

  @Test("the end of a connection counts its streams, and is nothing where there were none")
  func connection() {
    refusals.report(HTTP2Reset(errorCode: 1, cause: nil, scope: .connection(streams: 0)))
    #expect(counts.all.isEmpty && log.lines.isEmpty)
    refusals.report(HTTP2Reset(errorCode: 1, cause: nil, scope: .connection(streams: 3)))
    #expect(counts.all.map(\.count) == [3])
    #expect(log.lines.map { $0.metadata["streams"] } == ["3"])
  }
}
