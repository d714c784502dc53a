package import CNghttp2

/// The server's side of one HTTP/2 connection: bytes in, bytes out, events at its streams' handlers. Owns an `nghttp2_session`.
///
/// It does no I/O, reads no clock and logs nothing. Not thread-safe: a connection lives on one event loop.
///
/// Memory: open streams are held in `open`, so nghttp2 may keep unretained references to them; closed ones wait in
/// `idle` to be used again.
package final class HTTP2Session {
  let limits: HTTP2Limits
  private let makeHandler: () -> any HTTP2StreamHandler

  /// Nil only when memory ran out while it was made.
  private(set) var handle: OpaquePointer?
  package private(set) var open: [HTTP2Stream] = []
  private var idle: [HTTP2Stream] = []
  /// How many stream objects wait to be used again.
  var idleCount: Int { idle.count }
  /// Where `send` writes; empty at all other times.
  private var room = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var written = 0
  private var isRoomExhausted = false
  /// The peer has sent something.
  private var isStarted = false
  /// The peer has said its preface and a frame: it speaks HTTP/2.
  package private(set) var isEstablished = false
  /// Answers of all streams that wait for the peer's window.
  package private(set) var unsentBytes = 0
  /// Of answers, what has gone out.
  package private(set) var sentBodyBytes = 0
  /// Frames that are no answers wait to be sent: so many that a peer who does not read could pile them up.
  package var hasManyWaiting: Bool {
    nghttp2_session_get_outbound_queue_size(handle) > limits.waitingFramesMax
  }
  /// What the streams have allocated for answers.
  package private(set) var answerStorageBytes = 0
  /// Asked after each part of a body that has arrived: true ends `receive` there, so that the rest can wait.
  package var endsTurn: (() -> Bool)?
  /// The last `receive` ended early. What it did not take is to be given to it again, even if that is nothing.
  package private(set) var isPaused = false
  /// What ended the session, where something did.
  private(set) var failure: HTTP2Error?
  package private(set) var drainPhase = DrainPhase.none
  /// Told of each stream that this side resets, but after a whole answer: it was refused, or broke a rule or a limit. And
  /// of the end of the connection, where that was the peer's fault.
  package var onReset: ((HTTP2Reset) -> Void)?
  /// The last frame that nghttp2 did not take, until the reset that follows is sent.
  private var invalidFrame: (stream: Int32, error: HTTP2Error)?

  package enum DrainPhase {
    case none
    /// The peer was told that an end is near, and a PING followed; streams that it opens meanwhile are served.
    case announced
    /// The peer was told which stream was the last.
    case final
  }

  /// `send` needs room for the largest frame that is sent: 16 KiB and its header.
  package static var frameRoomBytes: Int { 17 << 10 }

  /// - Parameter makeHandler: makes what hears a stream's events, when no closed one is there to be used again.
  /// - Parameter memory: where nghttp2 allocates; nil is `malloc`. Whatever it refers to must outlive the session.
  package init(
    limits: HTTP2Limits, memory: nghttp2_mem? = nil,
    makeHandler: @escaping () -> any HTTP2StreamHandler
  ) {
    self.limits = limits
    self.makeHandler = makeHandler
    let user = Unmanaged.passUnretained(self).toOpaque()
    let result: Int32
    if var memory {
      result = nghttp2_session_server_new3(&handle, Self.callbacks, user, Self.options, &memory)
    } else {
      result = nghttp2_session_server_new3(&handle, Self.callbacks, user, Self.options, nil)
    }
    guard result == 0 else {
      failure = HTTP2Error(code: result)
      return
    }
    submitSettings()
  }

  deinit { nghttp2_session_del(handle) }

  /// The connection is gone, and nothing more comes or goes: tells the streams that are still open. To be called once.
  package func abandon() {
    for stream in open { stream.handler.receiveClose(errorCode: NGHTTP2_CANCEL.rawValue, on: stream) }
  }

  private func submitSettings() {
    let settings = [
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue),
        value: limits.concurrentStreamsMax),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
        value: UInt32(clamping: limits.streamWindowBytes)),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
        value: UInt32(clamping: limits.headerListBytesMax)),
    ]
    submit(nghttp2_submit_settings(handle, Self.noFlags, settings, settings.count))
    submit(nghttp2_session_set_local_window_size(handle, Self.noFlags, 0, limits.connectionWindowBytes))
  }

  /// Notes the result of a `nghttp2_submit…`. One that fails is about memory, or about a stream in a state that it
  /// should not be in: that stream ends.
  func submit(_ result: Int32, on stream: Int32? = nil) {
    guard result != 0 else { return }
    if let stream, nghttp2_is_fatal(result) == 0 {
      nghttp2_submit_rst_stream(handle, Self.noFlags, stream, NGHTTP2_INTERNAL_ERROR.rawValue)
    } else {
      failure = failure ?? HTTP2Error(code: result)
    }
  }

  // MARK: Bytes

  /// Takes bytes that have arrived, and returns how many: all but where it `isPaused`. Events follow at the streams, before
  /// it returns. Borrowed for the call.
  ///
  /// Throws when the connection cannot go on; `send` then still has the GOAWAY that says so.
  @discardableResult
  package func receive(_ bytes: UnsafeRawBufferPointer) throws(HTTP2Error) -> Int {
    isPaused = false
    if let failure { throw failure }
    isStarted = true
    let result = nghttp2_session_mem_recv(
      handle, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    guard result < 0 else { return result }
    let error = HTTP2Error(code: Int32(clamping: result))
    failure = error
    nghttp2_session_terminate_session(
      handle,
      nghttp2_is_fatal(error.code) != 0 && error.code != NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue
        ? NGHTTP2_INTERNAL_ERROR.rawValue : NGHTTP2_PROTOCOL_ERROR.rawValue)
    throw error
  }

  /// Writes as many frames as there are and as fit, and returns how many bytes that was. `hasMore` tells whether
  /// there was not enough room.
  ///
  /// - Parameter room: at least `frameRoomBytes`.
  package func send(into room: UnsafeMutableRawBufferPointer) -> Int {
    written = 0
    isRoomExhausted = false
    guard handle != nil else { return 0 }
    self.room = room
    defer { self.room = UnsafeMutableRawBufferPointer(start: nil, count: 0) }
    while true {
      guard room.count &- written >= Self.frameRoomBytes else {
        isRoomExhausted = true
        break
      }
      var frame: UnsafePointer<UInt8>?
      let count = nghttp2_session_mem_send(handle, &frame)
      guard count > 0, let frame else {
        if count < 0 { failure = failure ?? HTTP2Error(code: Int32(clamping: count)) }
        break
      }
      append(UnsafeRawBufferPointer(start: frame, count: count))
    }
    return written
  }

  /// The last `send` stopped because its room was used up.
  package var hasMore: Bool { isRoomExhausted }

  /// Nothing more will come or go: the connection can be closed once all of `send` is written.
  package var isFinished: Bool {
    guard handle != nil else { return true }
    return (nghttp2_session_want_read(handle) == 0 || failure != nil)
      && nghttp2_session_want_write(handle) == 0
  }

  private func append(_ bytes: UnsafeRawBufferPointer) {
    guard let start = room.baseAddress, let source = bytes.baseAddress, bytes.count <= room.count &- written
    else {
      // A frame larger than any that is made: the stream of bytes is broken.
      failure = failure ?? HTTP2Error(code: NGHTTP2_ERR_BUFFER_ERROR.rawValue)
      return
    }
    (start + written).copyMemory(from: source, byteCount: bytes.count)
    written &+= bytes.count
  }

  /// Tells all streams that time has passed. `now` is monotonic, in nanoseconds.
  package func tick(now: UInt64) {
    for stream in open { stream.handler.receiveTick(now: now, on: stream) }
  }

  // MARK: Drain

  /// Starts a graceful end: tells the peer to open no more streams, in two steps (RFC 9113 section 6.8). Streams
  /// that it opens before it has heard are served; when all are done, `isFinished` is true.
  package func drain() {
    guard drainPhase == .none, handle != nil else { return }
    drainPhase = .announced
    // Who has said nothing yet would not answer a PING either, and loses nothing.
    guard isStarted else { return finishDrain() }
    submit(nghttp2_submit_shutdown_notice(handle))
    submit(nghttp2_submit_ping(handle, Self.noFlags, nil))
    for stream in open { stream.handler.receiveDrain(on: stream) }
  }

  /// The second step: names the last stream. Comes by itself when the peer answers the PING of the first.
  package func finishDrain() {
    guard drainPhase == .announced else { return }
    drainPhase = .final
    let last = nghttp2_session_get_last_proc_stream_id(handle)
    submit(nghttp2_submit_goaway(handle, Self.noFlags, last, NGHTTP2_NO_ERROR.rawValue, nil, 0))
  }
}

