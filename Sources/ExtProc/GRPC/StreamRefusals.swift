package import HTTP2
package import Logging

/// Counts and logs the streams that end before any of their messages is looked at, or in a way that gRPC has no status
/// for. Envoy answers each with a 500 and says no more than that.
package final class StreamRefusals: Sendable {
  private let counts: ReasonCounts
  private let limiter: LogLimiter
  /// Nil: nothing is logged.
  private let logger: Logger?

  package init(
    counts: ReasonCounts = ReasonCounts(), limiter: LogLimiter = LogLimiter(), logger: Logger? = nil
  ) {
    self.counts = counts
    self.limiter = limiter
    self.logger = logger
  }

  package func report(_ reset: HTTP2Reset) {
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

  func report(_ refusal: RequestHead.Refusal) {
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

extension RequestHead.Refusal {
  /// Short and stable, for the metric and the log.
  var reason: String {
    switch self {
    case .methodNotAllowed: "http_405"
    case .unsupportedMediaType: "http_415"
    case .status(let status): "grpc_status_\(status.code.rawValue)"
    }
  }

  /// For people.
  var detail: String {
    switch self {
    case .methodNotAllowed: "the method is not POST: this is a gRPC server"
    case .unsupportedMediaType: "the content-type is not application/grpc: this is a gRPC server"
    case .status(let status): status.message
    }
  }
}
