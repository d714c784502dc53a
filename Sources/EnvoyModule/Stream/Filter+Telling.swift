internal import CEnvoyModule
internal import Transformation

/// What goes into Envoy's log and statistics.
extension Filter {
  func tellFailures(_ failures: [Failure], _ stream: EnvoyStream) {
    guard !failures.isEmpty else { return }
    for failure in failures { config?.metrics.countFailure(failure.reason, stream) }
    log(failures, stream)
  }

  func tellSkipped(_ direction: Direction, _ reason: SkipReason, _ stream: EnvoyStream) {
    config?.metrics.countSkipped(reason, stream)
    guard ModuleLog.isEnabled(ENVOY_LOG_DEBUG) else { return }
    let name = (exchange?.transformation.name ?? "").printable
    ModuleLog.write(
      ENVOY_LOG_DEBUG,
      "\(direction.rawValue) body not read (reason=\(reason.rawValue) transformation=\(name))")
  }

  func tellCookiesLeftOut(_ direction: Direction, _ stream: EnvoyStream) {
    let reason = FailureReason("set_cookie_not_added")
    config?.metrics.countFailure(reason, stream)
    let message =
      "Envoy 1.36 lets modules set headers and not add to them, and cookies cannot be joined into one line"
    log([Failure(place: "\(direction.rawValue).add", reason: reason, message: message)], stream)
  }

  func log(_ failures: [Failure], _ stream: EnvoyStream) {
    config?.failureLog.record(
      failures, transformation: exchange?.transformation.name ?? "",
      requestID: EnvoySource.requestID(of: stream).map { String(decoding: $0, as: UTF8.self) })
  }
}
