import NIOCore
import NIOHTTP1

/// One response, before it is framed.
struct Reply {
  enum Body {
    /// Sent with a content-length.
    case whole(ByteBuffer)
    /// Sent chunked, one piece after the other with `interval` between them.
    case pieces([ByteBuffer], interval: TimeAmount)
  }

  var status: HTTPResponseStatus = .ok
  var headers = HTTPHeaders()
  var body = Body.whole(ByteBuffer())
  /// When present the body is sent chunked, because only then are trailers possible.
  var trailers: HTTPHeaders?
  /// How long to wait before the head is sent.
  var delay: TimeAmount = .zero

  static func json(_ json: JSONText, status: HTTPResponseStatus = .ok) -> Reply {
    bytes(Array((json.text + "\n").utf8), type: "application/json", status: status)
  }

  static func bytes(_ bytes: [UInt8], type: String, status: HTTPResponseStatus = .ok) -> Reply {
    Reply(status: status, headers: ["content-type": type], body: .whole(ByteBuffer(bytes: bytes)))
  }
}
