internal import CNghttp2

/// Why a connection cannot go on: the peer broke HTTP/2, or memory ran out.
struct HTTP2Error: Error, Equatable, CustomStringConvertible {
  /// nghttp2's number (`nghttp2_error`), negative.
  let code: Int32
  var description: String { String(cString: nghttp2_strerror(code)) }
}
