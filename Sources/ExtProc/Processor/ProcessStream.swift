package import GRPC
internal import Transformation

/// One `Process` stream: one HTTP exchange as Envoy tells it. Gets whole messages and appends whole answers. Does no
/// I/O; used on one event loop only.
///
/// Of each message the machine (`ExchangeFlow`) says what it asks for, the exchange what is done to it, and the answer is
/// written: one of the message's kind, but where Envoy's mode says otherwise. A fault of the peer ends the stream with a
/// status; a fault of the configuration or the traffic answers the client.
package final class ProcessStream {
  private enum State {
    case start, transforming
    /// `observability_mode`: nothing is answered.
    case observing
    /// The client was answered; what Envoy had already sent is dropped.
    case replied
  }

  let service: ProcessService
  private(set) var selector: Selector
  private let memory: ProcessMemory
  private var state = State.start
  private(set) var modes: ProcessingModes
  /// What the transformation was chosen from; nil before the first message.
  private(set) var inForce: ConfigurationInForce?
  /// Where the transformation is from, when it came in a header: it counts as long as somebody uses it.
  private var compiled: CompiledText?
  private var flow = ExchangeFlow()
  private(set) var exchange = StreamExchange()
  private var report: ExchangeReport

  /// - Parameter memory: no other stream uses it until this one's `end()`.
  package init(_ service: ProcessService, selector: Selector, metrics: LoopMetrics, memory: ProcessMemory) {
    self.service = service
    self.memory = memory
    self.selector = selector
    report = ExchangeReport(metrics, isByConfiguration: selector.isByConfiguration)
    modes = ProcessingModes(service.options)
  }

  /// One `ProcessingRequest`, serialized; borrowed. A status ends the stream (what was appended before it is sent).
  package func receive(_ message: UnsafeRawBufferPointer, into answers: inout OutgoingMessages) -> GRPCStatus?
  {
    guard state != .observing, state != .replied else { return nil }
    report.beginMessage(at: MonotonicClock.nanoseconds())
    defer {
      memory.endMessage()
      report.endMessage(at: MonotonicClock.nanoseconds())
    }
    do throws(GRPCStatus) {
      try process(try IncomingMessage(message), &answers)
      return nil
    } catch {
      report.fail([Failure(error)], in: service, requestID: memory.requestID)
      return error
    }
  }

  /// A body that does not come would hold the exchange, and its headers here, as long as Envoy likes.
  package func tick(now: UInt64, into answers: inout OutgoingMessages) -> GRPCStatus? {
    let seconds = service.options.bodySeconds
    guard state == .transforming, let late = flow.overdue(now: now, seconds: seconds) else { return nil }
    defer { memory.endMessage() }
    refuse(.bodyTooLate(late, seconds: seconds), &answers)
    return nil
  }

  /// True when nothing is left to transform. Not of modes in which Envoy waits for each piece of a body.
  package var isSettled: Bool {
    state == .transforming && flow.request.hasStarted && flow.awaited == nil && !modes.answersPieces
      && (!exchange.concernsResponse || flow.response.hasStarted)
  }

  package var heldBytes: Int { memory.heldBytes &+ selector.byteCount }

  /// The stream is over, and is not used any more. Logs the exchange, where each is to be logged.
  package func end() {
    if state == .transforming, flow.request.hasStarted, !flow.response.hasStarted {
      noteEndWithoutResponse()
    }
    report.end(isReplied: state == .replied, in: service, requestID: memory.requestID)
    memory.clear()
  }

  private func process(_ message: IncomingMessage, _ answers: inout OutgoingMessages) throws(GRPCStatus) {
    if let content = message.content { report.enter(Phase(content)) }
    if state == .start { try begin(message) }
    guard state == .transforming, !message.isObserved else { return }
    guard let content = message.content else { throw .unknownKind }
    if let needed = exchange.transformation?.needs.connectionAttributes, !needed.isEmpty {
      memory.updateConnection(from: message.attributes, needed: needed)
    }
    switch content {
    case .headers(let direction, let headers, let endOfStream):
      try transformHeaders(direction, headers, endOfStream: endOfStream, &answers)
    case .body(let direction, let body, let endOfStream):
      try passBody(direction, body, endOfStream: endOfStream, &answers)
    case .trailers(let direction, let trailers): try passTrailers(direction, trailers, &answers)
    }
  }

  /// The first message says how bodies come, and with it the transformation is chosen.
  private func begin(_ message: IncomingMessage) throws(GRPCStatus) {
    let inForce = service.inForce
    var transformation: Transformation?
    defer { report.choose(transformation, in: inForce) }
    self.inForce = inForce
    guard !message.isObserved else {
      state = .observing
      return noteObservation()
    }
    if let declared = message.protocolConfiguration {
      modes = try ProcessingModes(declared, overrideIsAllowed: service.options.allowModeOverride)
    }
    transformation = try TransformationSelector(configuration: inForce.configuration, cache: service.cache)
      .transformation(selector, message.attributes, &compiled)
    selector.forgetConfiguration()
    if let transformation {
      exchange.begin(transformation, headerLimits: service.options.headerLimits, in: memory)
    }
    state = .transforming
    noteBegin(message.attributes, inForce)
  }

  // MARK: Headers

  private func transformHeaders(
    _ direction: Direction, _ headers: UnsafeRawBufferPointer, endOfStream: Bool,
    _ answers: inout OutgoingMessages
  ) throws(GRPCStatus) {
    try flow.headers(direction, endOfStream: endOfStream)
    let source = memory.sources[direction]
    try source.open(headers, in: memory.arena, service.options.messageLimits)
    defer { if !flow[direction].isAwaitingBody { memory.close(direction) } }
    switch direction {
    case .request:
      if exchange.concernsResponse || service.logsExchanges { memory.keepRequestID() }
    case .response:
      noteResponseHeaders()
      guard flow.request.isAwaitingBody else { break }
      if case .reply(let answer) = exchange.answeredElsewhere(in: memory) {
        if modes.isAskedAnew(.request) { note(.override) }
        return reply(answer, &answers)
      }
      flow.request.abandonBody()
    }

    do throws(FilterObstacle) {
      switch exchange.headers(direction, source, endOfStream: endOfStream, in: memory) {
      case .reply(let answer): reply(answer, &answers)
      case .awaitBody:
        try modes.checkCollecting(direction, for: exchange.transformation)
        flow[direction].answerHeaders(.collect(since: report.messageStart))
        writer.appendHeadersPass(direction, modeOverride(after: direction), to: &answers)
        memory.hold(direction)
      case .proceed:
        flow[direction].answerHeaders(
          try modes.pipeline(
            direction, isReplaced: memory.mutations.body != nil, endOfStream: endOfStream,
            by: source))
        reportMutations(direction)
        writer.appendHeadersAnswer(direction, memory.mutations, modeOverride(after: direction), to: &answers)
      }
    } catch {
      refuse(error, &answers)
    }
  }

  /// What to tell Envoy to leave out, or to send, after the headers of `direction`.
  private func modeOverride(after direction: Direction) -> ModeOverride? {
    modes.override(after: direction, flow[direction].body, for: exchange.transformation)
  }

  // MARK: Body and trailers

  private func passBody(
    _ direction: Direction, _ body: UnsafeRawBufferPointer, endOfStream: Bool,
    _ answers: inout OutgoingMessages
  ) throws(GRPCStatus) {
    guard comesInOrder(direction, &answers) else { return }
    noteBody(direction)
    switch try flow[direction].body(isEmpty: body.isEmpty, endOfStream: endOfStream) {
    case .ignore: break
    case .pass: writer.appendBodyPass(direction, to: &answers)
    case .echo: writer.appendEcho(direction, body, endOfStream: endOfStream, to: &answers)
    case .drop: writer.appendBodyDrop(direction, to: &answers)
    case .refusePart: refuse(.bodyIncomplete(direction), &answers)
    case .transform:
      defer { memory.close(direction) }
      let mayBePart = !endOfStream && modes.mayBePart(direction)
      let action = exchange.body(direction, body, mayBePart: mayBePart, hasTrailers: !endOfStream, in: memory)
      if case .reply(let answer) = action { return reply(answer, &answers) }
      reportMutations(direction)
      writer.appendBodyAnswer(direction, memory.mutations, to: &answers)
    }
  }

  private func passTrailers(
    _ direction: Direction, _ trailers: UnsafeRawBufferPointer, _ answers: inout OutgoingMessages
  ) throws(GRPCStatus) {
    guard comesInOrder(direction, &answers) else { return }
    switch try flow[direction].trailers() {
    case .pass: memory.mutations.removeAll()
    case .insteadOfBody:
      defer { memory.close(direction) }
      let action = exchange.trailersInsteadOfBody(direction, trailers, in: memory)
      if case .reply(let answer) = action { return reply(answer, &answers) }
      reportMutations(direction)
    }
    writer.appendTrailersAnswer(direction, metadataOf: memory.mutations, to: &answers)
  }

  /// False where the client is answered, because something is missing that comes before this body or these trailers.
  private func comesInOrder(_ direction: Direction, _ answers: inout OutgoingMessages) -> Bool {
    switch flow.arrival(direction) {
    case .inOrder: return true
    case .beforeRequestBody: refuse(.bodyNotSent(.request), &answers)
    case .withoutHeaders:
      let obstacle = FilterObstacle.headersNotSent(direction)
      guard case .reply(let answer) = exchange.headersDidNotCome(direction, orElse: obstacle, in: memory)
      else {
        flow[direction].skipHeaders(modes.bodyMode(direction).pipeline)
        return true
      }
      if let mismatch = obstacle.mismatch { note(mismatch) }
      reply(answer, &answers)
    }
    return false
  }

  // MARK: Answers

  private var writer: AnswerWriter { AnswerWriter(arena: memory.arena) }

  /// Reports what went wrong, or was left out, without ending the exchange.
  private func reportMutations(_ direction: Direction) {
    report.fail(memory.mutations.takeFailures(), in: service, requestID: memory.requestID)
    if let reason = memory.mutations.skipped { report.skip(direction, reason, in: service) }
  }

  /// Answers the client: the filter's configuration does not allow what the transformation needs.
  private func refuse(_ obstacle: FilterObstacle, _ answers: inout OutgoingMessages) {
    if let mismatch = obstacle.mismatch { note(mismatch) }
    reply(exchange.refuse(obstacle, in: memory), &answers)
  }

  /// Answers the client as the exchange says.
  private func reply(_ answer: LocalReply, _ answers: inout OutgoingMessages) {
    report.fail(memory.mutations.takeFailures(), in: service, requestID: memory.requestID)
    writer.appendReply(answer, to: &answers)
    report.countReply()
    state = .replied
  }
}
