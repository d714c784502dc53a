internal import HTTP2

/// One gRPC call: checks the request, cuts its body into messages, hands them to the method and sends the answers.
///
/// Lives on its connection's event loop. A handler gets `answers` lent, and keeps of the call a handle at most.
final class GRPCCall: HTTP2StreamHandler {
  private let connection: ConnectionState
  private var head = RequestHead()
  /// Of the method that is called; nil before that is known, and when the call is over.
  private var handler: (any CallHandler)?
  private var deframer = MessageDeframer()
  private var answers = OutgoingMessages()
  /// What handlers leave for those of later calls.
  private var storage: AnyObject?
  private var outcome: GRPCStatus.Code?
  /// When the message that is on its way was first seen at a tick; 0 when none was.
  private var incompleteSince: UInt64 = 0
  /// What the handler keeps, as it said last; of a call that is over, what is left for later ones.
  private var handlerBytes = 0
  /// What the connection has counted of this call.
  private var countedBytes = 0
  private var countedBufferBytes = 0
  /// By which handles find it; 0 before there is one, and when the call is over.
  private var number: UInt64 = 0
  /// Of the call at hand, or of the last. It owns this object, and so is there as long.
  private unowned(unsafe) var stream: HTTP2Stream?

  init(connection: ConnectionState) {
    self.connection = connection
    countHeld()
  }

  deinit {
    forgetHandles()
    releaseDeframer(retainedBytesMax: 0)
    connection.callBytes &-= countedBytes
  }

  // MARK: Request

  func receiveHeader(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    head.receive(name: name, value: value, on: connection)
  }

  func receiveHeadEnd(on stream: HTTP2Stream) {
    connection.counts.started &+= 1
    self.stream = stream
    do throws(CallRefusal) {
      let method = try head.check(headerListBytesMax: connection.limits.http2.headerListBytesMax)
      if !method.isUrgent { connection.mayBeBusy = true }
      let handler = method.makeHandler(head.fields, &storage, NewCall(call: self))
      self.handler = handler
      head.forgetFields()
      handlerBytes = handler.heldBytes
      guard hasRoom(on: stream) else { throw .outOfMemory }
    } catch {
      endHandler()
      head.forgetFields()
      outcome = .unknown
      connection.onRefusal(error)
      stream.sendHeadOnly(.refusal(error, messageBytesMax: connection.limits.statusMessageBytesMax))
    }
  }

  func receiveBody(_ bytes: UnsafeRawBufferPointer, on stream: HTTP2Stream) {
    guard outcome == nil else { return }
    var rest = bytes
    do throws(MessageDeframer.Failure) {
      while let message = try nextMessage(&rest, on: stream) {
        if let status = deliver(message) { return finish(status, on: stream) }
        guard hasRoom(on: stream) else { throw .outOfMemory }
      }
      if hasAnswers { sendAnswers(on: stream) }
    } catch {
      if error == .outOfMemory {
        // Answers would wait behind those that are not taken.
        answers.bytes = []
        connection.onRefusal(.outOfMemory)
      }
      finish(status(of: error), on: stream)
    }
  }

  func receiveEnd(on stream: HTTP2Stream) {
    guard outcome == nil else { return }
    guard !deframer.isMidMessage else {
      return finish(GRPCStatus(.internal, "the stream ended in the middle of a message"), on: stream)
    }
    guard let handler else { return }
    if let status = handler.receiveEnd(into: &answers) { return finish(status, on: stream) }
    if hasAnswers { sendAnswers(on: stream) }
  }

  private func nextMessage(
    _ rest: inout UnsafeRawBufferPointer, on stream: HTTP2Stream
  ) throws(MessageDeframer.Failure) -> UnsafeRawBufferPointer? {
    let limits = connection.limits
    let message = try deframer.next(&rest, messageBytesMax: limits.messageBytesMax)
    countBuffered()
    if message == nil {
      guard connection.bufferedBytes <= limits.bufferedBytesMax,
        connection.hasRoom(answerStorageBytes: stream.connectionAnswerStorageBytes)
      else { throw .outOfMemory }
    }
    return message
  }

  private func deliver(_ message: UnsafeRawBufferPointer) -> GRPCStatus? {
    incompleteSince = 0
    guard let handler else { return nil }
    let status = handler.receive(message, into: &answers)
    handlerBytes = handler.heldBytes
    // A large one makes room for its answer.
    deframer.trim(retainedBytesMax: connection.limits.http2.retainedBytesMax)
    countBuffered()
    return status
  }

  // MARK: Memory

  /// Whether there is room for what this call holds now, beside all others.
  private func hasRoom(on stream: HTTP2Stream) -> Bool {
    countHeld()
    return connection.hasRoom(answerStorageBytes: stream.connectionAnswerStorageBytes)
  }

  private func countHeld() {
    let held = Self.ownBytes &+ handlerBytes &+ answers.bytes.capacity
    connection.callBytes &+= held &- countedBytes
    countedBytes = held
  }

  /// What the deframer keeps of a message that is incomplete.
  private func countBuffered() {
    connection.bufferedBytes &+= deframer.capacity &- countedBufferBytes
    countedBufferBytes = deframer.capacity
  }

