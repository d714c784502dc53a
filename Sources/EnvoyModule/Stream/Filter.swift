internal import CEnvoyModule
internal import Transformation

/// One HTTP stream that passes through the filter. Its hooks run on one thread, one after the other; a callback that
/// may run another hook, or end the stream, is the last thing that a hook does.
final class Filter {
  /// What becomes of one message's body.
  private enum Stage {
    /// It passes, if there is one.
    case passing
    /// The headers are held; the body is collected.
    case collecting
    /// The headers are held; this comes in the place of whatever body follows, which is dropped as it comes.
    case replacing([UInt8])
    /// What was held has gone on; nothing of the body may follow.
    case finished
    /// The client was answered instead.
    case answered
  }

  /// A body that was put together or replaced may have needed more; that is given back.
  private static let storageBytesKept = 64 << 10

  // No access to these lasts over a callback that may run another hook.
  private(set) var config: FilterConfig?
  /// Whether the transformation was chosen; the first headers of either direction do that.
  private var isChosen = false
  /// Nil when no transformation applies.
  private(set) var exchange: Exchange?
  private var request = Stage.passing
  private var response = Stage.passing
  private var passedRequest = PassedBody()
  private var passedResponse = PassedBody()
  /// Empty, and kept for its storage; a hook takes it out while it works.
  private var spareMutations = Mutations()
  private var joinedBody: [UInt8] = []
  private let source = EnvoySource()
  private let scope = PhaseScope()

  /// Kept alive by Envoy until `filter_destroy`, and by the caller while it uses it.
  @inline(__always)
  static func at(_ pointer: UnsafeMutableRawPointer?) -> Filter? {
    pointer.map { Unmanaged<Filter>.fromOpaque($0).takeUnretainedValue() }
  }

  func begin(_ config: FilterConfig) { self.config = config }

  /// Forgets the stream and keeps the storage.
  func end() {
    config = nil
    exchange = nil
    isChosen = false
    request = .passing
    response = .passing
    passedRequest = PassedBody()
    passedResponse = PassedBody()
    scope.reset()
    if joinedBody.capacity > Filter.storageBytesKept { joinedBody = [] }
  }

  // MARK: Hooks

  func headers(_ direction: Direction, _ stream: EnvoyStream, endOfStream: Bool) -> EnvoyHeadersStatus {
    if !isChosen, let obstacle = choose(direction, stream) {
      refuse(direction, obstacle, stream)
      return ENVOY_HEADERS_STOP
    }
    // The answer of somebody else to a request whose body is not here yet: that of Envoy to a body that it cannot
    // buffer, that of a filter before this one. The request did not go on, so the response is not transformed either.
    if direction == .response, requestIsHeld { answeredElsewhere(stream) }
    if !endOfStream { StreamBuffers(stream, direction).begin(&self[passed: direction]) }
    guard !(exchange?.isOver ?? true) else { return ENVOY_HEADERS_CONTINUE }
    // Looked at in place: a method of the exchange would copy it first.
    let isNeeded =
      switch direction {
      case .request: exchange?.transformation.needs.request.headers
      case .response: exchange?.transformation.needs.response.headers
      }
    guard isNeeded ?? false else { return ENVOY_HEADERS_CONTINUE }

    let isDone = run(direction, .headers(endOfStream: endOfStream), stream) { source, mutations in
      exchange?.headers(direction, source, endOfStream: endOfStream, into: &mutations) ?? .proceed
    }
    return isDone ? ENVOY_HEADERS_CONTINUE : ENVOY_HEADERS_STOP
  }

  func body(_ direction: Direction, _ stream: EnvoyStream, endOfStream: Bool) -> EnvoyBodyStatus {
    let buffers = StreamBuffers(stream, direction)
    switch self[direction] {
    case .passing:
      if buffers.pass(&self[passed: direction], endOfStream: endOfStream) { return ENVOY_BODY_CONTINUE }
      refuse(
        direction, FailureReason("last_piece_unknown"),
        "Envoy added the last piece of the \(direction)'s body to what other filters keep of it, and it cannot be taken"
          + " out of it", stream)
      return ENVOY_BODY_STOP_NO_BUFFER
    case .collecting:
      guard buffers.isLast(endOfStream: endOfStream) else {
        return collectPiece(direction, stream)
      }
      return transformBody(direction, .body(endOfStream: endOfStream), stream)
        ? ENVOY_BODY_CONTINUE : ENVOY_BODY_STOP_NO_BUFFER
    case .replacing(let bytes):
      guard buffers.isLast(endOfStream: endOfStream) else {
        buffers.dropPiece()
        return ENVOY_BODY_STOP_NO_BUFFER
      }
      return replaceBody(direction, .body(endOfStream: endOfStream), bytes, stream)
        ? ENVOY_BODY_CONTINUE : ENVOY_BODY_STOP_NO_BUFFER
    case .finished:
      guard buffers.hasPiece() else { return ENVOY_BODY_CONTINUE }
      refuse(
        direction, FailureReason("body_after_its_end"), "more of the \(direction)'s body came after its end",
        stream)
      return ENVOY_BODY_STOP_NO_BUFFER
    case .answered: return ENVOY_BODY_STOP_NO_BUFFER
    }
  }

