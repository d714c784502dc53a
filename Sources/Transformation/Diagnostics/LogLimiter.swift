internal import Synchronization

/// Lets a few log lines of each reason pass in a second, and counts the others: what fails with every request must not
/// become a load of its own.
package final class LogLimiter: Sendable {
  package static let linesPerSecond = 10

  private struct Window {
    var start: UInt64
    var lines = 0
    var leftOut = 0
  }

  private struct State {
    /// By reason, of which there are a few dozen.
    var windows: [String: Window] = [:]
    var leftOut: UInt64 = 0
  }

  private static let windowNanoseconds: UInt64 = 1_000_000_000

  private let linesPerSecond: Int
  private let state = Mutex(State())

  package init(linesPerSecond: Int = LogLimiter.linesPerSecond) { self.linesPerSecond = linesPerSecond }

  /// Lines left out since the start.
  package var leftOut: UInt64 { state.withLock { $0.leftOut } }

  /// Whether a line may be written.
  ///
  /// - Parameter now: monotonic, nanoseconds; of two threads the later one may come first.
  package func admits(_ reason: String, now: UInt64) -> Bool {
    state.withLock { state in
      var window = state.windows[reason] ?? Window(start: now)
      if now >= window.start &+ LogLimiter.windowNanoseconds {
        window.start = now
        window.lines = 0
      }
      let isAdmitted = window.lines < linesPerSecond
      if isAdmitted {
        window.lines &+= 1
      } else {
        window.leftOut &+= 1
        state.leftOut &+= 1
      }
      state.windows[reason] = window
      return isAdmitted
    }
  }

  /// How many lines of a reason were left out since it was last asked.
  package func takeLeftOut(_ reason: String) -> Int {
    state.withLock { state in
      let count = state.windows[reason]?.leftOut ?? 0
      if count > 0 { state.windows[reason]?.leftOut = 0 }
      return count
    }
  }

  /// The same for all reasons of which there were some.
  package func takeLeftOut() -> [(reason: String, count: Int)] {
    state.withLock { state in
      var list: [(reason: String, count: Int)] = []
      for (reason, window) in state.windows where window.leftOut > 0 {
        list.append((reason, window.leftOut))
        state.windows[reason]?.leftOut = 0
      }
      return list.sorted { $0.reason < $1.reason }
    }
  }
}
