internal import Synchronization

/// Results on their way to the calls of one connection. Filled from any thread, emptied on the connection's event loop.
///
/// All that a handle keeps alive: it knows no calls, lets go of the connection when that is over, and is empty then.
final class ResultQueue: Sendable {
  typealias Deliver = @Sendable (any CallHandler, inout OutgoingMessages) -> GRPCStatus?

  struct Entry: Sendable {
    /// Of the call.
    let number: UInt64
    let deliver: Deliver
  }

  private struct State {
    var entries: [Entry] = []
    /// Nil before the connection is there, and when it is over.
    var wake: (@Sendable () -> Void)?
  }

  private let entriesMax: Int
  private let state = Mutex(State())

  init(entriesMax: Int) { self.entriesMax = entriesMax }

  func open(wake: @escaping @Sendable () -> Void) { state.withLock { $0.wake = wake } }

  /// The connection is over: what waits is dropped, and so is what comes later.
  func close() {
    // What is dropped goes when the lock is open again: it may run code of others.
    _ = state.withLock { state in
      defer { state = State() }
      return state
    }
  }

  /// False where it is dropped. Wakes the loop for the first that waits; under the lock, so that nothing does after `close`.
  func append(_ number: UInt64, _ deliver: @escaping Deliver) -> Bool {
    state.withLock { state in
      guard let wake = state.wake, state.entries.count < entriesMax else { return false }
      state.entries.append(Entry(number: number, deliver: deliver))
      if state.entries.count == 1 { wake() }
      return true
    }
  }

  /// All that wait. The next to come wakes anew.
  func takeAll() -> [Entry] {
    state.withLock { state in
      let entries = state.entries
      state.entries = []
      return entries
    }
  }
}