  /// What a call takes as it is: this object, its stream here and at nghttp2, a handler.
  private static let ownBytes = 2 << 10

  private func status(of failure: MessageDeframer.Failure) -> GRPCStatus {
    switch failure {
    case .compressed where head.declaresCompression:
      GRPCStatus(.unimplemented, "compressed messages are not supported")
    case .compressed:
      // gRPC's doc/compression.md: the flag without an encoding is the peer's fault.
      GRPCStatus(.internal, "a message is flagged as compressed, but grpc-encoding names no compression")
    case .tooLarge(let byteCount):
      GRPCStatus(
        .resourceExhausted,
        "a message of \(byteCount) bytes is larger than the limit of \(connection.limits.messageBytesMax)")
    case .outOfMemory: .outOfMemory
    }
  }

  func receiveTick(now: UInt64, on stream: HTTP2Stream) {
    guard outcome == nil else { return }
    if deframer.isMidMessage {
      if incompleteSince == 0 { incompleteSince = now }
      let seconds = connection.limits.messageSeconds
      guard now &- incompleteSince < seconds &* 1_000_000_000 else {
        return finish(
          GRPCStatus(.deadlineExceeded, "a message did not arrive whole within \(seconds) s"), on: stream)
      }
    }
    guard let handler else { return }
    if let status = handler.tick(now: now, into: &answers) { return finish(status, on: stream) }
    handlerBytes = handler.heldBytes
    if hasAnswers { sendAnswers(on: stream) }
    if stream.isDraining { endIfSettled(handler, on: stream) }
  }

  // MARK: Response

  private var hasAnswers: Bool { !answers.bytes.isEmpty }

  private func sendAnswers(on stream: HTTP2Stream) {
    if !stream.isHeadSent { stream.sendHead(.responseHead) }
    stream.sendBody(&answers.bytes)
    countHeld()
  }

  private func finish(_ status: GRPCStatus, on stream: HTTP2Stream) {
    outcome = status.code
    endHandler()
    let messageBytesMax = connection.limits.statusMessageBytesMax
    if hasAnswers { sendAnswers(on: stream) }
    if stream.isHeadSent {
      stream.sendTrailers(.trailers(status, messageBytesMax: messageBytesMax))
    } else {
      stream.sendHeadOnly(.trailersOnly(status, messageBytesMax: messageBytesMax))
    }
    releaseDeframer(retainedBytesMax: connection.limits.http2.retainedBytesMax)
    countHeld()
  }

  func receiveDrain(on stream: HTTP2Stream) {
    guard outcome == nil, let handler else { return }
    if let status = handler.drain(into: &answers) { return finish(status, on: stream) }
    if hasAnswers { sendAnswers(on: stream) }
    endIfSettled(handler, on: stream)
  }

  /// Envoy 1.36 keeps the call of an exchange open to its end, minutes after the last message of a streamed
  /// completion. Ended with status 0, the exchange goes on without us; cut off later, the client's would break.
  private func endIfSettled(_ handler: any CallHandler, on stream: HTTP2Stream) {
    if handler.isSettled, !deframer.isMidMessage { finish(.ok, on: stream) }
  }

  // MARK: Results from elsewhere

  /// The way of results to the handler that is being made, or that is at hand.
  func makeHandle<Handler: ResultHandler>() -> CallHandle<Handler> {
    if number == 0 { number = connection.register(self) }
    return CallHandle(results: connection.results, number: number)
  }

  /// A result for the handler. The call has a number, so that it is not over.
  func receive(_ deliver: ResultQueue.Deliver) {
    guard outcome == nil, let handler, let stream else { return }
    if let status = deliver(handler, &answers) { return finish(status, on: stream) }
    if hasAnswers { sendAnswers(on: stream) }
    if stream.isDraining { endIfSettled(handler, on: stream) }
  }

  private func forgetHandles() {
    guard number != 0 else { return }
    connection.forget(number)
    number = 0
  }

  // MARK: End

  private func endHandler() {
    forgetHandles()
    guard let handler = handler.take() else { return }
    handler.end()
    handlerBytes = handler.heldBytes
  }

  func receiveClose(errorCode: UInt32, on stream: HTTP2Stream) {
    endHandler()
    switch outcome {
    case nil where !stream.isReset:
      connection.counts.cancelled &+= 1
    case .ok?:
      connection.counts.succeeded &+= 1
    default:
      connection.counts.failed &+= 1
    }
  }

  func prepareForReuse() {
    head = RequestHead()
    handler = nil
    outcome = nil
    incompleteSince = 0
    let retainedBytesMax = connection.limits.http2.retainedBytesMax
    if answers.bytes.capacity > retainedBytesMax {
      answers.bytes = []
    } else {
      answers.bytes.removeAll(keepingCapacity: true)
    }
    countHeld()
    releaseDeframer(retainedBytesMax: retainedBytesMax)
  }

  private func releaseDeframer(retainedBytesMax: Int) {
    deframer.reset(retainedBytesMax: retainedBytesMax)
    countBuffered()
  }
}