  func trailers(_ direction: Direction, _ stream: EnvoyStream) -> EnvoyTrailersStatus {
    switch self[direction] {
    case .passing, .finished: return ENVOY_TRAILERS_CONTINUE
    case .collecting:
      return transformBody(direction, .trailers, stream) ? ENVOY_TRAILERS_CONTINUE : ENVOY_TRAILERS_STOP
    case .replacing(let bytes):
      return replaceBody(direction, .trailers, bytes, stream) ? ENVOY_TRAILERS_CONTINUE : ENVOY_TRAILERS_STOP
    case .answered: return ENVOY_TRAILERS_STOP
    }
  }

  // MARK: The exchange

  /// Once for the whole exchange, so that request and response see the same transformation even when the route cache
  /// is cleared in between. The exchange holds the transformation itself, not the route's configuration.
  /// Nil when it goes on, whether or not a transformation applies.
  private func choose(_ direction: Direction, _ stream: EnvoyStream) -> RouteObstacle? {
    isChosen = true
    guard let config else { return nil }
    let faults = ConfigurationFaults.take()
    if faults > 0 { config.metrics.countConfigurationFaults(faults, stream) }
    var configuration = config.configuration
    if let route = envoy_route_config(stream) {
      // In the response: an answer of somebody else, which came before the request. There is nothing to stop.
      guard let ours = RouteConfig.at(route) else { return direction == .request ? .foreign : nil }
      if let name = ours.missingFilter { return direction == .request ? .missingFilter(name) : nil }
      if !config.isInert { configuration = ours.configuration }
    }
    if let transformation = configuration?.transformation(routeName: { EnvoyAttribute.routeName(of: stream) })
    {
      exchange = Exchange(transformation, scope: scope)
      if transformation.needs.request.body || transformation.needs.response.body {
        let limit = envoy_buffer_limit(stream)
        if limit > 0 { exchange?.limitBodies(to: Int(clamping: limit)) }
      }
    }
    return nil
  }

  private func refuse(_ direction: Direction, _ obstacle: RouteObstacle, _ stream: EnvoyStream) {
    switch obstacle {
    case .foreign: refuse(direction, obstacle.reason, obstacle.message, stream)
    case .missingFilter:
      // The log was told when the route came.
      config?.metrics.countFailure(obstacle.reason, stream)
      let failure = Failure(place: "route", reason: obstacle.reason, message: obstacle.message)
      answer(direction, reply(Obstacle(direction, failure), stream), stream)
    }
  }

