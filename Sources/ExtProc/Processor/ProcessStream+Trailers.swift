internal import GRPC
internal import Transformation

extension ProcessStream {
  /// For the metric: headers could not be changed.
  private static let trailersInsteadOfBody = "trailers_instead_of_body"

  func receiveTrailers(
    _ direction: Direction, _ trailers: UnsafeRawBufferPointer, _ answers: inout OutgoingMessages
  ) throws(GRPCStatus) {
    if try headersAreMissing(direction, &answers) { return }
    let wasAwaitingBody = flows[direction].isAwaitingBody
    try flows[direction].trailers()
    memory.mutations.removeAll()
    if wasAwaitingBody, !passesWithoutBody(direction, trailers, &answers) { return }
    writer.appendTrailersAnswer(direction, metadataOf: memory.mutations, to: &answers)
  }

  /// Trailers came in place of the body: it counts as empty. An answer to trailers cannot change headers, nor give a body:
  /// what only reads goes on without, and is counted. A client must not get its own headers past us so: a request is
  /// refused that has one which would have been set or removed. False when the client was answered instead.
  ///
  /// A call that failed says so in its trailers, and has no message that anybody would expect: it goes on as it is.
  private func passesWithoutBody(
    _ direction: Direction, _ trailers: UnsafeRawBufferPointer, _ answers: inout OutgoingMessages
  ) -> Bool {
    defer { memory.close(direction) }
    let hasFailed =
      direction == .response
      && !(HeaderSource.value(of: "grpc-status", in: trailers)?.equals("0") ?? true)
    let source = memory.sources[direction]
    let action =
      exchange?.trailersInsteadOfBody(
        direction, hasFailed: hasFailed, source: source, into: &memory.mutations) ?? .proceed
    let isRewritten = !(memory.mutations.body?.isEmpty ?? true)
    switch action {
    case .reply(let answer) where !hasFailed:
      reply(answer, &answers)
      return false
    case .proceed
    where !hasFailed
      && (isRewritten || (direction == .request && memory.mutations.overrideHeaders(of: source))):
      fail(.bodyNotSent(direction), &answers)
      return false
    case .reply, .proceed: break
    }
    if !memory.mutations.failures.isEmpty { fail(memory.mutations.failures.map { LoggedFailure($0) }) }
    if isRewritten || !memory.mutations.headers.isEmpty { skip(direction, Self.trailersInsteadOfBody) }
    return true
  }
}
