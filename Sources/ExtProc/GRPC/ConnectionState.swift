/// What the calls of one connection share. Lives on the connection's event loop.
final class ConnectionState {
  let limits: TransportLimits
  let health: HealthService
  /// Of the connection's event loop.
  let metrics: LoopMetrics
  let refusals: StreamRefusals
  /// How the calls of the connection ended.
  var counts = CallCounts()
  /// What all deframers of the connection hold.
  var bufferedBytes = 0
  private var share: MemoryShare

  /// - Parameter budget: of the server; nil is one for this connection alone.
  init(
    limits: TransportLimits, health: HealthService, metrics: LoopMetrics = LoopMetrics(),
    refusals: StreamRefusals = StreamRefusals(), budget: MemoryBudget? = nil
  ) {
    self.refusals = refusals
    share = MemoryShare(of: budget ?? MemoryBudget(bytesMax: limits.heldBytesMax))
    self.limits = limits
    self.health = health
    self.metrics = metrics
  }

  /// Whether the server has room for what the connection holds, `unsentBytes` of answers with it.
  func hasRoom(unsentBytes: Int) -> Bool { share.cover(bufferedBytes &+ unsentBytes) }
}

/// How calls ended. A cancelled one is no error: Envoy ends every `Process` call with RST_STREAM.
struct CallCounts: Equatable, Sendable {
  var started = 0
  /// Ended by us with status 0.
  var succeeded = 0
  /// Ended by us with another status, refused, or reset.
  var failed = 0
  /// Reset by the peer before we had ended.
  var cancelled = 0
}

/// Makes the stream objects of a connection, for one type of handler.
package struct CallFactory: Sendable {
  let make: @Sendable (HTTP2Session, ConnectionState) -> HTTP2Stream

  package init<Handler: MessageHandler>(_ handler: Handler.Type, service: Handler.Service) {
    make = { GRPCCall<Handler>(session: $0, connection: $1, service: service) }
  }
}