  /// False when the message does not go on: it was answered.
  private func transformBody(_ direction: Direction, _ phase: MessagePhase, _ stream: EnvoyStream) -> Bool {
    let buffers = StreamBuffers(stream, direction)
    var storage: [UInt8] = []
    swap(&storage, &joinedBody)
    defer { swap(&storage, &joinedBody) }
    self[direction] = .finished
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
    }
  }

  /// Holds a piece of a body. What only reads it goes on without it when it grows longer than Envoy's buffer.
  private func collectPiece(_ direction: Direction, _ stream: EnvoyStream) -> EnvoyBodyStatus {
    guard let bytesMax = exchange?.bytesAwaited(direction) else { return ENVOY_BODY_STOP_AND_BUFFER }
    let buffers = StreamBuffers(stream, direction)
    let limit = Int(clamping: envoy_buffer_limit(stream))
    guard buffers.heldByteCount() > (limit > 0 ? min(limit, bytesMax) : bytesMax) else {
      // Envoy puts what goes on into its buffer first, and answers with an error when that is over the limit, unless it
      // was told before to stop the peer. Where its limit is not known, a peer could be stopped so for ever.
      return limit > 0 ? ENVOY_BODY_STOP_AND_WATERMARK : ENVOY_BODY_STOP_AND_BUFFER
    }
    self[direction] = .passing
    buffers.release(&self[passed: direction])
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    let goesOn = run(direction, .body(endOfStream: false), stream) { source, mutations in
      HeadersAction(
        exchange?.body(direction, nothing, isWhole: false, source: source, into: &mutations) ?? .proceed)
    }
    return goesOn ? ENVOY_BODY_CONTINUE : ENVOY_BODY_STOP_NO_BUFFER
  }

  /// Runs one phase and does what comes out of it. False when the message does not go on.
  private func run(
    _ direction: Direction, _ phase: MessagePhase, _ stream: EnvoyStream,
    _ ask: (EnvoySource, inout Mutations) -> HeadersAction
  ) -> Bool {
    let start = process_nanoseconds()
    var mutations = Mutations()
    swap(&mutations, &spareMutations)
    defer {
      mutations.removeAll()
      swap(&mutations, &spareMutations)
    }
    source.open(stream, direction)
    defer { source.close() }
    let action = ask(source, &mutations)
    switch action {
    case .awaitBody:
      self[direction] = .collecting
      return false
    case .reply(let reply):
      tellFailures(mutations.failures, stream)
      answer(direction, reply, stream)
      return false
    case .proceed: return apply(mutations, direction, phase, since: start, stream)
    }
  }

  // MARK: What comes out

  /// False when the message does not go on: the client was answered instead, or the body is still to come.
  private func apply(
    _ mutations: Mutations, _ direction: Direction, _ phase: MessagePhase, since start: UInt64,
    _ stream: EnvoyStream
  ) -> Bool {
    let changes = MessageChanges(mutations, stream, direction, phase)
    tellFailures(mutations.failures, stream)
    if let reason = mutations.skipped { tellSkipped(direction, reason, stream) }
    if changes.applyHeaders() > 0 { tellCookiesLeftOut(direction, stream) }
    if mutations.effects.contains(.clearRouteCache) { envoy_clear_route_cache(stream) }
    config?.metrics.countTransformed(direction, after: process_nanoseconds() &- start, stream)
    switch changes.applyBody() {
    case .done: return true
    case .follows(let bytes):
      self[direction] = .replacing(bytes)
      return false
    case .notTaken:
      refuseNewBody(direction, stream)
      return false
    }
  }

  /// Puts the new body in the place of one that nothing read. False when the client was answered instead.
  private func replaceBody(
    _ direction: Direction, _ phase: MessagePhase, _ bytes: [UInt8], _ stream: EnvoyStream
  ) -> Bool {
    self[direction] = .finished
    source.open(stream, direction)
    defer { source.close() }
    let length = Framing.lengthOfNewBody(declared: source.declaredLength, hasTrailers: phase.hasTrailers)
    HeaderChanges(stream, direction).applyLength(length, of: bytes.count, in: phase)
    let isTaken = bytes.withUnsafeBytes {
      StreamBuffers(stream, direction).replace(with: $0, isBodyHook: phase.isBodyHook)
    }
    if !isTaken { refuseNewBody(direction, stream) }
    return isTaken
  }

  private func refuseNewBody(_ direction: Direction, _ stream: EnvoyStream) {
    refuse(
      direction, FailureReason("body_not_replaced"), "Envoy does not take the new body of the \(direction)",
      stream)
  }

  /// Answers the client with 500: Envoy would not take what comes out.
  private func refuse(
    _ direction: Direction, _ reason: FailureReason, _ message: String, _ stream: EnvoyStream
  ) {
    let failure = Failure(place: "\(direction.rawValue).headers", reason: reason, message: message)
    tellFailures([failure], stream)
    let obstacle = Obstacle(direction, failure)
    var mutations = Mutations()
    source.open(stream, direction)
    let refusal = exchange?.refuse(obstacle, source: source, into: &mutations)
    source.close()
    answer(direction, refusal ?? reply(obstacle, stream), stream)
  }

  /// Where there is no exchange: the client is known by its request's headers alone.
  private func reply(_ obstacle: Obstacle, _ stream: EnvoyStream) -> LocalReply {
    source.open(stream, .request)
    defer { source.close() }
    return LocalReply(obstacle, dialect: ReplyDialect(source, shape: nil))
  }

  private func answeredElsewhere(_ stream: EnvoyStream) {
    var mutations = Mutations()
    source.open(stream, .response)
    defer { source.close() }
    _ = exchange?.answeredElsewhere(source, request: .held, into: &mutations)
  }

  /// Nothing of the request has gone on.
  private var requestIsHeld: Bool {
    switch request {
    case .collecting, .replacing: true
    case .passing, .finished, .answered: false
    }
  }

  private func answer(_ direction: Direction, _ reply: LocalReply, _ stream: EnvoyStream) {
    config?.metrics.countRefusal(reply.reason, stream)
    self[direction] = .answered
    ClientAnswer.send(reply, stream)
  }

  private subscript(direction: Direction) -> Stage {
    get { direction == .request ? request : response }
    set {
      switch direction {
      case .request: request = newValue
      case .response: response = newValue
      }
    }
  }

  private subscript(passed direction: Direction) -> PassedBody {
    get { direction == .request ? passedRequest : passedResponse }
    _modify {
      switch direction {
      case .request: yield &passedRequest
      case .response: yield &passedResponse
      }
    }
  }
}
