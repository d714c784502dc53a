/// One HTTP exchange that passes through one transformation: a request and its response.
///
/// A value, made when the first headers arrive and asked once a phase; trailers are no phase of it, as no field of the
/// configuration speaks of them. It does no I/O and knows nothing of Envoy.
/// Phases that the transformation does not need may be left out by the adapter; such phases, when they come anyway,
/// answer `.proceed` with no mutations, and so does all that comes after the exchange has ended with an answer of
/// somebody else or of ours. An answer has no action that its event cannot have.
package struct Exchange {
  package let transformation: Transformation
  private let scope: PhaseScope
  private let headerLimits: HeaderLimits
  /// What the request asks for: what follows its headers is no body then.
  private var tunnel = Tunnel.none
  private var isHead = false
  private var sawRequest = false
  /// How the client wants to hear a refusal, where one may come.
  private var dialect = ReplyDialect()
  /// The longest body that is waited for where the exchange can go on without.
  private var bodyBytesMax: Int
  /// Somebody has answered: whoever tries again pays for the same completion once more.
  private var isAnswered = false
  /// It ended with an answer of somebody else, or of ours: nothing more is done to it.
  package private(set) var isOver = false

  /// - Parameters:
  ///   - scope: no other exchange uses it as long as this one lasts.
  ///   - headerLimits: what Envoy lets the headers of a message be.
  package init(
    _ transformation: Transformation, scope: PhaseScope = PhaseScope(),
    headerLimits: HeaderLimits = HeaderLimits()
  ) {
    self.transformation = transformation
    self.headerLimits = headerLimits
    self.scope = scope
    bodyBytesMax = transformation.bodyBytesMax ?? TransformationLimits.bodyBytesMax
    scope.reset()
  }

  /// Envoy's buffer holds no more than this: a number that the configuration gives goes before it.
  package mutating func limitBodies(to byteCount: Int) {
    if transformation.bodyBytesMax == nil { bodyBytesMax = byteCount }
  }

  /// How much of a body is to be waited for, where the exchange goes on without reading a longer one; nil where it is
  /// refused then, or where nothing waits for it.
  package func bytesAwaited(_ direction: Direction) -> Int? {
    reading(direction).goesOnUnread ? bodyBytesMax : nil
  }

  /// The headers of a message are here, which `source` has. `endOfStream`: no body follows.
  ///
  /// After `.proceed` the mutations are final for this direction, and their body, if any, takes the place of whatever body
  /// follows. After `.awaitBody`: hold the headers, collect the body, and tell what became of it.
  package mutating func headers(
    _ direction: Direction, _ source: any ExchangeSource, endOfStream: Bool, into mutations: inout Mutations
  ) -> HeadersAction {
    guard !isOver else { return .proceed }
    switch direction {
    case .response: isAnswered = true
    case .request:
      sawRequest = true
      if transformation.needs.response.headers, !source.keepsRequest {
        dialect = requestDialect(source, .response)
      }
    }
    guard needsHeaders(direction) else { return .proceed }
    // What the headers say of the bodies matters only where bodies do: each look-up is a search.
    if direction == .request, transformation.concernsBodies { noteFraming(source) }
    guard mayHaveBody(direction, source, endOfStream: endOfStream) else {
      return HeadersAction(run(direction, source, body: .impossible, .drop, &mutations))
    }
    guard !endOfStream else {
      return HeadersAction(run(direction, source, body: .absent, .drop, &mutations))
    }
    guard needsBody(direction) else {
      return HeadersAction(run(direction, source, body: .unseen, .state, &mutations))
    }
    guard let reason = unread(direction, source) else { return .awaitBody }
    return HeadersAction(run(direction, source, body: .unread(reason), .state, &mutations))
  }

  /// The body that was waited for is here. `source` still has the headers of its message.
  ///
  /// - Parameters:
  ///   - isWhole: false when perhaps only a part of it could be buffered; who rewrites it then refuses.
  ///   - hasTrailers: trailers follow it.
  package mutating func body(
    _ direction: Direction, _ body: UnsafeRawBufferPointer, isWhole: Bool, hasTrailers: Bool = false,
    source: any ExchangeSource, into mutations: inout Mutations
  ) -> BodyAction {
    guard needsBody(direction), !isOver else { return .proceed }
    let length = Framing.lengthOfNewBody(declared: source.declaredLength, hasTrailers: hasTrailers)
    return run(direction, source, body: isWhole ? .whole(body) : .partial(body), length, &mutations)
  }

  /// - Parameter length: what becomes of the length, should there be a new body.
  private mutating func run(
    _ direction: Direction, _ source: any ExchangeSource, body: MessageBody, _ length: BodyLength,
    _ mutations: inout Mutations
  ) -> BodyAction {
    let phase = PhaseContext(
      transformation: transformation, direction: direction, source: source, scope: scope)
    do throws(Refusal) {
      try PhaseRenderer.render(body, phase, into: &mutations)
    } catch {
      return .reply(refusal(direction, error.failure, status: error.status, source))
    }
    if mutations.body != nil { mutations.bodyLength = length }
    if let excess = mutations.excess(over: headerLimits, in: source, direction) {
      let failure = Failure(
        place: "\(direction.rawValue).headers", reason: excess.reason, message: excess.message)
      mutations.discardChanges()
      mutations.failures.append(failure)
      return .reply(refusal(direction, failure, status: 500, source))
    }
    if direction == .request, transformation.keepsRequestHeaders { keepRequestHeaders(source, mutations) }
    return .proceed
  }

  private func needsHeaders(_ direction: Direction) -> Bool {
    direction == .request ? transformation.needs.request.headers : transformation.needs.response.headers
  }

  private func needsBody(_ direction: Direction) -> Bool {
    direction == .request ? transformation.needs.request.body : transformation.needs.response.body
  }

  /// An answer that came before the request was seen may be one to HEAD: it gets no body that it has not.
  private func mayHaveBody(
    _ direction: Direction, _ source: any ExchangeSource, endOfStream: Bool
  ) -> Bool {
    switch direction {
    case .request: tunnel == .none
    case .response:
      !isHead && !tunnel.isOpen(source.firstValue(":status")) && (sawRequest || !endOfStream)
        && source.firstValue(":status").map { Framing.allowsBody(status: $0) } ?? true
    }
  }

  /// Response templates see the request's headers as this transformation left them.
  private func keepRequestHeaders(_ source: any ExchangeSource, _ mutations: Mutations) {
    if transformation.needs.readsAnyRequestHeaderInResponse {
      source.forEachHeader { scope.keptRequestHeaders.append(name: $0, value: $1) }
      scope.keptRequestHeaders.apply(mutations, only: nil)
      return
    }
    for name in transformation.keptRequestHeaders {
      name.bytes.withUnsafeBytes { name in
        source.forEachValue(of: name) { scope.keptRequestHeaders.append(name: name, value: $0) }
      }
    }
    scope.keptRequestHeaders.apply(mutations, only: transformation.keptRequestHeaders)
  }

  private mutating func noteFraming(_ source: any ExchangeSource) {
    let method = source.firstValue(":method")
    isHead = method?.elementsEqual("HEAD".utf8) ?? false
    tunnel = Tunnel(method: method, upgrades: { source.firstValue("upgrade") != nil })
  }

  // MARK: Bodies that are not read

  /// Why there is nothing to wait for, although there is a body; told by the headers alone. What has no content-type is
  /// taken for what is wanted.
  private func unread(_ direction: Direction, _ source: any ExchangeSource) -> SkipReason? {
    let reading = reading(direction)
    if reading.isJSON {
      if let type = source.firstValue("content-type"), !MediaType.isJSON(type) { return .contentType }
      if let encoding = source.firstValue("content-encoding"), !encoding.elementsEqual("identity".utf8) {
        return .contentEncoding
      }
    }
    guard reading.goesOnUnread, let length = source.declaredLength, length > bodyBytesMax else { return nil }
    return .tooLong
  }

  private func reading(_ direction: Direction) -> BodyReading {
    direction == .request ? transformation.requestReading : transformation.responseReading
  }

  // MARK: Ends

  /// Ends the exchange with an answer in place of the message of `direction`, written as the client understands it.
  ///
  /// - Parameter source: of the direction, where it is still there.
  private mutating func refusal(
    _ direction: Direction, _ failure: Failure, status: Int, _ source: (any ExchangeSource)?
  ) -> LocalReply {
    isOver = true
    var dialect = dialect
    let request = direction == .request ? source : source?.requestSource
    // Of headers that are gone nothing is told.
    if let request, request.firstValue(":path") != nil { dialect = requestDialect(request, direction) }
    return LocalReply(
      LocalReply.Cause(
        status: status, transformation: transformation.name, reason: failure.reason, message: failure.message,
        dialect: dialect, requestID: source?.requestID, isOfResponse: isAnswered || direction == .response))
  }

  /// `source` has the request's headers; `direction` is what may be refused.
  private func requestDialect(_ source: some ExchangeSource, _ direction: Direction) -> ReplyDialect {
    ReplyDialect(source, shape: transformation.shape(direction))
  }
}

