internal import CNghttp2

/// A stream that this side has reset without an answer, or a connection that it has ended for a fault of the peer.
package struct HTTP2Reset: Equatable {
  package enum Scope: Equatable {
    case stream
    /// `streams` were open.
    case connection(streams: Int)
  }

  /// RFC 9113 section 7.
  let errorCode: UInt32
  /// What nghttp2 found wrong, where it was the one to find it.
  package let cause: HTTP2Error?
  package let scope: Scope

  /// `PROTOCOL_ERROR` and the like: short and stable, one of a few.
  package var name: String { String(cString: nghttp2_http2_strerror(errorCode)) }
}
