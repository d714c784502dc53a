package import HTTP2

/// What the calls of one connection share. Lives on the connection's event loop.
package final class ConnectionState {
  package let limits: GRPCLimits
  let methods: MethodTable
  let onRefusal: (CallRefusal) -> Void
  /// How the calls of the connection ended.
  package internal(set) var counts = CallCounts() {
    didSet { hasNewCounts = true }
  }
  /// `counts` has changed since it was last taken.
  package private(set) var hasNewCounts = false
  /// A call has come that may take its time: not only calls that `isUrgent`.
  package internal(set) var mayBeBusy = false
  /// What all deframers of the connection hold.
  package internal(set) var bufferedBytes = 0
  /// What its calls hold beside that.
  var callBytes = 0
  /// Set by the connection: what it has read and not looked at yet, and what it has written and the kernel has not taken.
  package var inputBytes = 0
  package var outputBytes = 0
  private var share: HeldMemory.Share
  let results: ResultQueue
  /// Calls that have a handle, by their numbers.
  private var reachable: [UInt64: ReachableCall] = [:]
  private var lastNumber: UInt64 = 0

  private struct ReachableCall {
    /// Its stream holds it; it leaves `reachable` before it goes.
    unowned(unsafe) let call: GRPCCall
  }

  /// - Parameters:
  ///   - held: of all connections.
  ///   - onRefusal: told of each call that is refused before any of its messages is looked at.
  package init(
    limits: GRPCLimits, methods: MethodTable, held: HeldMemory, onRefusal: @escaping (CallRefusal) -> Void
  ) {
    self.limits = limits
    self.methods = methods
    self.onRefusal = onRefusal
    share = HeldMemory.Share(of: held)
    results = ResultQueue(entriesMax: limits.waitingResultsMax)
  }

  /// What hears a stream of the connection.
  package func makeCall() -> any HTTP2StreamHandler { GRPCCall(connection: self) }

  // MARK: Results from elsewhere

  /// From now on results are taken.
  ///
  /// - Parameter wake: called on any thread when results wait; brings about `deliverResults()` on the event loop, and a
  ///   flush. Called under a lock: it does nothing else.
  package func openResults(wake: @escaping @Sendable () -> Void) { results.open(wake: wake) }

  /// The connection is over: what is on its way is dropped.
  package func closeResults() { results.close() }

  /// Hands what waits to the calls that are still there. Answers may follow at their streams.
  package func deliverResults() {
    for entry in results.takeAll() {
      guard let call = reachable[entry.number]?.call else { continue }
      call.receive(entry.deliver)
    }
  }

  /// The number of a call that wants results.
  func register(_ call: GRPCCall) -> UInt64 {
    lastNumber &+= 1
    reachable[lastNumber] = ReachableCall(call: call)
    return lastNumber
  }

  func forget(_ number: UInt64) { reachable[number] = nil }

  // MARK: Counts and memory

  package func takeCounts() -> CallCounts {
    hasNewCounts = false
    return counts
  }

  /// Whether there is room for one connection more.
  package func isAdmitted() -> Bool { share.cover(Self.ownBytes) }

  /// Whether there is room for all that the connection makes the process hold. One that holds next to nothing, such as a
  /// health check's, is never refused.
  ///
  /// - Parameter answerStorageBytes: of its HTTP/2 session.
  package func hasRoom(answerStorageBytes: Int) -> Bool {
    let held = callBytes &+ bufferedBytes &+ inputBytes &+ outputBytes &+ answerStorageBytes
    return share.cover(Self.ownBytes &+ held) || held <= Self.freeBytes
  }

  /// What a connection without calls takes: nghttp2's session with its tables, the channel, a buffer for output.
  private static let ownBytes = 48 << 10
  /// A few calls without messages.
  private static let freeBytes = 16 << 10
}

/// How calls ended. A cancelled one is no error: Envoy ends every `Process` call with RST_STREAM.
package struct CallCounts: Equatable, Sendable {
  package var started: Int
  /// Ended by us with status 0.
  package var succeeded: Int
  /// Ended by us with another status, refused, or reset.
  package var failed: Int
  /// Reset by the peer before we had ended.
  package var cancelled: Int

  package init(started: Int = 0, succeeded: Int = 0, failed: Int = 0, cancelled: Int = 0) {
    self.started = started
    self.succeeded = succeeded
    self.failed = failed
    self.cancelled = cancelled
  }
}
