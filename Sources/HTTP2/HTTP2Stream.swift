internal import CNghttp2

/// One HTTP/2 stream of a session: the response on its way out, and whose handler hears what arrives. Objects are used
/// again for later streams.
package final class HTTP2Stream {
  private unowned(unsafe) let session: HTTP2Session
  let handler: any HTTP2StreamHandler

  /// Where the session keeps it among the open streams.
  var slot = 0
  private(set) var id: Int32 = 0
  private var response = Response.none
  /// Body bytes; those before `sent` have gone out.
  private var body: [UInt8] = []
  private var sent = 0
  /// What the session has counted of `body`'s storage.
  private var countedBytes = 0
  /// Set when no more body follows: what ends the stream once `body` has gone out.
  private var trailers: HeaderBlock?
  /// The peer has ended its side.
  private(set) var isPeerDone = false
  /// We have reset it, or nghttp2 has for us.
  package private(set) var isReset = false
  /// Bytes that were received but not yet reported to flow control.
  private var withheld = 0

  private enum Response {
    /// Nothing was submitted.
    case none
    /// The head was submitted; nghttp2 asks for the body.
    case sending
    /// nghttp2 asked and there was nothing: it waits to be told.
    case waiting
    /// The end of the stream was submitted.
    case ended
  }

  init(session: HTTP2Session, handler: any HTTP2StreamHandler) {
    self.session = session
    self.handler = handler
  }

  // MARK: Response

  package var isHeadSent: Bool { response != .none }
  var isEnded: Bool { response == .ended || trailers != nil }
  var unsentBytes: Int { body.count &- sent }
  /// The peer was told that the connection is about to end.
  package var isDraining: Bool { session.drainPhase != .none }
  /// What all streams of the connection have allocated for answers.
  package var connectionAnswerStorageBytes: Int { session.answerStorageBytes }

  /// Sends the head of the response; a body may follow.
  package func sendHead(_ head: HeaderBlock) {
    guard response == .none else { return }
    var provider = nghttp2_data_provider()
    provider.source.ptr = Unmanaged.passUnretained(self).toOpaque()
    provider.read_callback = HTTP2Session.readBody
    response = .sending
    session.submit(
      nghttp2_submit_response(session.handle, id, head.fields.baseAddress, head.fields.count, &provider),
      on: id)
  }

  /// Sends a head and nothing else.
  package func sendHeadOnly(_ head: HeaderBlock) {
    guard response == .none else { return }
    response = .ended
    session.submit(
      nghttp2_submit_response(session.handle, id, head.fields.baseAddress, head.fields.count, nil), on: id)
  }

  /// Takes `bytes` to be sent as body, and leaves it empty with storage to use again.
  package func sendBody(_ bytes: inout [UInt8]) {
    guard !isEnded, !bytes.isEmpty else { return bytes.removeAll(keepingCapacity: true) }
    guard session.hold(bytes.count) else {
      // The peer takes the answers of no stream: this one ends, so that the others can go on.
      response = .ended
      bytes = []
      return session.reset(id)
    }
    if unsentBytes == 0 {
      swap(&body, &bytes)
      sent = 0
    } else {
      dropSentBody()
      body.append(contentsOf: bytes)
    }
    bytes.removeAll(keepingCapacity: true)
    countStorage()
    resume()
  }

  /// Ends the response with trailers, behind the body that still waits.
  package func sendTrailers(_ trailers: HeaderBlock) {
    guard !isEnded else { return }
    // With the body gone the trailers need no more DATA frame; an empty one would count as abuse with Envoy.
    if unsentBytes == 0 {
      submitTrailers(trailers)
    } else {
      self.trailers = trailers
      resume()
    }
  }

  private func submitTrailers(_ trailers: HeaderBlock) {
    response = .ended
    self.trailers = nil
    session.submit(
      nghttp2_submit_trailer(session.handle, id, trailers.fields.baseAddress, trailers.fields.count), on: id)
  }

  private func resume() {
    guard response == .waiting else { return }
    response = .sending
    session.submit(nghttp2_session_resume_data(session.handle, id), on: id)
  }

  /// Forgets what has gone out once it is the larger part, so that each byte is moved at most once.
  private func dropSentBody() {
    guard sent > body.count / 2 else { return }
    body.removeFirst(sent)
    sent = 0
  }

  private func countStorage() {
    let change = body.capacity &- countedBytes
    guard change != 0 else { return }
    session.noteAnswerStorage(change)
    countedBytes &+= change
  }

  /// Empties the body, and keeps its storage where that is small.
  private func clearBody() {
    sent = 0
    if body.capacity > session.limits.retainedBytesMax {
      body = []
      countStorage()
    } else {
      body.removeAll(keepingCapacity: true)
    }
  }
}

// MARK: - What the session calls

extension HTTP2Stream {
  func open(id: Int32) {
    self.id = id
  }

  func endPeer() {
    isPeerDone = true
    handler.receiveEnd(on: self)
  }

  func noteReset() { isReset = true }

  /// How many bytes of the body the next DATA frame takes, of `room` at most; 0 when there is nothing now.
  func takeFrame(room: Int) -> (count: Int, isLast: Bool) {
    let count = min(unsentBytes, room)
    guard count > 0 else {
      response = .waiting
      return (0, false)
    }
    guard count == unsentBytes, let trailers else { return (count, false) }
    submitTrailers(trailers)
    return (count, true)
  }

  /// Copies the next `count` bytes of the body, which `takeFrame` has announced.
  func copyFrame(count: Int, to destination: UnsafeMutableRawPointer) {
    body.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress, count <= bytes.count &- sent else { return }
      destination.copyMemory(from: start + sent, byteCount: count)
    }
    sent &+= count
    session.release(count)
    if sent == body.count { clearBody() }
  }

  /// How many of `received` bytes, and of those held back before, the peer may now send anew. None while the peer
  /// does not take our answers: else what it does not take would grow without bound.
  func creditForReceived(_ received: Int) -> Int {
    withheld &+= received
    guard unsentBytes <= session.limits.unsentBytesMax || isEnded else { return 0 }
    defer { withheld = 0 }
    return withheld
  }

  func recycle() {
    session.release(unsentBytes)
    response = .none
    trailers = nil
    isPeerDone = false
    isReset = false
    withheld = 0
    clearBody()
    handler.prepareForReuse()
  }

  /// The session lets go of it.
  func forgetStorage() {
    body = []
    countStorage()
  }
}
