internal import CNghttp2

// The C side: each callback unwraps its pointers, calls one method and returns a code. Both tables are made once and
// copied by each session. `_withUnsafeGuaranteedRef` spares two atomic operations a callback; the session outlives
// every call into nghttp2, and a stream is held by its session until it is closed.

extension HTTP2Session {
  package static let noFlags = UInt8(NGHTTP2_FLAG_NONE.rawValue)
  private static let endStream = UInt8(NGHTTP2_FLAG_END_STREAM.rawValue)
  private static let acknowledgement = UInt8(NGHTTP2_FLAG_ACK.rawValue)
  private static let headers = UInt8(NGHTTP2_HEADERS.rawValue)
  private static let data = UInt8(NGHTTP2_DATA.rawValue)
  private static let settings = UInt8(NGHTTP2_SETTINGS.rawValue)
  private static let reset = UInt8(NGHTTP2_RST_STREAM.rawValue)
  private static let goAway = UInt8(NGHTTP2_GOAWAY.rawValue)
  private static let ping = UInt8(NGHTTP2_PING.rawValue)
  private static let frameHeaderBytes = 9

  /// Written once, before any session is made.
  nonisolated(unsafe) static let options: OpaquePointer? = {
    var options: OpaquePointer?
    guard nghttp2_option_new(&options) == 0 else { return nil }
    // Closed streams are of use for RFC 7540 priorities only, and would pile up to the limit of open ones.
    nghttp2_option_set_no_closed_streams(options, 1)
    // Envoy ends every ext_proc stream with RST_STREAM; the default of 33 a second would end the connection. Its
    // harm (streams opened and reset without end) is bounded by one event loop's time: a reset frees all at once.
    nghttp2_option_set_stream_reset_rate_limit(options, UInt64.max / 2, UInt64.max / 2)
    // We say what is used up, so that a stream whose answers are not taken can be held back.
    nghttp2_option_set_no_auto_window_update(options, 1)
    // Envoy names its cluster in `:authority`, and a cluster's name may be anything ("outbound|80||host", "a/b"): nghttp2
    // would refuse the stream. What of its checks matters to gRPC, `RequestHead` does; nobody stands behind us whom
    // a request that both read differently could mislead.
    nghttp2_option_set_no_http_messaging(options, 1)
    // No PUSH: the peer is a client.
    nghttp2_option_set_max_reserved_remote_streams(options, 0)
    return options
  }()

