internal import CEnvoyModule
internal import Transformation

/// What a filter tells of its stream: counts in Envoy's statistics, lines in its log, and how long a phase took.
/// It is kept for a filter's next stream.
final class Report {
  private(set) var config: FilterConfig?

  func begin(_ config: FilterConfig) { self.config = config }

  func end() { config = nil }

  /// When a phase begins, for `transformed`.
  static var now: UInt64 { process_nanoseconds() }

  /// A phase came to its end, and the message has its new headers.
  func transformed(_ direction: Direction, since start: UInt64, _ stream: EnvoyStream) {
    config?.metrics.countTransformed(direction, after: Report.now &- start, stream)
  }

  /// Whether or not the exchange goes on. `transformation`: asked only where there is something to tell.
  func failed(
    _ failures: [Failure], of transformation: @autoclosure () -> Transformation?, _ stream: EnvoyStream
  ) {
    guard !failures.isEmpty else { return }
    for failure in failures { config?.metrics.countFailure(failure.reason, stream) }
    config?.failureLog.record(
      failures, transformation: transformation()?.name ?? "",
      requestID: EnvoySource.requestID(of: stream).map { String(decoding: $0, as: UTF8.self) })
  }

  /// Of the cookies that could not be added, one is told.
  func cookiesLeftOut(_ direction: Direction, of transformation: Transformation?, _ stream: EnvoyStream) {
    let message =
      "Envoy 1.36 lets modules set headers and not add to them, and cookies cannot be joined into one line"
    let reason = FailureReason("set_cookie_not_added")
    let failure = Failure(place: "\(direction.rawValue).add", reason: reason, message: message)
    failed([failure], of: transformation, stream)
  }

  /// A body that is read was left unread.
  func skipped(
    _ direction: Direction, _ reason: SkipReason, of transformation: Transformation?, _ stream: EnvoyStream
  ) {
    config?.metrics.countSkipped(reason, stream)
    guard ModuleLog.isEnabled(ENVOY_LOG_DEBUG) else { return }
    let name = (transformation?.name ?? "").printable
    ModuleLog.write(
      ENVOY_LOG_DEBUG,
      "\(direction.rawValue) body not read (reason=\(reason.rawValue) transformation=\(name))")
  }

  /// The client is answered in place of the upstream.
  func refused(_ reason: FailureReason, _ stream: EnvoyStream) {
    config?.metrics.countRefusal(reason, stream)
  }

  /// The configuration of the route lets no request pass.
  func obstructed(_ failure: Failure, _ obstacle: RouteObstacle, _ stream: EnvoyStream) {
    switch obstacle {
    case .foreign: failed([failure], of: nil, stream)
    // The log was told when the route came.
    case .missingFilter: config?.metrics.countFailure(failure.reason, stream)
    }
  }

  /// Errors of configurations that were loaded since the last stream began.
  func configurationFaults(_ stream: EnvoyStream) {
    let faults = ConfigurationFaults.take()
    if faults > 0 { config?.metrics.countConfigurationFaults(faults, stream) }
  }
}
