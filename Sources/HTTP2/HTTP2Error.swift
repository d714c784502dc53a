internal import CNghttp2

/// Why a connection cannot go on: the peer broke HTTP/2, or memory ran out.
package struct HTTP2Error: Error, Equatable, CustomStringConvertible {
  /// nghttp2's number (`nghttp2_error`), negative.
  package let code: Int32

  package init(code: Int32) { self.code = code }

  package var description: String { String(cString: nghttp2_strerror(code)) }
}