  /// Written once, before any session is made.
  nonisolated(unsafe) static let callbacks: OpaquePointer? = {
    var callbacks: OpaquePointer?
    guard nghttp2_session_callbacks_new(&callbacks) == 0 else { return nil }
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, onBeginHeaders)
    nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader)
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, onFrameReceived)
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onDataChunk)
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onStreamClose)
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, onFrameSent)
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, onInvalidFrame)
    nghttp2_session_callbacks_set_send_data_callback(callbacks, sendBody)
    return callbacks
  }()

  private static func with(_ user: UnsafeMutableRawPointer?, _ body: (HTTP2Session) -> Void) {
    guard let user else { return }
    Unmanaged<HTTP2Session>.fromOpaque(user)._withUnsafeGuaranteedRef(body)
  }

  private static func withStream(_ handle: OpaquePointer?, _ id: Int32, _ body: (HTTP2Stream) -> Void) {
    guard let pointer = nghttp2_session_get_stream_user_data(handle, id) else { return }
    Unmanaged<HTTP2Stream>.fromOpaque(pointer)._withUnsafeGuaranteedRef(body)
  }

  private static let onBeginHeaders: nghttp2_on_begin_headers_callback = { _, frame, user in
    guard let frame, frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST else { return 0 }
    with(user) { $0.openStream(id: frame.pointee.hd.stream_id) }
    return 0
  }

  private static let onHeader: nghttp2_on_header_callback = {
    handle, frame, name, nameCount, value, valueCount, _, _ in
    // Trailers of a request mean nothing to gRPC.
    guard let frame, frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST else { return 0 }
    withStream(handle, frame.pointee.hd.stream_id) { stream in
      stream.handler.receiveHeader(
        name: UnsafeRawBufferPointer(start: name, count: nameCount),
        value: UnsafeRawBufferPointer(start: value, count: valueCount))
    }
    return 0
  }

  private static let onFrameReceived: nghttp2_on_frame_recv_callback = { handle, frame, user in
    guard let frame else { return 0 }
    let head = frame.pointee.hd
    switch head.type {
    case headers, data:
      withStream(handle, head.stream_id) { stream in
        let isEnd = head.flags & endStream != 0
        if head.type == headers {
          if frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST {
            stream.handler.receiveHeadEnd(on: stream)
          } else if !isEnd {
            // RFC 9113 section 8.1: a second head that ends nothing is malformed.
            with(user) { $0.reset(head.stream_id, NGHTTP2_PROTOCOL_ERROR) }
          }
        }
        if isEnd { stream.endPeer() }
      }
    case ping:
      if head.flags & acknowledgement != 0 { with(user) { $0.receivePingAcknowledgement() } }
    case settings:
      // The first frame of each peer.
      with(user) { $0.receiveSettings() }
    default:
      break
    }
    return 0
  }

  private static let onDataChunk: nghttp2_on_data_chunk_recv_callback = { handle, _, id, bytes, count, user in
    var pauses = false
    with(user) { session in
      let bytes = UnsafeRawBufferPointer(start: bytes, count: count)
      session.noteBody(bytes.count)
      withStream(handle, id) { session.receiveBody(bytes, on: $0) }
      pauses = session.pausesHere()
    }
    return pauses ? NGHTTP2_ERR_PAUSE.rawValue : 0
  }

  private static let onStreamClose: nghttp2_on_stream_close_callback = { handle, id, errorCode, user in
    guard let pointer = nghttp2_session_get_stream_user_data(handle, id) else { return 0 }
    // Taken with a reference of its own: the session lets go of it in the call.
    let stream = Unmanaged<HTTP2Stream>.fromOpaque(pointer).takeUnretainedValue()
    with(user) { $0.closeStream(stream, errorCode: errorCode) }
    return 0
  }

  private static let onFrameSent: nghttp2_on_frame_send_callback = { handle, frame, user in
    guard let frame else { return 0 }
    let head = frame.pointee.hd
    switch head.type {
    case headers where head.flags & endStream != 0:
      with(user) { session in withStream(handle, head.stream_id) { session.endOfStreamSent(on: $0) } }
    case reset:
      with(user) { session in
        withStream(handle, head.stream_id) { $0.noteReset() }
        session.resetSent(on: head.stream_id, errorCode: frame.pointee.rst_stream.error_code)
      }
    case goAway: with(user) { $0.goAwaySent(errorCode: frame.pointee.goaway.error_code) }
    default: break
    }
    return 0
  }

  /// A frame that nghttp2 does not take; it resets the stream, or ends the connection.
  private static let onInvalidFrame: nghttp2_on_invalid_frame_recv_callback = { _, frame, code, user in
    guard let frame else { return 0 }
    with(user) { $0.noteInvalidFrame(on: frame.pointee.hd.stream_id, HTTP2Error(code: code)) }
    return 0
  }

  /// nghttp2 asks how long the next DATA frame of a stream is. The bytes themselves are copied once, by `sendBody`.
  static let readBody: nghttp2_data_source_read_callback = { _, _, _, room, flags, source, _ in
    guard let pointer = source?.pointee.ptr, let flags else {
      return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
    }
    return Unmanaged<HTTP2Stream>.fromOpaque(pointer)._withUnsafeGuaranteedRef { stream in
      let (count, isLast) = stream.takeFrame(room: room)
      guard count > 0 else { return Int(NGHTTP2_ERR_DEFERRED.rawValue) }
      flags.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue
      if isLast { flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue }
      return count
    }
  }

  private static let sendBody: nghttp2_send_data_callback = { _, _, header, count, source, user in
    guard let user, let pointer = source?.pointee.ptr else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
    return Unmanaged<HTTP2Session>.fromOpaque(user)._withUnsafeGuaranteedRef { session in
      Unmanaged<HTTP2Stream>.fromOpaque(pointer)._withUnsafeGuaranteedRef { stream in
        session.sendBodyFrame(
          header: UnsafeRawBufferPointer(start: header, count: frameHeaderBytes), count: count, of: stream)
      }
    }
  }
}
