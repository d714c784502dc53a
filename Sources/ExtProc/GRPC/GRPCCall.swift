internal import HTTP2

/// One gRPC call: checks the request, cuts its body into messages, hands them to the method and sends the answers.
///
/// Exclusivity is not checked at run time here, nor in `HTTP2Stream` and `HTTP2Session`: the checks took a tenth of
/// a call's CPU. What makes it safe: a connection lives on one event loop, and a handler, which gets `answers` lent,
/// knows nothing of the call.
final class GRPCCall<Handler: MessageHandler>: HTTP2StreamHandler {
  /// Owns this object.
  private unowned(unsafe) let stream: HTTP2Stream
  private let connection: ConnectionState
  private let service: Handler.Service
  @exclusivity(unchecked) private var head = RequestHead()
  @exclusivity(unchecked) private var target = Target.none
  @exclusivity(unchecked) private var deframer = MessageDeframer()
  @exclusivity(unchecked) private var answers = OutgoingMessages()
  /// Made when the first handler needs it.
  @exclusivity(unchecked) private var memory: Handler.Memory?
  @exclusivity(unchecked) private var outcome: GRPCStatus.Code?
  /// When the message that is on its way was first seen at a tick; 0 when none was.
  @exclusivity(unchecked) private var incompleteSince: UInt64 = 0

  private enum Target {
    /// No method yet, or none any more.
    case none
    case process(Handler)
    /// Answered when the request is complete; nil until its message is here.
    case healthCheck(HealthStatus?, isRequested: Bool)
    case healthWatch(isRequested: Bool)
  }

  init(stream: HTTP2Stream, connection: ConnectionState, service: Handler.Service) {
    self.stream = stream
    self.connection = connection
    self.service = service
  }

  deinit { releaseDeframer(retainedBytesMax: 0) }

  // MARK: Request

  func receiveHeader(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    head.receive(name: name, value: value, headerListBytesMax: connection.limits.http2.headerListBytesMax)
  }

  func receiveHeadEnd() {
    connection.counts.started &+= 1
    connection.metrics.add(.streamsStarted)
    do throws(RequestHead.Refusal) {
      switch try head.check(headerListBytesMax: connection.limits.http2.headerListBytesMax) {
      case .process:
        let memory = memory ?? Handler.makeMemory()
        self.memory = memory
        target = .process(
          Handler(service, selector: head.selector, metrics: connection.metrics, memory: memory))
      case .healthCheck: target = .healthCheck(nil, isRequested: false)
      case .healthWatch: target = .healthWatch(isRequested: false)
      }
    } catch {
      outcome = .unknown
      connection.refusals.report(error)
      stream.sendHeadOnly(.refusal(error, messageBytesMax: connection.limits.statusMessageBytesMax))
    }
  }

  func receiveBody(_ bytes: UnsafeRawBufferPointer) {
    guard outcome == nil else { return }
    var rest = bytes
    do throws(MessageDeframer.Failure) {
      while let message = try nextMessage(&rest) {
        if let status = deliver(message) { return finish(status) }
      }
      if hasAnswers { sendAnswers() }
    } catch {
      // Answers would wait behind those that are not taken.
      if error == .outOfMemory { answers.bytes = [] }
      finish(status(of: error))
    }
  }

  func receiveEnd() {
    guard outcome == nil else { return }
    guard !deframer.isMidMessage else {
      return finish(GRPCStatus(.internal, "the stream ended in the middle of a message"))
    }
    switch target {
    case .none: break
    case .process: finish(.ok)
    case .healthCheck(let status?, _):
      HealthMessages.appendResponse(status, to: &answers)
      finish(.ok)
    case .healthCheck(nil, let isRequested):
      finish(
        isRequested
          ? GRPCStatus(.notFound, "no such service") : GRPCStatus(.internal, "the request has no message"))
    case .healthWatch(let isRequested):
      // The client of a watch ends its side at once; ours stays open for news.
      if !isRequested { finish(GRPCStatus(.internal, "the request has no message")) }
    }
  }

  private func nextMessage(
    _ rest: inout UnsafeRawBufferPointer
  ) throws(MessageDeframer.Failure) -> UnsafeRawBufferPointer? {
    let limits = connection.limits
    let before = deframer.capacity
    defer { connection.bufferedBytes &+= deframer.capacity &- before }
    let message = try deframer.next(&rest, messageBytesMax: limits.messageBytesMax)
    if message == nil {
      deframer.trim(retainedBytesMax: limits.http2.retainedBytesMax)
      guard connection.bufferedBytes <= limits.bufferedBytesMax,
        connection.hasRoom(unsentBytes: stream.connectionUnsentBytes)
      else { throw .outOfMemory }
    }
    return message
  }

