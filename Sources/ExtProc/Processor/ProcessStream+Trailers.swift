internal import GRPC
internal import Transformation

extension ProcessStream {
  func receiveTrailers(
    _ direction: Direction, _ trailers: UnsafeRawBufferPointer, _ answers: inout OutgoingMessages
  ) throws(GRPCStatus) {
    if try headersAreMissing(direction, &answers) { return }
    let wasAwaitingBody = flows[direction].isAwaitingBody
    try flows[direction].trailers()
    memory.mutations.removeAll()
    if wasAwaitingBody {
      defer { memory.close(direction) }
      let action = exchange?.trailersInsteadOfBody(
        direction, grpcStatus: HeaderSource.value(of: "grpc-status", in: trailers),
        reach: .metadata(orElse: FilterObstacle.bodyNotSent(direction).obstacle),
        source: memory.sources[direction], into: &memory.mutations)
      if case .reply(let answer) = action { return reply(answer, &answers) }
      tell(direction)
    }
    writer.appendTrailersAnswer(direction, metadataOf: memory.mutations, to: &answers)
  }
}
