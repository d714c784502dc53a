internal import CEnvoyModule
internal import Transformation

/// One line in Envoy's log for each phase that went wrong, and none while all goes well. A fault that every request
/// has fills no disk: of each reason one line a second, which says how many were left out.
final class FailureLog: Sendable {
  static let linesPerSecond = 1

  private let limiter = LogLimiter(linesPerSecond: FailureLog.linesPerSecond)

  /// Logs the first and how many more there were.
  func record(_ failures: [Failure], transformation: String, requestID: @autoclosure () -> String?) {
    guard let first = failures.first, ModuleLog.isEnabled(ENVOY_LOG_WARN) else { return }
    let reason = first.reason.rawValue
    guard limiter.admits(reason, now: process_nanoseconds()) else { return }
    var line = "exchange failed: \(first.place): \(first.message.printable) (reason=\(reason)"
    line += " transformation=\(transformation.printable)"
    if let requestID = requestID() { line += " x-request-id=\(requestID.printable)" }
    if failures.count > 1 { line += " more=\(failures.count - 1)" }
    let leftOut = limiter.takeLeftOut(reason)
    if leftOut > 0 { line += " exchanges_not_logged=\(leftOut)" }
    ModuleLog.write(ENVOY_LOG_WARN, line + ")")
  }
}
