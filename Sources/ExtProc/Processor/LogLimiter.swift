internal import Synchronization

/// Lets a few log lines of each reason pass in a second, and counts the others: what fails with every request must not
/// become a load of its own.
package final class LogLimiter: Sendable {
  static let linesPerSecond = 10

  private struct Window {
    var start: UInt64
    var lines = 0
    var leftOut = 0
  }

  private static let windowNanoseconds: UInt64 = 1_000_000_000

  /// By reason, of which there are a few dozen.
  private let windows = Mutex<[String: Window]>([:])
  private let total = Atomic<UInt64>(0)

  package init() {}

  /// Lines left out since the start.
  var leftOut: UInt64 { total.load(ordering: .relaxed) }

  /// Whether a line may be written.
  ///
  /// - Parameter now: monotonic, nanoseconds.
  package func admits(_ reason: String, now: UInt64) -> Bool {
    windows.withLock { windows in
      var window = windows[reason] ?? Window(start: now)
      if now &- window.start >= Self.windowNanoseconds {
        window.start = now
        window.lines = 0
      }
      defer { windows[reason] = window }
      if window.lines < Self.linesPerSecond {
        window.lines += 1
        return true
      }
      window.leftOut += 1
      total.add(1, ordering: .relaxed)
      return false
    }
  }

  /// How many lines of which reasons were left out since it was last asked.
  func takeLeftOut() -> [(reason: String, count: Int)] {
    windows.withLock { windows in
      var list: [(reason: String, count: Int)] = []
      for (reason, window) in windows where window.leftOut > 0 {
        list.append((reason, window.leftOut))
        windows[reason]?.leftOut = 0
      }
      return list.sorted { $0.reason < $1.reason }
    }
  }
}
