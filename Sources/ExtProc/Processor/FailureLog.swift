internal import Logging
internal import Transformation

/// One thing that went wrong in an exchange, as it is logged.
struct LoggedFailure {
  /// `request.set[0]`, or the phase.
  let place: String
  let reason: String
  let message: String
}

/// One line for each phase that went wrong, and none while all goes well.
struct FailureLog {
  private let logger: Logger

  init(_ logger: Logger) { self.logger = logger }

  /// Logs the first failure and how many more there were.
  func record(_ failures: [LoggedFailure], transformation: String?, requestID: String?) {
    guard let first = failures.first else { return }
    var metadata: Logger.Metadata = [
      "place": .string(first.place), "reason": .string(first.reason), "message": .string(first.message),
    ]
    if let transformation { metadata["transformation"] = .string(transformation) }
    if let requestID { metadata["x-request-id"] = .string(requestID) }
    if failures.count > 1 { metadata["more"] = .stringConvertible(failures.count - 1) }
    logger.warning("exchange failed", metadata: metadata)
  }
}

extension LoggedFailure {
  init(_ failure: Failure) {
    self.init(place: failure.place, reason: failure.reason.rawValue, message: failure.message)
  }

  init(_ obstacle: Obstacle) {
    self.init(place: obstacle.place, reason: obstacle.reason, message: obstacle.message + obstacle.hint)
  }

  init(_ status: GRPCStatus) {
    self.init(place: "stream", reason: "grpc_status_\(status.code.rawValue)", message: status.message)
  }

  /// A refusal that the transformation asked for.
  init(_ reply: LocalReply) {
    let message = String(decoding: reply.body, as: UTF8.self)
    self.init(place: "reply", reason: reply.details, message: message)
  }
}
