internal import GRPC
internal import Logging
internal import Transformation

/// What one exchange leaves in the metrics and in the log: counts, lines, times.
struct ExchangeReport {
  private let metrics: LoopMetrics
  /// The transformation came in a header of the call: all of these share a label.
  private let isByConfiguration: Bool
  /// The name of what was chosen; nil where nothing was.
  private var transformation: String?
  /// Of the message at hand, or of the last; nil before the first that was understood.
  private var phase: Phase?
  /// When the message at hand came: monotonic, nanoseconds.
  private(set) var messageStart: UInt64 = 0
  /// Spent in all phases.
  private var nanoseconds: UInt64 = 0
  private var failureLog = FailureLog()

  /// - Parameter metrics: of the event loop.
  init(_ metrics: LoopMetrics, isByConfiguration: Bool) {
    self.metrics = metrics
    self.isByConfiguration = isByConfiguration
  }

  // MARK: Messages

  mutating func beginMessage(at now: UInt64) { messageStart = now }

  /// The message at hand is one of `phase`.
  mutating func enter(_ phase: Phase) { self.phase = phase }

  /// The message at hand is answered.
  mutating func endMessage(at now: UInt64) {
    let time = now &- messageStart
    nanoseconds &+= time
    if let phase { metrics.record(phase, nanoseconds: time) }
  }

  // MARK: The exchange

  /// Counts the exchange, once, under what was chosen for it.
  mutating func choose(_ transformation: Transformation?, in inForce: ConfigurationInForce) {
    self.transformation = transformation?.name
    if isByConfiguration {
      metrics.addExchange(TransformationLabels.fromHeaderNumber)
    } else {
      metrics.addExchange(transformation.map(inForce.number) ?? TransformationLabels.noneNumber)
    }
  }

  /// The client was answered here.
  func countReply() { metrics.add(.replies) }

  /// Logs failures, and counts the first: one for each phase.
  ///
  /// - Parameter requestID: asked for only when there is a line to write.
  mutating func fail(
    _ failures: [Failure], in service: ProcessService, requestID: @autoclosure () -> String?
  ) {
    guard let first = failures.first else { return }
    service.metrics.failures.add(reason: first.reason.rawValue, transformation: label)
    failureLog.record(failures, phase, transformation: transformation, in: service, requestID: requestID)
  }

  /// A body was left unread, which is no failure.
  func skip(_ direction: Direction, _ reason: SkipReason, in service: ProcessService) {
    service.metrics.skipped.add(reason: reason.rawValue, transformation: label)
    service.logger.debug(
      "body not read",
      metadata: [
        "direction": .string(direction.rawValue), "reason": .string(reason.rawValue),
        "transformation": .string(transformation ?? ""),
      ])
  }

  /// The exchange is over: a line, where each is to be logged. Mutating, so that it is read where it is.
  mutating func end(isReplied: Bool, in service: ProcessService, requestID: @autoclosure () -> String?) {
    guard service.logsExchanges, let phase else { return }
    var metadata: Logger.Metadata = [
      "last_phase": .string(phase.label), "microseconds": .stringConvertible(nanoseconds / 1_000),
    ]
    if let transformation { metadata["transformation"] = .string(transformation) }
    if let requestID = requestID() { metadata["x-request-id"] = .string(requestID) }
    if isReplied { metadata["replied"] = "true" }
    service.logger.debug("exchange", metadata: metadata)
  }

  private var label: String {
    isByConfiguration ? TransformationLabels.fromHeader : transformation ?? TransformationLabels.none
  }
}
