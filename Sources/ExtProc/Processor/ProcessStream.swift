internal import CExtProc
internal import Logging
internal import Transformation

/// One `Process` stream: one HTTP exchange as Envoy tells it. Gets whole messages and appends whole answers. Does no
/// I/O; used on one event loop only.
///
/// Each message has exactly one answer of its own kind, but where Envoy's mode says otherwise. A fault of the peer
/// ends the stream with a status; a fault of the configuration or the traffic answers the client.
package final class ProcessStream {
  /// The gRPC request headers that choose a transformation, where they were sent.
  package struct Selector: Sendable {
    /// `x-swiftformations-transformation`
    package var transformation: String?
    /// `x-swiftformations-config`
    package var configuration: String?
    package init() {}

    /// Whether `configuration` is what the transformation is chosen from.
    var isByConfiguration: Bool { transformation == nil && configuration != nil }
  }

  private enum State {
    /// No message has come.
    case start
    case transforming
    /// `observability_mode`: nothing is answered.
    case observing
    /// The client was answered; what Envoy had already sent is dropped.
    case replied
  }

  private let service: ProcessService
  private let selector: Selector
  private var state = State.start
  private var modes: ProcessingModes
  private var flows = PerDirection(request: DirectionFlow(), response: DirectionFlow())
  private let sources = PerDirection(request: HeaderSource(), response: HeaderSource())
  /// Nil when no transformation applies.
  private var exchange: Exchange?
  private var mutations = Mutations()
  /// Of the exchange that ended with an answer of ours.
  private var repliedTransformation: String?
  private var failureLog: FailureLog
  private let metrics: LoopMetrics
  /// Of the message at hand, or of the last; nil before the first that was understood.
  private var phase: Phase?
  /// When the message at hand came.
  private var messageStart: UInt64 = 0
  /// Spent in all phases.
  private var nanoseconds: UInt64 = 0
  /// When the headers came whose body is waited for.
  private var awaitingBodySince: UInt64 = 0
  /// `x-request-id`, kept only where the response may still fail, or where each exchange is logged.
  private var requestID: String?
  /// Of the message at hand and its answer.
  private var arena = MessageArena()
  /// The second arena, which held headers while their body came, for the next time.
  private var spareArena: MessageArena?

  package init(_ service: ProcessService, selector: Selector, metrics: LoopMetrics) {
    self.service = service
    self.metrics = metrics
    self.selector = selector
    modes = ProcessingModes(
      PerDirection(request: .undeclared, response: .undeclared),
      overrideIsAllowed: service.options.allowModeOverride)
    failureLog = FailureLog(service.logger, service.logLimiter)
  }

  /// One `ProcessingRequest`, serialized; borrowed. A status ends the stream (what was appended before it is sent).
  package func receive(_ message: UnsafeRawBufferPointer, into answers: inout OutgoingMessages) -> GRPCStatus?
  {
    guard state != .observing, state != .replied else { return nil }
    messageStart = MonotonicClock.nanoseconds()
    defer {
      arena.reset()
      noteTime()
    }
    do throws(GRPCStatus) {
      try process(try MessageDecoder.unpack(message, into: arena), &answers)
      return nil
    } catch {
      fail([LoggedFailure(error)])
      return error
    }
  }

  private func noteTime() {
    let time = MonotonicClock.nanoseconds() &- messageStart
    nanoseconds &+= time
    if let phase { metrics.record(phase, nanoseconds: time) }
  }

  /// A body that does not come would hold the exchange, and its headers here, as long as Envoy likes.
  package func tick(now: UInt64, into answers: inout OutgoingMessages) -> GRPCStatus? {
    let seconds = service.options.bodySeconds
    let awaitsRequest = flows.request.isAwaitingBody
    guard state == .transforming, seconds > 0, awaitsRequest || flows.response.isAwaitingBody,
      now > awaitingBodySince, now &- awaitingBodySince >= UInt64(seconds) &* 1_000_000_000
    else { return nil }
    defer { arena.reset() }
    fail(.bodyTooLate(awaitsRequest ? .request : .response, seconds: seconds), &answers)
    return nil
  }

  /// The stream is over. Logs the exchange, where each is to be logged.
  package func end() {
    guard service.logsExchanges, let phase else { return }
    var metadata: Logger.Metadata = [
      "last_phase": .string(phase.label), "microseconds": .stringConvertible(nanoseconds / 1_000),
    ]
    if let name = transformationName { metadata["transformation"] = .string(name) }
    if let requestID { metadata["x-request-id"] = .string(requestID) }
    if state == .replied { metadata["replied"] = "true" }
    service.logger.debug("exchange", metadata: metadata)
  }

  private func process(
    _ message: UnsafePointer<ProcessingRequestMessage>, _ answers: inout OutgoingMessages
  ) throws(GRPCStatus) {
    if state == .start { try begin(message) }
    guard state == .transforming, message.pointee.observability_mode == 0 else { return }
    guard let phase = IncomingPhase(message) else {
      throw GRPCStatus(.invalidArgument, "a message of no known kind")
    }
    updateConnection(MessageAttributes(message))
    self.phase = Phase(phase)
    switch phase {
    case .headers(let direction, let headers): try receiveHeaders(direction, headers, &answers)
    case .body(let direction, let body): try receiveBody(direction, body, &answers)
    case .trailers(let direction): try receiveTrailers(direction, &answers)
    }
  }

  // MARK: Phases

  /// The first message says how bodies come, and with it the transformation is chosen.
  private func begin(_ message: UnsafePointer<ProcessingRequestMessage>) throws(GRPCStatus) {
    var number =
      selector.isByConfiguration ? TransformationLabels.fromHeaderNumber : TransformationLabels.noneNumber
    defer { metrics.addExchange(number) }
    phase = IncomingPhase(message).map { Phase($0) }
    guard message.pointee.observability_mode == 0 else {
      state = .observing
      return
    }
    if let declared = message.pointee.protocol_config {
      modes = try ProcessingModes(declared.pointee, overrideIsAllowed: service.options.allowModeOverride)
    }
    let inForce = service.inForce
    let transformation = try TransformationSelector(
      configuration: inForce.configuration, cache: service.cache
    )
    .transformation(selector, MessageAttributes(message))
    if let transformation, !selector.isByConfiguration { number = inForce.number(of: transformation) }
    exchange = transformation.map { Exchange($0) }
    state = .transforming
  }

  private func receiveHeaders(
    _ direction: Direction, _ headers: UnsafePointer<HttpHeadersMessage>, _ answers: inout OutgoingMessages
  ) throws(GRPCStatus) {
    let endOfStream = headers.pointee.end_of_stream != 0
    if direction == .request, flows.response.hasStarted {
      throw GRPCStatus(.invalidArgument, "request headers came after the response")
    }
    try flows[direction].headers(endOfStream: endOfStream)
    let source = sources[direction]
    try source.open(headers, in: arena)
    defer { close(source, unless: flows[direction].isAwaitingBody) }
    if direction == .request { keepRequestID() }
    if direction == .response, flows.request.isAwaitingBody {
      // Envoy answers by itself what it cannot buffer (413), and since 1.40 shows us that answer: it passes. A good
      // answer is the upstream's, to a request that was not transformed.
      guard source.statusIsError else { return fail(.bodyNotSent(.request), &answers) }
      flows.request.abandonBody()
      exchange = nil
    }

    mutations.removeAll()
    switch askExchange(aboutHeadersOf: direction, endOfStream: endOfStream) {
    case .reply(let answer):
      reply(answer, &answers)
    case .awaitBody:
      guard modes.canCollectBody(direction) else {
        return fail(.bodyModeUnsuited(direction, has: modes.bodyMode(direction)), &answers)
      }
      flows[direction].awaitBody()
      awaitingBodySince = messageStart
      writer.appendHeadersAnswer(direction, nil, modeOverride(direction, .collected), to: &answers)
      source.hold(arena)
      arena = spareArena ?? MessageArena()
      spareArena = nil
    case .proceed:
      let replacesBody = mutations.body != nil
      guard !replacesBody || modes.canReplaceBody(direction) else {
        return fail(.bodyModeUnsuited(direction, has: modes.bodyMode(direction)), &answers)
      }
      guard let changes = checkedChanges(direction, statesLength: false, &answers) else { return }
      if replacesBody { flows[direction].replaceBody() }
      let fate: BodyFate = endOfStream || replacesBody ? .settled : .untouched
      writer.appendHeadersAnswer(direction, changes, modeOverride(direction, fate), to: &answers)
    }
  }

  private func receiveBody(
    _ direction: Direction, _ body: UnsafePointer<HttpBodyMessage>, _ answers: inout OutgoingMessages
  ) throws(GRPCStatus) {
    if try headersAreMissing(direction, &answers) { return }
    let content = body.pointee.body
    let endOfStream = body.pointee.end_of_stream != 0
    let mode = modes.bodyMode(direction)
    switch try flows[direction].body(mode, isEmpty: content.len == 0, endOfStream: endOfStream) {
    case .ignore: break
    case .pass: writer.appendBodyAnswer(direction, nil, to: &answers)
    case .echo: writer.appendEcho(direction, content, endOfStream: endOfStream, to: &answers)
    case .transform:
      defer { close(sources[direction], unless: false) }
      let told = sources[direction].contentLength
      let isComplete = endOfStream || !modes.mayBePart(direction) || told == content.len
      // A length that was told must be told anew. Where trailers follow, a new one would cut them off: HTTP/1 has
      // trailers behind chunked bodies only.
      let statesLength = endOfStream || told != nil
      try transform(direction, content.buffer, isComplete: isComplete, statesLength: statesLength, &answers)
    }
  }

  private func transform(
    _ direction: Direction, _ body: UnsafeRawBufferPointer, isComplete: Bool, statesLength: Bool,
    _ answers: inout OutgoingMessages
  ) throws(GRPCStatus) {
    mutations.removeAll()
    switch askExchange(aboutBodyOf: direction, body, isComplete: isComplete) {
    case .reply(let answer): reply(answer, &answers)
    case .awaitBody: throw GRPCStatus(.internal, "a body was asked for twice")
    case .proceed:
      // What was not collected would follow the new body.
      guard isComplete || mutations.body == nil else { return fail(.bodyIncomplete(direction), &answers) }
      let statesLength = statesLength && mutations.body != nil
      guard let changes = checkedChanges(direction, statesLength: statesLength, &answers) else { return }
      writer.appendBodyAnswer(direction, changes, statesLength: statesLength, to: &answers)
    }
  }

  private func receiveTrailers(
    _ direction: Direction, _ answers: inout OutgoingMessages
  ) throws(GRPCStatus) {
    if try headersAreMissing(direction, &answers) { return }
    let wasAwaitingBody = flows[direction].isAwaitingBody
    try flows[direction].trailers()
    if wasAwaitingBody, try !passesWithoutBody(direction, &answers) { return }
    writer.appendTrailersAnswer(direction, to: &answers)
  }

  /// Trailers came in place of the body. An answer to trailers cannot change headers, nor give a body: false when the
  /// client was answered instead.
  private func passesWithoutBody(
    _ direction: Direction, _ answers: inout OutgoingMessages
  ) throws(GRPCStatus) -> Bool {
    defer { close(sources[direction], unless: false) }
    mutations.removeAll()
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    switch askExchange(aboutBodyOf: direction, nothing, isComplete: true) {
    case .reply(let answer): reply(answer, &answers)
    case .awaitBody: throw GRPCStatus(.internal, "a body was asked for twice")
    case .proceed where mutations.isEmpty: return true
    case .proceed: fail(.bodyNotSent(direction), &answers)
    }
    return false
  }

  /// A body or trailers whose headers Envoy does not send: what the transformation does to headers would be lost
  /// without a word.
  private func headersAreMissing(
    _ direction: Direction, _ answers: inout OutgoingMessages
  ) throws(GRPCStatus) -> Bool {
    if direction == .response, flows.request.isAwaitingBody {
      fail(.bodyNotSent(.request), &answers)
      return true
    }
    guard !flows[direction].hasStarted, let needs = exchange?.transformation.needs else { return false }
    guard (direction == .request ? needs.request : needs.response).headers else { return false }
    fail(.headersNotSent(direction), &answers)
    return true
  }

  // MARK: The exchange

  private func askExchange(aboutHeadersOf direction: Direction, endOfStream: Bool) -> Action {
    let source = sources[direction]
    switch direction {
    case .request:
      return exchange?.requestHeaders(source, endOfStream: endOfStream, into: &mutations) ?? .proceed
    case .response:
      return exchange?.responseHeaders(source, endOfStream: endOfStream, into: &mutations) ?? .proceed
    }
  }

  private func askExchange(
    aboutBodyOf direction: Direction, _ body: UnsafeRawBufferPointer, isComplete: Bool
  ) -> Action {
    let source = sources[direction]
    switch direction {
    case .request:
      return exchange?.requestBody(body, complete: isComplete, source: source, into: &mutations) ?? .proceed
    case .response:
      return exchange?.responseBody(body, complete: isComplete, source: source, into: &mutations) ?? .proceed
    }
  }

  /// What to tell Envoy to leave out, or to send, after these headers.
  private func modeOverride(_ direction: Direction, _ fate: BodyFate) -> ModeOverride? {
    switch direction {
    case .request:
      let needs = exchange?.transformation.needs.response
      return modes.overrideAfterRequestHeaders(
        fate, responseHeaders: needs?.headers ?? false, responseBody: needs?.body ?? false)
    case .response:
      return modes.overrideAfterResponseHeaders(fate)
    }
  }

  // MARK: Answers

  private var writer: AnswerWriter { AnswerWriter(arena: arena) }

  /// The changes as they may be sent, with what went wrong logged. Nil when the client was answered instead.
  private func checkedChanges(
    _ direction: Direction, statesLength: Bool, _ answers: inout OutgoingMessages
  ) -> Mutations? {
    let excess = mutations.excess(
      over: service.options.headerLimits, in: sources[direction], direction, statesLength: statesLength)
    if let excess {
      fail(.headers(excess), &answers)
      return nil
    }
    if !mutations.failures.isEmpty { fail(mutations.failures.map { LoggedFailure($0) }) }
    return mutations
  }

  /// Answers the client with 500: the filter's configuration does not allow what the transformation needs.
  private func fail(_ obstacle: Obstacle, _ answers: inout OutgoingMessages) {
    fail([LoggedFailure(obstacle)])
    let name = exchange?.transformation.name ?? ""
    send(
      LocalReply(
        status: obstacle.status, transformation: name, reason: obstacle.reason, message: obstacle.message),
      &answers)
  }

  /// Answers the client as the exchange says.
  private func reply(_ answer: LocalReply, _ answers: inout OutgoingMessages) {
    let failures = mutations.failures.map { LoggedFailure($0) }
    fail(failures.isEmpty ? [LoggedFailure(answer)] : failures)
    send(answer, &answers)
  }

  private func send(_ answer: LocalReply, _ answers: inout OutgoingMessages) {
    writer.appendReply(answer, to: &answers)
    metrics.add(.replies)
    state = .replied
    repliedTransformation = transformationName
    exchange = nil
  }

  // MARK: What is remembered

  private func close(_ source: HeaderSource, unless isHeld: Bool) {
    guard !isHeld else { return }
    if let released = source.close() { spareArena = released }
  }

  private func updateConnection(_ attributes: MessageAttributes) {
    guard let needed = exchange?.transformation.needs.connectionAttributes, !needed.isEmpty else { return }
    var connection = sources.request.connection
    connection.update(from: attributes, needed: needed)
    sources.request.connection = connection
    sources.response.connection = connection
  }

  /// The response rarely carries it.
  private func keepRequestID() {
    guard service.logsExchanges || exchange?.transformation.needs.response.headers ?? false else { return }
    requestID = sentRequestID
  }

  /// While the request's headers are at hand.
  private var sentRequestID: String? {
    sources.request.firstValue("x-request-id").map { String(decoding: $0, as: UTF8.self) }
  }

  private var transformationName: String? { exchange?.transformation.name ?? repliedTransformation }

  /// Logs failures, and counts the first: one for each phase.
  private func fail(_ failures: [LoggedFailure]) {
    guard let first = failures.first else { return }
    service.metrics.failures.add(
      reason: first.reason,
      transformation: selector.isByConfiguration
        ? TransformationLabels.fromHeader : transformationName ?? TransformationLabels.none)
    failureLog.record(failures, phase, transformation: transformationName) { requestID ?? sentRequestID }
  }
}