extension Exchange {
  // MARK: What else may become of a message

  /// Trailers came in place of the body that was waited for: it counts as empty. A gRPC call that failed, as they tell,
  /// has no message that anybody would expect, and is given none.
  ///
  /// Where nothing but metadata can be changed any more, what only reads goes on without the rest, and is counted. A
  /// client must not get its own headers past us so: a request is refused that has one which would have been set or
  /// removed, and so is a message that would have got a body. A call that failed goes on as it is.
  ///
  /// - Parameter grpcStatus: of the trailers.
  package mutating func trailersInsteadOfBody(
    _ direction: Direction, grpcStatus: UnsafeRawBufferPointer?, reach: TrailersReach,
    source: any ExchangeSource, into mutations: inout Mutations
  ) -> BodyAction {
    guard needsBody(direction), !isOver else { return .proceed }
    let hasFailed = direction == .response && Framing.callHasFailed(grpcStatus: grpcStatus)
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    let length = Framing.lengthOfNewBody(declared: source.declaredLength, hasTrailers: true)
    let action = run(direction, source, body: hasFailed ? .impossible : .whole(nothing), length, &mutations)
    guard case .metadata(let obstacle) = reach else { return action }
    if hasFailed {
      isOver = false
    } else {
      if case .reply = action { return action }
      let hasNewBody = !(mutations.body?.isEmpty ?? true)
      if hasNewBody || (direction == .request && mutations.overrideHeaders(of: source)) {
        return .reply(refuse(obstacle, source: source, into: &mutations))
      }
    }
    mutations.leaveMetadata()
    return .proceed
  }

