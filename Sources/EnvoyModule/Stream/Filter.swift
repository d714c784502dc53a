internal import CEnvoyModule
internal import Transformation

/// One HTTP stream that passes through the filter. Its hooks run on one thread, one after the other; a callback that
/// may run another hook, or end the stream, is the last thing that a hook does.
///
/// A hook tells the message's `MessageStage` what came, asks the exchange where that says so, and does what comes out.
final class Filter {
  private struct Message {
    var stage = MessageStage()
    var passed = PassedBody()
    /// How much of a body that is waited for is held at most.
    var heldByteCount: Int?
  }

  /// A body that was put together or replaced may have needed more; that is given back.
  private static let storageBytesKept = 64 << 10

  // No access to these lasts over a callback that may run another hook.
  /// Whether the transformation was chosen; the first headers of either direction do that.
  private var isChosen = false
  /// Nil when no transformation applies.
  private var exchange: Exchange?
  private var request = Message()
  private var response = Message()
  /// Empty, kept for its storage; a hook takes it out while it works.
  private var spareMutations = Mutations()
  private var joinedBody: [UInt8] = []
  private let source = EnvoySource()
  private let report = Report()
  private let scope = PhaseScope()

  func begin(_ config: FilterConfig) { report.begin(config) }

  /// Forgets the stream and keeps the storage.
  func end() {
    isChosen = false
    exchange = nil
    report.end()
    request = Message()
    response = Message()
    scope.reset()
    if joinedBody.capacity > Filter.storageBytesKept { joinedBody = [] }
  }

  // MARK: Hooks

  func headers(_ direction: Direction, _ stream: EnvoyStream, endOfStream: Bool) -> EnvoyHeadersStatus {
    do throws(RouteObstacle) {
      try choose(direction, stream)
    } catch {
      let failure = error.failure(direction)
      report.obstructed(failure, error, stream)
      answer(direction, refusal(Obstacle(direction, failure), stream), stream)
      return ENVOY_HEADERS_STOP
    }
    // The answer of somebody else to a request whose body is not here yet: that of Envoy to a body that it cannot
    // buffer, that of a filter before this one. The request did not go on, so the response is not transformed either.
    if direction == .response, request.stage.isHeld { answeredElsewhere(stream) }
    if !endOfStream { StreamBuffers(stream, direction).begin(&self[direction].passed) }
    var outcome = PhaseOutcome.decided(.goOn)
    if needsHeaders(direction) {
      outcome = run(direction, .headers(endOfStream: endOfStream), stream) { source, mutations in
        exchange?.headers(direction, source, endOfStream: endOfStream, into: &mutations) ?? .proceed
      }
    }
    switch outcome {
    case .decided(let decision):
      return self[direction].stage.headers(decision) ? ENVOY_HEADERS_CONTINUE : ENVOY_HEADERS_STOP
    case .refused(let reply):
      answer(direction, reply, stream)
      return ENVOY_HEADERS_STOP
    }
  }

  func body(_ direction: Direction, _ stream: EnvoyStream, endOfStream: Bool) -> EnvoyBodyStatus {
    let buffers = StreamBuffers(stream, direction)
    let phase = MessagePhase.body(endOfStream: endOfStream)
    let refusal: LocalReply?
    switch self[direction].stage.piece(
      isLast: buffers.isLast(endOfStream: endOfStream), isEmpty: !buffers.hasPiece())
    {
    case .pass:
      if buffers.pass(&self[direction].passed, endOfStream: endOfStream) { return ENVOY_BODY_CONTINUE }
      refusal = refuse(direction, .lastPieceUnknown, stream)
    case .hold:
      if let status = buffers.hold(upTo: exchange?.bytesAwaited(direction), &self[direction].heldByteCount) {
        return status
      }
      refusal = letGo(direction, buffers, stream)
    case .transform: refusal = transform(direction, phase, stream)
    case .replace(let bytes): refusal = replaceBody(direction, phase, bytes, stream)
    case .drop:
      buffers.dropPiece()
      return ENVOY_BODY_STOP_NO_BUFFER
    case .ignore: return ENVOY_BODY_CONTINUE
    case .refuse: refusal = refuse(direction, .bodyAfterItsEnd, stream)
    case .stop: return ENVOY_BODY_STOP_NO_BUFFER
    }
    guard let refusal else { return ENVOY_BODY_CONTINUE }
    answer(direction, refusal, stream)
    return ENVOY_BODY_STOP_NO_BUFFER
  }

  func trailers(_ direction: Direction, _ stream: EnvoyStream) -> EnvoyTrailersStatus {
    let refusal: LocalReply?
    switch self[direction].stage.trailers() {
    case .pass: return ENVOY_TRAILERS_CONTINUE
    case .transform: refusal = transform(direction, .trailers, stream)
    case .replace(let bytes): refusal = replaceBody(direction, .trailers, bytes, stream)
    case .stop: return ENVOY_TRAILERS_STOP
    }
    guard let refusal else { return ENVOY_TRAILERS_CONTINUE }
    answer(direction, refusal, stream)
    return ENVOY_TRAILERS_STOP
  }

  // MARK: The exchange