  private func deliver(_ message: UnsafeRawBufferPointer) -> GRPCStatus? {
    incompleteSince = 0
    switch target {
    case .none: return nil
    case .process(let handler): return handler.receive(message, into: &answers)
    case .healthCheck(_, let isRequested), .healthWatch(let isRequested):
      guard !isRequested else { return GRPCStatus(.internal, "the request has more than one message") }
      return receiveHealthRequest(message)
    }
  }

  private func receiveHealthRequest(_ message: UnsafeRawBufferPointer) -> GRPCStatus? {
    let decoded = HealthMessages.withService(ofRequest: message) { connection.health.status(of: $0) }
    guard let status = decoded else {
      return GRPCStatus(.internal, "the message is not a HealthCheckRequest")
    }
    if case .healthWatch = target {
      target = .healthWatch(isRequested: true)
      HealthMessages.appendResponse(status ?? .serviceUnknown, to: &answers)
    } else {
      target = .healthCheck(status, isRequested: true)
    }
    return nil
  }

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
    case .outOfMemory:
      GRPCStatus(.resourceExhausted, "too many incomplete messages, or answers that are not taken")
    }
  }

  func receiveTick(now: UInt64) {
    guard outcome == nil else { return }
    if deframer.isMidMessage {
      if incompleteSince == 0 { incompleteSince = now }
      let seconds = connection.limits.messageSeconds
      guard now &- incompleteSince < seconds &* 1_000_000_000 else {
        return finish(GRPCStatus(.deadlineExceeded, "a message did not arrive whole within \(seconds) s"))
      }
    }
    guard case .process(let handler) = target else { return }
    if let status = handler.tick(now: now, into: &answers) { return finish(status) }
    if hasAnswers { sendAnswers() }
    if stream.isDraining { endIfSettled(handler) }
  }

  // MARK: Response

  private var hasAnswers: Bool { !answers.bytes.isEmpty }

  private func sendAnswers() {
    if !stream.isHeadSent { stream.sendHead(.responseHead) }
    stream.sendBody(&answers.bytes)
  }

  private func finish(_ status: GRPCStatus) {
    outcome = status.code
    endHandler()
    let messageBytesMax = connection.limits.statusMessageBytesMax
    if hasAnswers { sendAnswers() }
    if stream.isHeadSent {
      stream.sendTrailers(.trailers(status, messageBytesMax: messageBytesMax))
    } else {
      stream.sendHeadOnly(.trailersOnly(status, messageBytesMax: messageBytesMax))
    }
    releaseDeframer(retainedBytesMax: connection.limits.http2.retainedBytesMax)
  }

  /// A watch would hold up the drain for as long as the client likes: it gets its last news and ends.
  func receiveDrain() {
    guard outcome == nil else { return }
    if case .process(let handler) = target { return endIfSettled(handler) }
    guard case .healthWatch(isRequested: true) = target else { return }
    HealthMessages.appendResponse(.notServing, to: &answers)
    finish(GRPCStatus(.unavailable, "the server is shutting down"))
  }

  /// Envoy 1.36 keeps the call of an exchange open to its end, minutes after the last message of a streamed
  /// completion. Ended with status 0, the exchange goes on without us; cut off later, the client's would break.
  private func endIfSettled(_ handler: Handler) {
    if handler.isSettled, !deframer.isMidMessage { finish(.ok) }
  }

  // MARK: End

  private func endHandler() {
    if case .process(let handler) = target { handler.end() }
    target = .none
  }

  func receiveClose(errorCode: UInt32) {
    endHandler()
    switch outcome {
    case nil where !stream.isReset:
      connection.counts.cancelled &+= 1
      connection.metrics.add(.streamsCancelled)
    case .ok?:
      connection.counts.succeeded &+= 1
      connection.metrics.add(.streamsSucceeded)
    default:
      connection.counts.failed &+= 1
      connection.metrics.add(.streamsFailed)
    }
  }

  func prepareForReuse() {
    head = RequestHead()
    target = .none
    outcome = nil
    incompleteSince = 0
    let retainedBytesMax = connection.limits.http2.retainedBytesMax
    if answers.bytes.capacity > retainedBytesMax {
      answers.bytes = []
    } else {
      answers.bytes.removeAll(keepingCapacity: true)
    }
    releaseDeframer(retainedBytesMax: retainedBytesMax)
  }

  private func releaseDeframer(retainedBytesMax: Int) {
    let before = deframer.capacity
    deframer.reset(retainedBytesMax: retainedBytesMax)
    connection.bufferedBytes &+= deframer.capacity &- before
  }
}