  /// Somebody else answers, while the request's body is waited for. `source` has the headers of that answer.
  ///
  /// What Envoy cannot buffer it answers itself, and that answer, as each that tells of an error, passes as it is. A good
  /// one is the upstream's, to a request that was not transformed: unless nothing of the request has gone on.
  package mutating func answeredElsewhere(
    _ source: any ExchangeSource, request: WaitingRequest, into mutations: inout Mutations
  ) -> BodyAction {
    guard !isOver else { return .proceed }
    isAnswered = true
    if case .mayHaveGoneOn(let requestSource, let obstacle) = request, !source.tellsOfError {
      return .reply(refuse(obstacle, source: requestSource, into: &mutations))
    }
    isOver = true
    return .proceed
  }

  /// A body or trailers came, and the headers of the message did not: what would be done to them would be lost without a
  /// word.
  package mutating func headersDidNotCome(
    _ direction: Direction, orElse obstacle: @autoclosure () -> Obstacle, source: any ExchangeSource,
    into mutations: inout Mutations
  ) -> BodyAction {
    guard needsHeaders(direction), !isOver else { return .proceed }
    return .reply(refuse(obstacle(), source: source, into: &mutations))
  }

  /// The adapter cannot do what was asked of it, or what was waited for does not come: the client is answered, since the
  /// message would go on as if it had been transformed.
  ///
  /// - Parameter source: of the message, where its headers are still there.
  package mutating func refuse(
    _ obstacle: Obstacle, source: (any ExchangeSource)?, into mutations: inout Mutations
  ) -> LocalReply {
    mutations.discardChanges()
    mutations.note(obstacle.failure)
    return refusal(obstacle.direction, obstacle.failure, status: obstacle.status, source)
  }
}

/// What an adapter knows of a request whose body it waits for.
package enum WaitingRequest {
  /// Nothing of it has gone on.
  case held
  /// Its headers are still there. `orElse`: why the exchange is refused then.
  case mayHaveGoneOn(any ExchangeSource, orElse: Obstacle)
}

/// What an adapter can still change when the trailers of a message are here.
package enum TrailersReach {
  case headersAndBody
  /// `orElse`: why a message that needs more is refused.
  case metadata(orElse: Obstacle)
}
