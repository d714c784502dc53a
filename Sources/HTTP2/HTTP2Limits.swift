/// Every bound of HTTP/2 in one place, each with its reason.
package struct HTTP2Limits: Sendable {
  // MARK: One connection

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
  /// Answers that the peer's windows do not let us send, on all streams together. A stream that would go over it is
  /// reset with ENHANCE_YOUR_CALM. Room for the largest message and for many usual ones.
  package var connectionUnsentBytesMax = 128 << 20
  /// Frames that wait to be sent: above it nothing more is looked at until they are gone.
  package var waitingFramesMax = 128
  /// Streams that are closed and kept to be used again.
  package var idleStreamsMax = 256

  // MARK: One stream

  /// Answers that the peer's window does not let us send: above it the stream's own window stays shut.
  package var unsentBytesMax = 1 << 20
  /// Buffers of a stream that are larger are freed when they are empty; smaller ones are kept for the next use.
  package var retainedBytesMax = 16 << 10

  package init() {}
}
