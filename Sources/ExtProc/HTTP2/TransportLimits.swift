/// Every bound of the transport in one place, each with its reason.
///
/// Envoy is a trusted neighbour, yet a broken one must not take the sidecar's memory: what a connection can hold is
/// bounded by `bufferedBytesMax`, by `connectionUnsentBytesMax`, and by `concurrentStreamsMax` times the small size of
/// a stream; what all hold together, by `heldBytesMax`.
package struct TransportLimits: Sendable {
  // MARK: One server

  /// Connections at once; one more is closed as soon as it is accepted. Envoy opens one for each worker thread and
  /// filter, so this is far from what it needs and near to what file descriptors allow.
  package var connectionsMax = 4_096
  /// Connections that the kernel holds for us before they are accepted (`listen(2)`).
  package var acceptBacklog: Int32 = 1_024

  /// Incomplete messages, and answers that are not taken, of all connections together. A stream that would go over it
  /// ends with `RESOURCE_EXHAUSTED`.
  package var heldBytesMax = 1 << 30

  // MARK: One connection

  /// TCP keepalive (tcp(7)): silence before the first probe, between probes, and how many go unanswered: 2 minutes.
  package var keepaliveIdleSeconds: Int = 60
  package var keepaliveIntervalSeconds: Int = 10
  package var keepaliveProbes: Int = 6
  /// `SETTINGS_MAX_CONCURRENT_STREAMS`. Envoy opens a stream for each exchange, and all that wait when it connects
  /// at once, before it has read our settings. A stream over the limit is an error 500 for somebody: be generous.
  package var concurrentStreamsMax: UInt32 = 16_384
  /// `SETTINGS_INITIAL_WINDOW_SIZE`: what a peer may send on a stream before we take note. Less than a body makes it
  /// wait for a round trip.
  package var streamWindowBytes: Int32 = 4 << 20
  /// What a peer may send on all streams together before we take note.
  package var connectionWindowBytes: Int32 = 32 << 20
  /// `SETTINGS_MAX_HEADER_LIST_SIZE`, counted as RFC 9113 section 6.5.2 has it. Room for the largest value that
  /// nghttp2 takes (64 KiB): a whole configuration may come in a header.
  package var headerListBytesMax = 128 << 10
  /// Parts of messages that wait for their rest, on all streams of a connection together. A stream that would
  /// go over it ends with `RESOURCE_EXHAUSTED`.
  package var bufferedBytesMax = 256 << 20
  /// Answers that the peer's windows do not let us send, on all streams together. A stream that would go over it is
  /// reset with ENHANCE_YOUR_CALM. Room for the largest message and for many usual ones.
  package var connectionUnsentBytesMax = 128 << 20
  /// Streams that are closed and kept to be used again.
  package var idleStreamsMax = 256
  /// Bytes that one write to the socket carries at most.
  package var writeBytesMax = 256 << 10
  /// The read buffer grows up to this while reads fill it.
  package var readBytesMax = 256 << 10
  /// Output that the kernel did not take: above it we produce no more frames and read no more requests.
  package var unwrittenBytesMax = 512 << 10
  /// How long a new connection may take until it has said that it speaks HTTP/2 (and has shaken hands, with TLS).
  package var startSeconds: UInt64 = 10
  /// How long a connection that drains waits for the peer to say that it has seen the first GOAWAY.
  package var drainRoundTripSeconds = 1

  // MARK: One stream

  /// A gRPC message. Envoy has no limit of its own, and its buffers are configured in mebibytes.
  package var messageBytesMax = 64 << 20
  /// How long a message that has begun may take to arrive. Envoy sends whole ones; a stream that takes longer ends with
  /// `DEADLINE_EXCEEDED`.
  package var messageSeconds: UInt64 = 60
  /// Answers that the peer's window does not let us send: above it the stream's own window stays shut.
  package var unsentBytesMax = 1 << 20
  /// Buffers of a stream that are larger are freed when they are empty; smaller ones are kept for the next use.
  package var retainedBytesMax = 16 << 10
  /// `grpc-message`, before it is percent-encoded: it shares the peer's limit on headers with all else.
  package var statusMessageBytesMax = 1 << 10

  package init() {}
}
