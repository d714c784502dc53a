package import GRPC

/// Every bound of the server in one place, each with its reason, and those of what its connections speak.
package struct ServerLimits: Sendable {
  package var grpc = GRPCLimits()

  // MARK: One server

  /// Connections at once; one more is closed as soon as it is accepted. Envoy opens one for each worker thread and
  /// filter, so this is far from what it needs and near to what file descriptors allow.
  package var connectionsMax = 4_096
  /// So many are served also when there is no memory left for one more: those of health checks are among them.
  package var connectionsAlwaysAdmitted = 128
  /// Connections that the kernel holds for us before they are accepted (`listen(2)`).
  package var acceptBacklog: Int32 = 1_024

  // MARK: One connection

  /// TCP keepalive (tcp(7)): silence before the first probe, between probes, and how many go unanswered: 2 minutes.
  package var keepaliveIdleSeconds: Int = 60
  package var keepaliveIntervalSeconds: Int = 10
  package var keepaliveProbes: Int = 6
  /// Bytes that one write to the socket carries at most, or a frame more. While the kernel has not taken them, we produce no
  /// more frames and read no more requests.
  package var writeBytesMax = 128 << 10
  /// The read buffer grows up to this while reads fill it.
  package var readBytesMax = 64 << 10
  /// How long a peer may take none of what waits for it, until its connection ends. Envoy reads all the time.
  package var stalledSeconds: UInt64 = 30
  /// How long a new connection may take until it has said that it speaks HTTP/2 (and has shaken hands, with TLS).
  package var startSeconds: UInt64 = 10
  /// How long a connection that drains waits for the peer to say that it has seen the first GOAWAY.
  package var drainRoundTripSeconds = 1

  package init() {}
}
