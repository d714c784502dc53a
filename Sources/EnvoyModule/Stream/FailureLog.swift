internal import CEnvoyModule
internal import Synchronization
internal import Transformation

/// One line in Envoy's log for each phase that went wrong, and none while all goes well. A fault that every request
/// has fills no disk: one line a second, which says how many were left out.
final class FailureLog: Sendable {
  struct Entry {
    /// `request.set[0]`
    let place: String
    let reason: String
    let message: String
  }

  private static let nanosecondsBetweenLines: UInt64 = 1_000_000_000

  /// When the last line was written; 0 before the first.
  private let lastLine = Atomic<UInt64>(0)
  private let leftOut = Atomic<Int>(0)

  /// Logs the first entry and how many more there were.
  func record(_ entries: [Entry], transformation: String, requestID: @autoclosure () -> String?) {
    guard let first = entries.first, ModuleLog.isEnabled(ENVOY_LOG_WARN) else { return }
    let now = max(1, process_nanoseconds())
    let last = lastLine.load(ordering: .relaxed)
    guard last == 0 || now &- last >= FailureLog.nanosecondsBetweenLines,
      lastLine.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
    else {
      leftOut.add(1, ordering: .relaxed)
      return
    }
    let silent = leftOut.exchange(0, ordering: .relaxed)
    var line = "exchange failed: \(first.place): \(first.message.printable) (reason=\(first.reason)"
    line += " transformation=\(transformation.printable)"
    if let requestID = requestID() { line += " x-request-id=\(requestID.printable)" }
    if entries.count > 1 { line += " more=\(entries.count - 1)" }
    if silent > 0 { line += " exchanges_not_logged=\(silent)" }
    ModuleLog.write(ENVOY_LOG_WARN, line + ")")
  }
}

extension FailureLog.Entry {
  init(_ failure: Failure) {
    self.init(place: failure.place, reason: failure.reason.rawValue, message: failure.message)
  }
}
