internal import Transformation

/// What a `ProcessStream` works in: storage that is kept for the streams that come after it, and holds nothing of an
/// exchange once that is over. One for each stream at a time.
package final class ProcessMemory {
  let sources = PerDirection(request: HeaderSource(), response: HeaderSource(.response))
  let scope = PhaseScope()
  var mutations = Mutations()
  /// Of the message at hand.
  private(set) var arena = MessageArena()
  /// The second arena, which held headers while their body came, for the next time.
  private var spareArena: MessageArena?

  package init() {}

  /// What it holds now, between messages.
  var heldBytes: Int {
    arena.byteCount &+ (spareArena?.byteCount ?? 0) &+ sources.request.heldBytes &+ sources.response.heldBytes
      &+ mutations.bytes.capacity &+ scope.heldBytes &+ sources.request.connection.heldBytes
  }

  /// Nothing of the message at hand is needed any more, but headers that are held. Little storage stays, for the next one.
  func endMessage() {
    arena.reset()
    if mutations.bytes.capacity > MessageArena.usualRetainedBytesMax { mutations = Mutations() }
  }

  /// Keeps the headers of `direction` until `close`: what they lie in is theirs until then.
  func hold(_ direction: Direction) {
    sources[direction].hold(arena)
    arena = spareArena ?? MessageArena()
    spareArena = nil
  }

  /// Lets go of the headers of `direction`.
  func close(_ direction: Direction) {
    if let released = sources[direction].close() { spareArena = released }
  }

  /// Keeps the id of the request whose headers are open: the response rarely carries it.
  func keepRequestID() {
    let id = sources.request.requestID
    sources.response.keptRequestID = id.flatMap { $0.count <= LocalReply.requestIDBytesMax ? $0 : nil }
  }

  /// While the request's headers are at hand, or where it was kept.
  var requestID: String? {
    let id = sources.response.keptRequestID ?? sources.request.requestID
    return id.map { String(decoding: $0.prefix(LocalReply.requestIDBytesMax), as: UTF8.self) }
  }

  /// Takes over what is new of the downstream connection.
  func updateConnection(from attributes: MessageAttributes, needed: [ConnectionAttribute]) {
    var connection = sources.request.connection
    connection.update(from: attributes, needed: needed)
    sources.request.connection = connection
    sources.response.connection = connection
  }

  /// Forgets the exchange.
  func clear() {
    for direction in [Direction.request, .response] {
      close(direction)
      sources[direction].connection = ConnectionAttributes()
      sources[direction].keptRequestID = nil
    }
    scope.reset()
    mutations.removeAll()
    endMessage()
  }
}