// MARK: - Events from nghttp2

extension HTTP2Session {
  func openStream(id: Int32) {
    let stream = idle.popLast() ?? HTTP2Stream(session: self, handler: makeHandler())
    stream.slot = open.count
    stream.open(id: id)
    open.append(stream)
    submit(
      nghttp2_session_set_stream_user_data(handle, id, Unmanaged.passUnretained(stream).toOpaque()), on: id)
  }

  func closeStream(_ stream: HTTP2Stream, errorCode: UInt32) {
    stream.handler.receiveClose(errorCode: errorCode, on: stream)
    guard stream.slot < open.count, open[stream.slot] === stream else { return }
    let last = open.count &- 1
    open.swapAt(stream.slot, last)
    open[stream.slot].slot = stream.slot
    open.removeLast()
    stream.recycle()
    if idle.count < limits.idleStreamsMax { idle.append(stream) } else { stream.forgetStorage() }
  }

  /// A part of a body has come, of a stream that is there or not. The connection's window always opens again: a stream that
  /// waits must not hold up the others.
  func noteBody(_ byteCount: Int) { nghttp2_session_consume_connection(handle, byteCount) }

  func receiveBody(_ bytes: UnsafeRawBufferPointer, on stream: HTTP2Stream) {
    stream.handler.receiveBody(bytes, on: stream)
    credit(stream, received: bytes.count)
  }

