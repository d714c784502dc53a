internal import ExtProc
internal import GRPC
internal import HTTP2
internal import Logging
internal import Transformation

/// Counts and logs the streams that end before any of their messages is looked at, or in a way that gRPC has no status
/// for. Envoy answers each with a 500 and says no more than that.
final class StreamRefusals: Sendable {
  private let counts: ReasonCounts
  private let limiter: LogLimiter
  /// Nil: nothing is logged.
  private let logger: Logger?

  init(
    counts: ReasonCounts = ReasonCounts(), limiter: LogLimiter = LogLimiter(), logger: Logger? = nil
  ) {
    self.counts = counts
    self.limiter = limiter
    self.logger = logger
  }

  func report(_ reset: HTTP2Reset) {
    var metadata: Logger.Metadata = ["reason": .string(reset.name)]
    if let cause = reset.cause { metadata["detail"] = .string(cause.description) }
    switch reset.scope {
    case .stream: report("stream reset", reason: reset.name, metadata)
    case .connection(let streams):
      // Whoever speaks no HTTP/2 is no exchange of anybody's.
      guard streams > 0 else { return }
      metadata["streams"] = .stringConvertible(streams)
      report("connection ended for an error of the peer", reason: reset.name, count: streams, metadata)
    }
  }

  func report(_ refusal: CallRefusal) {
    report(
      "stream refused", reason: refusal.reason,
      ["reason": .string(refusal.reason), "detail": .string(refusal.detail)])
  }

  private func report(
    _ message: Logger.Message, reason: String, count: Int = 1, _ metadata: Logger.Metadata
  ) {
    counts.add(reason, count)
    guard let logger, limiter.admits(reason, now: MonotonicClock.nanoseconds()) else { return }
    logger.warning(message, metadata: metadata)
  }
}
