/// The bounds of one `ProcessingRequest`, beside gRPC's on its length.
package struct MessageLimits: Sendable {
  /// The headers of a message, serialized. Envoy's `max_request_headers_kb` is 8,192 at most, and protobuf adds a few bytes
  /// to each header.
  package var headerMapBytesMax = 9 << 20
  /// The headers of a message. Envoy's `max_headers_count` is 100 by default, and has no bound.
  package var headersMax = 32_768

  package init() {}
}