  private func credit(_ stream: HTTP2Stream, received: Int) {
    let credit = stream.creditForReceived(received)
    if credit > 0 { nghttp2_session_consume_stream(handle, stream.id, credit) }
  }

  /// Counts answers that a stream will hold; false when the connection holds enough.
  func hold(_ byteCount: Int) -> Bool {
    guard unsentBytes &+ byteCount <= limits.connectionUnsentBytesMax else { return false }
    unsentBytes &+= byteCount
    return true
  }

  /// What a stream held has gone out, or was dropped.
  func release(_ byteCount: Int) { unsentBytes &-= byteCount }

  /// What a stream has allocated for answers has grown, or shrunk.
  func noteAnswerStorage(_ change: Int) { answerStorageBytes &+= change }

  /// Whether `receive` is to end behind the part of a body that has just arrived.
  func pausesHere() -> Bool {
    guard let endsTurn, endsTurn() else { return false }
    isPaused = true
    return true
  }

  func reset(_ stream: Int32, _ code: nghttp2_error_code = NGHTTP2_ENHANCE_YOUR_CALM) {
    nghttp2_submit_rst_stream(handle, Self.noFlags, stream, code.rawValue)
  }

  func noteInvalidFrame(on stream: Int32, _ error: HTTP2Error) { invalidFrame = (stream, error) }

  /// A RST_STREAM has gone out, whoever asked for it: nothing that is refused goes without a word.
  func resetSent(on stream: Int32, errorCode: UInt32) {
    guard errorCode != NGHTTP2_NO_ERROR.rawValue else { return }
    let cause = invalidFrame?.stream == stream ? invalidFrame?.error : nil
    invalidFrame = nil
    onReset?(HTTP2Reset(errorCode: errorCode, cause: cause, scope: .stream))
  }

  /// A GOAWAY has gone out. With an error it takes all open streams with it.
  func goAwaySent(errorCode: UInt32) {
    guard errorCode != NGHTTP2_NO_ERROR.rawValue else { return }
    for stream in open { stream.noteReset() }
    let cause = failure ?? invalidFrame?.error
    onReset?(HTTP2Reset(errorCode: errorCode, cause: cause, scope: .connection(streams: open.count)))
  }

  func receiveSettings() { isEstablished = true }

  func receivePingAcknowledgement() {
    finishDrain()
  }

  /// Writes the DATA frame that nghttp2 has made the header for, the body straight from the stream's buffer.
  func sendBodyFrame(header: UnsafeRawBufferPointer, count: Int, of stream: HTTP2Stream) -> Int32 {
    guard header.count &+ count <= room.count &- written, let start = room.baseAddress else {
      isRoomExhausted = true
      return NGHTTP2_ERR_WOULDBLOCK.rawValue
    }
    append(header)
    stream.copyFrame(count: count, to: start + written)
    written &+= count
    sentBodyBytes &+= count
    credit(stream, received: 0)
    return 0
  }

  /// Our side has ended. A peer that still sends is told that nobody listens (RFC 9113 section 8.1).
  func endOfStreamSent(on stream: HTTP2Stream) {
    guard !stream.isPeerDone else { return }
    nghttp2_submit_rst_stream(handle, Self.noFlags, stream.id, NGHTTP2_NO_ERROR.rawValue)
  }
}
