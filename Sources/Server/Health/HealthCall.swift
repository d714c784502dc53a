internal import CMessages
internal import CNghttp2
internal import HTTP2

/// The client's side of one `grpc.health.v1.Health/Check`: bytes in, bytes out. Owns an `nghttp2_session`.
///
/// It asks for the server as a whole, on the first stream of its connection, and does no I/O.
final class HealthCall {
  /// What came of the call.
  enum Outcome: Equatable {
    case status(HealthStatus)
    /// The server refused the call; the text says how.
    case refused(String)
  }

  /// An answer has two bytes, after the five of gRPC's prefix.
  private static let answerBytesMax = 256

  private var handle: OpaquePointer?
  private var httpStatus = ""
  private var grpcStatus = ""
  private var grpcMessage = ""
  private var body: [UInt8] = []
  private var isClosed = false

  init() throws(HTTP2Error) {
    let user = Unmanaged.passUnretained(self).toOpaque()
    var result = nghttp2_session_client_new(&handle, Self.callbacks, user)
    if result == 0 { result = nghttp2_submit_settings(handle, HTTP2Session.noFlags, nil, 0) }
    if result == 0 { result = submitRequest() }
    guard result == 0 else { throw HTTP2Error(code: result) }
  }

  deinit { nghttp2_session_del(handle) }

  private func submitRequest() -> Int32 {
    let fields: [(name: StaticString, value: StaticString)] = [
      (":method", "POST"), (":scheme", "http"), (":path", "/grpc.health.v1.Health/Check"),
      (":authority", "localhost"), ("content-type", "application/grpc"), ("te", "trailers"),
      ("user-agent", "swiftformations-healthcheck"),
    ]
    // nghttp2 copies both; it takes pointers to what it does not write to without `const`.
    let list = fields.map { field in
      nghttp2_nv(
        name: UnsafeMutablePointer(mutating: field.name.utf8Start),
        value: UnsafeMutablePointer(mutating: field.value.utf8Start),
        namelen: field.name.utf8CodeUnitCount, valuelen: field.value.utf8CodeUnitCount,
        flags: HTTP2Session.noFlags)
    }
    var provider = nghttp2_data_provider()
    provider.read_callback = Self.readRequest
    return min(nghttp2_submit_request(handle, nil, list, list.count, &provider, nil), 0)
  }

  // MARK: Bytes

  /// Takes bytes that have arrived.
  func receive(_ bytes: [UInt8]) throws(HTTP2Error) {
    let result = nghttp2_session_mem_recv(handle, bytes, bytes.count)
    guard result >= 0 else { throw HTTP2Error(code: Int32(clamping: result)) }
  }

  /// What has to go out now. Throws when what has arrived was no HTTP/2.
  func send() throws(HTTP2Error) -> [UInt8] {
    var output: [UInt8] = []
    while true {
      var frame: UnsafePointer<UInt8>?
      let count = nghttp2_session_mem_send(handle, &frame)
      guard count >= 0 else { throw HTTP2Error(code: Int32(clamping: count)) }
      guard count > 0, let frame else { break }
      output += UnsafeBufferPointer(start: frame, count: count)
    }
    // After the GOAWAY that tells a peer that it broke HTTP/2, nothing more is read.
    guard isClosed || nghttp2_session_want_read(handle) != 0 else {
      throw HTTP2Error(code: NGHTTP2_ERR_PROTO.rawValue)
    }
    return output
  }

  // MARK: Outcome

  /// Nil while the answer is not complete.
  var outcome: Outcome? {
    guard isClosed else { return nil }
    guard httpStatus == "200" else {
      return .refused(httpStatus.isEmpty ? "the stream was reset" : "HTTP status \(httpStatus)")
    }
    guard grpcStatus == "0" else {
      let message = grpcMessage.isEmpty ? "" : " (\(grpcMessage))"
      return .refused(grpcStatus.isEmpty ? "no gRPC status" : "gRPC status \(grpcStatus)\(message)")
    }
    guard let status = decodedBody else { return .refused("an answer that is no HealthCheckResponse") }
    return .status(status)
  }

  private var decodedBody: HealthStatus? {
    // One message, not compressed, with its length (gRPC over HTTP/2, "Length-Prefixed-Message").
    guard body.count >= 5, body[..<4].allSatisfy({ $0 == 0 }), Int(body[4]) == body.count - 5 else {
      return nil
    }
    let message = Array(body[5...])
    guard
      let response = grpc__health__v1__health_check_response__unpack(nil, message.count, message)
    else { return nil }
    defer { grpc__health__v1__health_check_response__free_unpacked(response, nil) }
    return UInt8(exactly: response.pointee.status.rawValue).flatMap(HealthStatus.init)
  }

  // MARK: Events from nghttp2

  /// Written once, before any call is made.
  private nonisolated(unsafe) static let callbacks: OpaquePointer? = {
    var callbacks: OpaquePointer?
    guard nghttp2_session_callbacks_new(&callbacks) == 0 else { return nil }
    nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader)
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onData)
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onClose)
    return callbacks
  }()

  private static func with(_ user: UnsafeMutableRawPointer?, _ body: (HealthCall) -> Void) {
    guard let user else { return }
    Unmanaged<HealthCall>.fromOpaque(user)._withUnsafeGuaranteedRef(body)
  }

  /// An empty HealthCheckRequest: the prefix alone.
  private static let readRequest: nghttp2_data_source_read_callback = { _, _, buffer, room, flags, _, _ in
    guard let buffer, let flags, room >= 5 else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
    buffer.update(repeating: 0, count: 5)
    flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
    return 5
  }

  private static let onHeader: nghttp2_on_header_callback = {
    _, _, name, nameCount, value, valueCount, _, user in
    let name = String(decoding: UnsafeRawBufferPointer(start: name, count: nameCount), as: UTF8.self)
    let value = String(decoding: UnsafeRawBufferPointer(start: value, count: valueCount), as: UTF8.self)
    with(user) { call in
      switch name {
      case ":status": call.httpStatus = value
      case "grpc-status": call.grpcStatus = value
      case "grpc-message": call.grpcMessage = value
      default: break
      }
    }
    return 0
  }

  private static let onData: nghttp2_on_data_chunk_recv_callback = { _, _, _, bytes, count, user in
    with(user) { call in
      guard call.body.count + count <= answerBytesMax else { return }
      call.body += UnsafeBufferPointer(start: bytes, count: count)
    }
    return 0
  }

  private static let onClose: nghttp2_on_stream_close_callback = { _, _, _, user in
    with(user) { $0.isClosed = true }
    return 0
  }
}
