internal import CEnvoyModule
internal import Synchronization
internal import Transformation

/// One line in Envoy's log for each phase that went wrong, and none while all goes well. A fault that every request
/// has fills no disk: of each reason one line a second, which says how many were left out.
final class FailureLog: Sendable {
  private struct Lines {
    /// When the last one was written, in nanoseconds.
    var last: UInt64
    var leftOut = 0
  }

  private static let secondsBetweenLines: UInt64 = 1

  private let lines = Mutex<[String: Lines]>([:])

  /// Logs the first and how many more there were.
  func record(_ failures: [Failure], transformation: String, requestID: @autoclosure () -> String?) {
    guard let first = failures.first, ModuleLog.isEnabled(ENVOY_LOG_WARN),
      let leftOut = mayWrite(first.reason.rawValue, at: process_nanoseconds())
    else { return }
    var line = "exchange failed: \(first.place): \(first.message.printable) (reason=\(first.reason.rawValue)"
    line += " transformation=\(transformation.printable)"
    if let requestID = requestID() { line += " x-request-id=\(requestID.printable)" }
    if failures.count > 1 { line += " more=\(failures.count - 1)" }
    if leftOut > 0 { line += " exchanges_not_logged=\(leftOut)" }
    ModuleLog.write(ENVOY_LOG_WARN, line + ")")
  }

  /// How many lines of this reason were left out since the last one; nil when this one is too.
  private func mayWrite(_ reason: String, at now: UInt64) -> Int? {
    lines.withLock { lines in
      guard let state = lines[reason] else {
        lines[reason] = Lines(last: now)
        return 0
      }
      guard now &- state.last >= FailureLog.secondsBetweenLines &* 1_000_000_000 else {
        lines[reason]?.leftOut &+= 1
        return nil
      }
      lines[reason] = Lines(last: now)
      return state.leftOut
    }
  }
}
