internal import ExtProc
internal import GRPC

/// What one event loop counts of its connections and their streams.
final class ConnectionCounters: Sendable {
  enum Counter: Int, CaseIterable {
    case connectionsOpened, connectionsClosed, connectionsStalled
    case bytesReceived, bytesSent
    case streamsStarted, streamsSucceeded, streamsFailed, streamsCancelled
  }

  private let cells = CounterCells(count: Counter.allCases.count)

  /// On the loop only.
  func add(_ counter: Counter, _ amount: Int = 1) {
    cells.add(UInt64(clamping: amount), at: counter.rawValue)
  }

  /// Counts what a connection's calls have come to since `before`. On the loop only.
  func add(_ counts: CallCounts, since before: CallCounts) {
    add(.streamsStarted, counts.started &- before.started)
    add(.streamsSucceeded, counts.succeeded &- before.succeeded)
    add(.streamsFailed, counts.failed &- before.failed)
    add(.streamsCancelled, counts.cancelled &- before.cancelled)
  }

  /// Anywhere.
  subscript(_ counter: Counter) -> UInt64 { cells[counter.rawValue] }
}
