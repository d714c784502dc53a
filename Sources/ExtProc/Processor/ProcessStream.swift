package import GRPC
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

  let service: ProcessService
  let selector: Selector
  private var state = State.start
  private(set) var modes: ProcessingModes
  /// What the transformation was chosen from; nil before the first message.
  private(set) var inForce: ConfigurationInForce?
  var flows = PerDirection(request: DirectionFlow(), response: DirectionFlow())
  let memory: ProcessMemory
  /// Nil when no transformation applies.
  var exchange: Exchange?
  private var failureLog = FailureLog()
  private let metrics: LoopMetrics
  /// Of the message at hand, or of the last; nil before the first that was understood.
  private var phase: Phase?
  /// When the message at hand came.
  private var messageStart: UInt64 = 0
  /// Spent in all phases.
  private var nanoseconds: UInt64 = 0
  /// When the headers came whose body is waited for.
  private var awaitingBodySince: UInt64 = 0
  /// - Parameter memory: no other stream uses it until this one's `end()`.
  package init(_ service: ProcessService, selector: Selector, metrics: LoopMetrics, memory: ProcessMemory) {
    self.service = service
    self.memory = memory
    self.metrics = metrics
    self.selector = selector
    let mode = service.options.undeclaredBodyMode
    modes = ProcessingModes(
      PerDirection(request: mode, response: mode), overrideIsAllowed: service.options.allowModeOverride)
  }

  /// One `ProcessingRequest`, serialized; borrowed. A status ends the stream (what was appended before it is sent).
  package func receive(_ message: UnsafeRawBufferPointer, into answers: inout OutgoingMessages) -> GRPCStatus?
  {
    guard state != .observing, state != .replied else { return nil }
    messageStart = MonotonicClock.nanoseconds()
    defer {
      memory.arena.reset()
      noteTime()
    }
    do throws(GRPCStatus) {
      try process(try IncomingMessage(message, memory.arena), &answers)
      return nil
    } catch {
      fail([Failure(error)])
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
    defer { memory.arena.reset() }
    fail(.bodyTooLate(awaitsRequest ? .request : .response, seconds: seconds), &answers)
    return nil
  }

  /// True when nothing is left to transform. Not of modes in which Envoy waits for each piece of a body.
  package var isSettled: Bool {
    guard state == .transforming, flows.request.hasStarted, !flows.request.isAwaitingBody,
      !flows.response.isAwaitingBody, !modes.sendsBodyEarly
    else { return false }
    let passes: (Direction) -> Bool = { [modes] in
      let mode = modes.bodyMode($0)
      return mode == .none || mode == .buffered
    }
    let response = exchange?.transformation.needs.response
    let awaitsResponse = (response?.headers ?? false) || (response?.body ?? false)
    return passes(.request) && passes(.response) && (!awaitsResponse || flows.response.hasStarted)
  }

  /// The stream is over, and is not used any more. Logs the exchange, where each is to be logged.
  package func end() {
    defer { memory.clear() }
    if state == .transforming, flows.request.hasStarted {
      noteEnd(hasResponseHeaders: flows.response.hasStarted)
    }
    guard service.logsExchanges, let phase else { return }
    var metadata: Logger.Metadata = [
      "last_phase": .string(phase.label), "microseconds": .stringConvertible(nanoseconds / 1_000),
    ]
    if let name = transformationName { metadata["transformation"] = .string(name) }
    if let requestID = sentRequestID { metadata["x-request-id"] = .string(requestID) }
    if state == .replied { metadata["replied"] = "true" }
    service.logger.debug("exchange", metadata: metadata)
  }

  private func process(_ message: IncomingMessage, _ answers: inout OutgoingMessages) throws(GRPCStatus) {
    if state == .start { try begin(message) }
    guard state == .transforming, !message.isObserved else { return }
    guard let content = message.content else {
      throw GRPCStatus(.invalidArgument, "a message of no known kind")
    }
    updateConnection(message.attributes)
    phase = Phase(content)
    switch content {
    case .headers(let direction, let headers, let endOfStream):
      try receiveHeaders(direction, headers, endOfStream: endOfStream, &answers)
    case .body(let direction, let body, let endOfStream):
      try receiveBody(direction, body, endOfStream: endOfStream, &answers)
    case .trailers(let direction, let trailers): try receiveTrailers(direction, trailers, &answers)
    }
  }

  // MARK: Phases

  /// The first message says how bodies come, and with it the transformation is chosen.
  private func begin(_ message: IncomingMessage) throws(GRPCStatus) {
    var number =
      selector.isByConfiguration ? TransformationLabels.fromHeaderNumber : TransformationLabels.noneNumber
    defer { metrics.addExchange(number) }
    phase = message.content.map { Phase($0) }
    let inForce = service.inForce
    self.inForce = inForce
    guard !message.isObserved else {
      state = .observing
      if !inForce.configuration.transformations.isEmpty { note(.observability) }
      return
    }
    if let declared = message.protocolConfiguration {
      modes = try ProcessingModes(declared, overrideIsAllowed: service.options.allowModeOverride)
    }
    let transformation = try TransformationSelector(
      configuration: inForce.configuration, cache: service.cache
    )
    .transformation(selector, message.attributes)
    if let transformation, !selector.isByConfiguration { number = inForce.number(of: transformation) }
    exchange = transformation.map {
      Exchange($0, scope: memory.scope, headerLimits: service.options.headerLimits)
    }
    state = .transforming
    noteBegin(message.attributes, inForce)
  }

  private func receiveHeaders(
    _ direction: Direction, _ headers: UnsafeRawBufferPointer, endOfStream: Bool,
    _ answers: inout OutgoingMessages
  ) throws(GRPCStatus) {
    if direction == .request, flows.response.hasStarted {
      throw GRPCStatus(.invalidArgument, "request headers came after the response")
    }
    try flows[direction].headers(endOfStream: endOfStream)
    let source = memory.sources[direction]
    try source.open(headers, in: memory.arena)
    defer { if !flows[direction].isAwaitingBody { memory.close(direction) } }
    if direction == .request { keepRequestID() } else { noteResponseHeaders() }
    if direction == .response, flows.request.isAwaitingBody {
      memory.mutations.removeAll()
      let action = exchange?.answeredElsewhere(
        source,
        request: .mayHaveGoneOn(
          memory.sources.request, orElse: FilterObstacle.bodyNotSent(.request).obstacle),
        into: &memory.mutations)
      if case .reply(let answer) = action {
        if modes.isAskedAnew(.request) { note(.override) }
        return reply(answer, &answers)
      }
      flows.request.abandonBody()
    }

    memory.mutations.removeAll()
    let action =
      exchange?.headers(direction, source, endOfStream: endOfStream, into: &memory.mutations) ?? .proceed
    switch action {
    case .reply(let answer):
      reply(answer, &answers)
    case .awaitBody:
      guard modes.canCollectBody(direction), !clearsRouteCacheTooLate(direction) else {
        return fail(.bodyModeUnsuited(direction, has: modes.bodyMode(direction)), &answers)
      }
      flows[direction].awaitBody()
      awaitingBodySince = messageStart
      writer.appendHeadersPass(direction, modeOverride(direction, .collected), to: &answers)
      memory.hold(direction)
    case .proceed:
      let replacesBody = memory.mutations.body != nil
      guard !replacesBody || modes.canReplaceBody(direction) else {
        return fail(.bodyModeUnsuited(direction, has: modes.bodyMode(direction)), &answers)
      }
      guard !replacesBody || mayReplaceBody(direction, endOfStream: endOfStream) else {
        return fail(.bodyNotReplaceable(direction, has: modes.bodyMode(direction)), &answers)
      }
      tell(direction)
      if replacesBody { flows[direction].replaceBody() }
      let fate: BodyFate = endOfStream || replacesBody ? .settled : .untouched
      writer.appendHeadersAnswer(direction, memory.mutations, modeOverride(direction, fate), to: &answers)
    }
  }

  private func receiveBody(
    _ direction: Direction, _ body: UnsafeRawBufferPointer, endOfStream: Bool,
    _ answers: inout OutgoingMessages
  ) throws(GRPCStatus) {
    if try headersAreMissing(direction, &answers) { return }
    noteBody(direction)
    let mode = modes.bodyMode(direction)
    switch try flows[direction].body(mode, isEmpty: body.isEmpty, endOfStream: endOfStream) {
    case .ignore: break
    case .pass: writer.appendBodyPass(direction, to: &answers)
    case .drop where !endOfStream && mode == .bufferedPartial: fail(.bodyIncomplete(direction), &answers)
    case .drop: writer.appendBodyDrop(direction, to: &answers)
    case .echo: writer.appendEcho(direction, body, endOfStream: endOfStream, to: &answers)
    case .transform:
      defer { memory.close(direction) }
      let isWhole =
        endOfStream || !modes.mayBePart(direction) || memory.sources[direction].declaredLength == body.count
      transform(direction, body, isWhole: isWhole, hasTrailers: !endOfStream, &answers)
    }
  }

  private func transform(
    _ direction: Direction, _ body: UnsafeRawBufferPointer, isWhole: Bool, hasTrailers: Bool,
    _ answers: inout OutgoingMessages
  ) {
    memory.mutations.removeAll()
    let action =
      exchange?.body(
        direction, body, isWhole: isWhole, hasTrailers: hasTrailers, source: memory.sources[direction],
        into: &memory.mutations) ?? .proceed
    switch action {
    case .reply(let answer): reply(answer, &answers)
    case .proceed:
      tell(direction)
      writer.appendBodyAnswer(direction, memory.mutations, to: &answers)
    }
  }

  /// agentgateway reads a body in an answer to headers only where it would send the body too; else the old one goes on.
  private func mayReplaceBody(_ direction: Direction, endOfStream: Bool) -> Bool {
    (modes.bodyMode(direction).collectsBody && !endOfStream)
      || !memory.sources[direction].fillsValueForPseudoHeaders
  }

  /// In BUFFERED_PARTIAL Envoy sends the request on, and chooses its route, before it reads of an answer to the body that
  /// the route is to be chosen anew.
  private func clearsRouteCacheTooLate(_ direction: Direction) -> Bool {
    direction == .request && modes.bodyMode(.request) == .bufferedPartial
      && exchange?.transformation.needs.request.clearsRouteCache == true
  }

  /// A body or trailers whose headers Envoy does not send: what the transformation does to headers would be lost
  /// without a word.
  func headersAreMissing(
    _ direction: Direction, _ answers: inout OutgoingMessages
  ) throws(GRPCStatus) -> Bool {
    if direction == .response, flows.request.isAwaitingBody {
      fail(.bodyNotSent(.request), &answers)
      return true
    }
    guard !flows[direction].hasStarted else { return false }
    let obstacle = FilterObstacle.headersNotSent(direction)
    memory.mutations.removeAll()
    let action = exchange?.headersDidNotCome(
      direction, orElse: obstacle.obstacle, source: memory.sources[direction], into: &memory.mutations)
    guard case .reply(let answer) = action else { return false }
    if let mismatch = obstacle.mismatch { note(mismatch) }
    reply(answer, &answers)
    return true
  }

  // MARK: Modes

  /// What to tell Envoy to leave out, or to send, after these headers.
  private func modeOverride(_ direction: Direction, _ fate: BodyFate) -> ModeOverride? {
    switch direction {
    case .request:
      let needs = exchange?.transformation.needs.response
      return modes.overrideAfterRequestHeaders(
        fate, responseHeaders: needs?.headers ?? false, responseBody: needs?.body ?? false,
        longResponsePasses: needs?.skipsLongBody ?? false)
    case .response:
      return modes.overrideAfterResponseHeaders(fate)
    }
  }

  // MARK: Answers

  var writer: AnswerWriter { AnswerWriter(arena: memory.arena) }

  /// Logs what went wrong, or was left out, without ending the exchange.
  func tell(_ direction: Direction) {
    fail(memory.mutations.failures)
    if let reason = memory.mutations.skipped { skip(direction, reason.rawValue) }
  }

  /// Answers the client: the filter's configuration does not allow what the transformation needs.
  func fail(_ obstacle: FilterObstacle, _ answers: inout OutgoingMessages) {
    if let mismatch = obstacle.mismatch { note(mismatch) }
    let obstacle = obstacle.obstacle
    let refusal = exchange?.refuse(
      obstacle, source: memory.sources[obstacle.direction], into: &memory.mutations)
    reply(refusal ?? LocalReply(obstacle), &answers)
  }

  /// Answers the client as the exchange says.
  func reply(_ answer: LocalReply, _ answers: inout OutgoingMessages) {
    fail(memory.mutations.failures)
    writer.appendReply(answer, to: &answers)
    metrics.add(.replies)
    state = .replied
  }

  // MARK: What is remembered

  private func updateConnection(_ attributes: MessageAttributes) {
    guard let needed = exchange?.transformation.needs.connectionAttributes, !needed.isEmpty else { return }
    var connection = memory.sources.request.connection
    connection.update(from: attributes, needed: needed)
    memory.sources.request.connection = connection
    memory.sources.response.connection = connection
  }

  /// The response rarely carries it.
  private func keepRequestID() {
    guard service.logsExchanges || exchange?.transformation.needs.response.headers ?? false else { return }
    let id = memory.sources.request.requestID
    memory.sources.response.keptRequestID = id.flatMap { $0.count <= LocalReply.requestIDBytesMax ? $0 : nil }
  }

  /// While the request's headers are at hand, or where it was kept: where the response may still fail, or where each
  /// exchange is logged.
  private var sentRequestID: String? {
    let id = memory.sources.response.keptRequestID ?? memory.sources.request.requestID
    return id.map { String(decoding: $0.prefix(LocalReply.requestIDBytesMax), as: UTF8.self) }
  }

  var transformationName: String? { exchange?.transformation.name }

  /// Logs failures, and counts the first: one for each phase.
  func fail(_ failures: [Failure]) {
    guard let first = failures.first else { return }
    service.metrics.failures.add(
      reason: first.reason.rawValue, transformation: transformationLabel)
    failureLog.record(failures, phase, transformation: transformationName, in: service) {
      sentRequestID
    }
  }

  /// A body was left unread, which is no failure.
  func skip(_ direction: Direction, _ reason: String) {
    service.metrics.skipped.add(reason: reason, transformation: transformationLabel)
    service.logger.debug(
      "body not read",
      metadata: [
        "direction": .string(direction.rawValue), "reason": .string(reason),
        "transformation": .string(transformationName ?? ""),
      ])
  }

  private var transformationLabel: String {
    selector.isByConfiguration
      ? TransformationLabels.fromHeader : transformationName ?? TransformationLabels.none
  }
}
