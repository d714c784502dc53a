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
  /// What all deframers of the connection hold.
  package internal(set) var bufferedBytes = 0
  private var share: HeldMemory.Share

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
  }

  /// What hears a stream of the connection.
  package func makeCall() -> any HTTP2StreamHandler { GRPCCall(connection: self) }

  package func takeCounts() -> CallCounts {
    hasNewCounts = false
    return counts
  }

  /// Whether there is room for what the connection holds, `unsentBytes` of answers with it.
  package func hasRoom(unsentBytes: Int) -> Bool { share.cover(bufferedBytes &+ unsentBytes) }
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
