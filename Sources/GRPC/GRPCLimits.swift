package import HTTP2

/// Every bound of gRPC in one place, each with its reason, and HTTP/2's below it.
///
/// Envoy is a trusted neighbour, yet a broken one must not take the sidecar's memory: what a connection can hold is
/// bounded by `bufferedBytesMax`, by HTTP/2's `connectionUnsentBytesMax`, and by its `concurrentStreamsMax` times the
/// small size of a stream; what all hold together, by `HeldMemory`.
package struct GRPCLimits: Sendable {
  package var http2 = HTTP2Limits()

  // MARK: One connection

  /// Parts of messages that wait for their rest, on all streams of a connection together. A stream that would
  /// go over it ends with `RESOURCE_EXHAUSTED`.
  package var bufferedBytesMax = 256 << 20

  /// Results from elsewhere that wait for the connection's event loop: one for each stream. What comes beyond it is dropped,
  /// and who delivers is told.
  package var waitingResultsMax = 16_384

  // MARK: One call

  /// A gRPC message. Envoy has no limit of its own, and its buffers are configured in mebibytes.
  package var messageBytesMax = 64 << 20
  /// How long a message that has begun may take to arrive. Envoy sends whole ones; a stream that takes longer ends with
  /// `DEADLINE_EXCEEDED`.
  package var messageSeconds: UInt64 = 60
  /// `grpc-message`, before it is percent-encoded: it shares the peer's limit on headers with all else.
  package var statusMessageBytesMax = 1 << 10

  package init() {}
}
