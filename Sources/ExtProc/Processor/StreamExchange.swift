internal import Transformation

/// The exchange of a stream, asked with what the stream's memory holds: headers from its sources, changes into its
/// mutations, which are emptied before. Where no transformation applies, all passes.
struct StreamExchange {
  private var exchange: Exchange?

  /// Nil when none applies.
  var transformation: Transformation? { exchange?.transformation }

  /// Something is done to the response.
  var concernsResponse: Bool {
    guard let response = exchange?.transformation.needs.response else { return false }
    return response.headers || response.body
  }

  /// A transformation was chosen. No other exchange uses `memory` as long as this one lasts.
  mutating func begin(_ transformation: Transformation, headerLimits: HeaderLimits, in memory: ProcessMemory)
  {
    exchange = Exchange(transformation, scope: memory.scope, headerLimits: headerLimits)
  }

  /// The headers of `direction` are open in `source`, which is its own.
  mutating func headers(
    _ direction: Direction, _ source: HeaderSource, endOfStream: Bool, in memory: ProcessMemory
  ) -> HeadersAction {
    memory.mutations.removeAll()
    return exchange?.headers(direction, source, endOfStream: endOfStream, into: &memory.mutations) ?? .proceed
  }

  /// The body that was waited for.
  ///
  /// - Parameter mayBePart: where its length does not say that it is whole.
  mutating func body(
    _ direction: Direction, _ body: UnsafeRawBufferPointer, mayBePart: Bool, hasTrailers: Bool,
    in memory: ProcessMemory
  ) -> BodyAction {
    let source = memory.sources[direction]
    memory.mutations.removeAll()
    return exchange?.body(
      direction, body, isWhole: !mayBePart || source.declaredLength == body.count, hasTrailers: hasTrailers,
      source: source, into: &memory.mutations) ?? .proceed
  }

  /// Trailers, a serialized `HeaderMap`, in place of the body that was waited for.
  mutating func trailersInsteadOfBody(
    _ direction: Direction, _ trailers: UnsafeRawBufferPointer, in memory: ProcessMemory
  ) -> BodyAction {
    memory.mutations.removeAll()
    return exchange?.trailersInsteadOfBody(
      direction, grpcStatus: HeaderSource.value(of: "grpc-status", in: trailers),
      reach: .metadata(orElse: FilterObstacle.bodyNotSent(direction).obstacle),
      source: memory.sources[direction], into: &memory.mutations) ?? .proceed
  }

  /// A response, whose headers are open, in place of the request's body that was waited for.
  mutating func answeredElsewhere(in memory: ProcessMemory) -> BodyAction {
    memory.mutations.removeAll()
    return exchange?.answeredElsewhere(
      memory.sources.response,
      request: .mayHaveGoneOn(
        memory.sources.request, orElse: FilterObstacle.bodyNotSent(.request).obstacle),
      into: &memory.mutations) ?? .proceed
  }

  /// A body or trailers whose headers Envoy does not send.
  mutating func headersDidNotCome(
    _ direction: Direction, orElse obstacle: FilterObstacle, in memory: ProcessMemory
  ) -> BodyAction {
    memory.mutations.removeAll()
    return exchange?.headersDidNotCome(
      direction, orElse: obstacle.obstacle, source: memory.sources[direction], into: &memory.mutations)
      ?? .proceed
  }

  /// What the client is answered where something is in the way.
  mutating func refuse(_ obstacle: FilterObstacle, in memory: ProcessMemory) -> LocalReply {
    let obstacle = obstacle.obstacle
    let source = memory.sources[obstacle.direction]
    if let reply = exchange?.refuse(obstacle, source: source, into: &memory.mutations) { return reply }
    memory.mutations.note(obstacle.failure)
    return LocalReply(obstacle)
  }
}
