package import HTTP2

/// What the calls of one connection share. Lives on the connection's event loop.
package final class ConnectionState {
  package let limits: TransportLimits
  let health: HealthService
  /// Of the connection's event loop.
  package let metrics: LoopMetrics
  package let refusals: StreamRefusals
  /// How the calls of the connection ended.
  @exclusivity(unchecked) package internal(set) var counts = CallCounts()
  /// What all deframers of the connection hold.
  @exclusivity(unchecked) var bufferedBytes = 0
  @exclusivity(unchecked) private var share: MemoryShare

  /// - Parameter budget: of the server; nil is one for this connection alone.
  package init(
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
  package func hasRoom(unsentBytes: Int) -> Bool { share.cover(bufferedBytes &+ unsentBytes) }
}

/// How calls ended. A cancelled one is no error: Envoy ends every `Process` call with RST_STREAM.
package struct CallCounts: Equatable, Sendable {
  package var started = 0
  /// Ended by us with status 0.
  package var succeeded = 0
  /// Ended by us with another status, refused, or reset.
  package var failed = 0
  /// Reset by the peer before we had ended.
  package var cancelled = 0
}

/// Makes the calls of a connection, for one type of handler.
package struct CallFactory: Sendable {
  package let make: @Sendable (HTTP2Stream, ConnectionState) -> any HTTP2StreamHandler

  package init<Handler: MessageHandler>(_ handler: Handler.Type, service: Handler.Service) {
    make = { GRPCCall<Handler>(stream: $0, connection: $1, service: service) }
  }
}
