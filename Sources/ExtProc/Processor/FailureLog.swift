internal import GRPC
internal import Logging
internal import Transformation

/// The log of one exchange: a line when it fails for the first time, and none while all goes well. What fails later in
/// the same exchange is a line of level debug.
struct FailureLog {
  private var hasFailed = false

  /// Logs the first of the failures of a phase, and how many more there were.
  ///
  /// - Parameter requestID: asked for only when there is a line to write.
  mutating func record(
    _ failures: [Failure], _ phase: Phase?, transformation: String?, in service: ProcessService,
    requestID: () -> String?
  ) {
    let logger = service.logger
    guard let first = failures.first else { return }
    let level = hasFailed ? Logger.Level.debug : .warning
    hasFailed = true
    guard logger.logLevel <= level else { return }
    if level == .warning, !service.logLimiter.admits(first.reason.rawValue, now: MonotonicClock.nanoseconds())
    {
      return
    }
    var metadata: Logger.Metadata = [
      "place": .string(first.place), "reason": .string(first.reason.rawValue),
      "detail": .string(first.message + hint(first.reason)),
    ]
    if let phase { metadata["phase"] = .string(phase.label) }
    if let transformation { metadata["transformation"] = .string(transformation) }
    if let requestID = requestID() { metadata["x-request-id"] = .string(requestID) }
    if failures.count > 1 { metadata["more"] = .stringConvertible(failures.count - 1) }
    logger.log(level: level, "exchange failed", metadata: metadata)
  }

  /// What an operator can do about it, and a client cannot.
  private func hint(_ reason: FailureReason) -> String {
    switch reason {
    case .tooManyHeaderMutations, .headersTooLarge:
      "; if yours are others, say so with serve --headers-max and --header-kb-max"
    default: ""
    }
  }
}

extension Failure {
  /// A fault of the peer, which ends the stream.
  init(_ status: GRPCStatus) {
    let reason = FailureReason("grpc_status_\(status.code.rawValue)")
    self.init(place: "stream", reason: reason, message: status.message)
  }
}