  /// Once for the whole exchange, so that request and response see the same transformation even when the route cache
  /// is cleared in between. The exchange holds the transformation itself, not the route's configuration.
  private func choose(_ direction: Direction, _ stream: EnvoyStream) throws(RouteObstacle) {
    if isChosen { return }
    isChosen = true
    report.configurationFaults(stream)
    guard let transformation = try report.config?.transformation(direction, of: stream) else { return }
    exchange = Exchange(transformation, scope: scope)
    guard transformation.needs.request.body || transformation.needs.response.body else { return }
    let limit = envoy_buffer_limit(stream)
    if limit > 0 { exchange?.limitBodies(to: Int(clamping: limit)) }
  }

  /// Looked at in place: a method of the exchange would copy it first.
  private func needsHeaders(_ direction: Direction) -> Bool {
    guard !(exchange?.isOver ?? true) else { return false }
    return switch direction {
    case .request: exchange?.transformation.needs.request.headers ?? false
    case .response: exchange?.transformation.needs.response.headers ?? false
    }
  }

  private func letGo(_ direction: Direction, _ buffers: StreamBuffers, _ stream: EnvoyStream) -> LocalReply? {
    self[direction].stage.letGo()
    buffers.release(&self[direction].passed)
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    return run(direction, .body(endOfStream: false), stream) { source, mutations in
      .init(exchange?.body(direction, nothing, isWhole: false, source: source, into: &mutations) ?? .proceed)
    }.refusal
  }

  /// The body that was waited for is here, or trailers in its place.
  private func transform(_ direction: Direction, _ phase: MessagePhase, _ stream: EnvoyStream) -> LocalReply?
  {
    let buffers = StreamBuffers(stream, direction)
    var storage: [UInt8] = []
    swap(&storage, &joinedBody)
    defer { swap(&storage, &joinedBody) }
    return run(direction, phase, stream) { source, mutations in
      buffers.withBytes(isBodyHook: phase.isBodyHook, storage: &storage) { body in
        let action: BodyAction?
        if case .trailers = phase, body.isEmpty {
          action = exchange?.trailersInsteadOfBody(
            direction, grpcStatus: direction == .response ? buffers.grpcStatus() : nil,
            reach: .headersAndBody, source: source, into: &mutations)
        } else {
          action = exchange?.body(
            direction, body, isWhole: true, hasTrailers: phase.hasTrailers, source: source, into: &mutations)
        }
        return HeadersAction(action ?? .proceed)
      }
    }.refusal
  }

  private func answeredElsewhere(_ stream: EnvoyStream) {
    var mutations = Mutations()
    source.open(stream, .response)
    defer { source.close() }
    _ = exchange?.answeredElsewhere(source, request: .held, into: &mutations)
  }

  /// Asks the exchange, and puts into the message what comes out.
  private func run(
    _ direction: Direction, _ phase: MessagePhase, _ stream: EnvoyStream,
    _ ask: (EnvoySource, inout Mutations) -> HeadersAction
  ) -> PhaseOutcome {
    let start = Report.now
    var mutations = Mutations()
    swap(&mutations, &spareMutations)
    defer {
      mutations.removeAll()
      swap(&mutations, &spareMutations)
    }
    source.open(stream, direction)
    defer { source.close() }
    let action = ask(source, &mutations)
    report.failed(mutations.failures, of: exchange?.transformation, stream)
    switch action {
    case .awaitBody: return .decided(.awaitBody)
    case .reply(let reply): return .refused(reply)
    case .proceed: break
    }
    let decision = MessageChanges(stream, direction, phase)
      .apply(mutations, report, of: exchange?.transformation, since: start)
    return decision.map { .decided($0) } ?? .refused(refuse(direction, .bodyNotReplaced, stream))
  }

  /// Puts the new body in the place of one that nothing read.
  private func replaceBody(
    _ direction: Direction, _ phase: MessagePhase, _ bytes: [UInt8], _ stream: EnvoyStream
  ) -> LocalReply? {
    source.open(stream, direction)
    defer { source.close() }
    return MessageChanges.replaceBody(with: bytes, source, stream, direction, phase)
      ? nil : refuse(direction, .bodyNotReplaced, stream)
  }

  private func refuse(_ direction: Direction, _ obstacle: BodyObstacle, _ stream: EnvoyStream) -> LocalReply {
    let failure = obstacle.failure(direction)
    report.failed([failure], of: exchange?.transformation, stream)
    return refusal(Obstacle(direction, failure), stream)
  }

  private func refusal(_ obstacle: Obstacle, _ stream: EnvoyStream) -> LocalReply {
    var mutations = Mutations()
    defer { source.close() }
    source.open(stream, obstacle.direction)
    if let reply = exchange?.refuse(obstacle, source: source, into: &mutations) { return reply }
    // Where there is no exchange, the client is known by its request's headers alone.
    source.open(stream, .request)
    return LocalReply(obstacle, dialect: ReplyDialect(source, shape: nil))
  }

  private func answer(_ direction: Direction, _ reply: LocalReply, _ stream: EnvoyStream) {
    report.refused(reply.reason, stream)
    self[direction].stage.answer()
    ClientAnswer.send(reply, stream)
  }

  private subscript(direction: Direction) -> Message {
    get { direction == .request ? request : response }
    _modify {
      switch direction {
      case .request: yield &request
      case .response: yield &response
      }
    }
  }
}
