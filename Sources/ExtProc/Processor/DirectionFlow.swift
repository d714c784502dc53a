internal import GRPC

/// One direction of an exchange: which of its messages have come, which may come next, and what each asks for.
///
/// Pure protocol: Envoy sends headers, body, trailers, in this order, each kind only where its mode says so.
struct DirectionFlow: Equatable {
  enum State: Equatable {
    /// Nothing has come.
    case start
    /// The headers are here, and not answered.
    case headers(endOfStream: Bool)
    /// A body may come, and goes this way.
    case body(BodyPipeline)
    /// The body is over; trailers may come.
    case bodyEnded(BodyPipeline)
    case ended(BodyPipeline)
  }

  enum BodyStep: Equatable {
    /// The whole body, to be transformed.
    case transform
    /// Answer that it passes.
    case pass
    /// Send it back as a piece of a stream.
    case echo
    /// Answer that nothing of it goes on: another body has taken its place.
    case drop
    /// The rest of it would follow the body that has taken its place.
    case refusePart
    /// Nothing is to be answered.
    case ignore
  }

  enum TrailersStep: Equatable {
    case pass
    /// They come in place of the body that was waited for.
    case insteadOfBody
  }

  private(set) var state = State.start

  var hasStarted: Bool { if case .start = state { false } else { true } }

  /// The way of a body that may still come.
  var body: BodyPipeline? {
    if case .body(let pipeline) = state { pipeline } else { nil }
  }

  /// Since when the body is waited for; nil where it is not.
  var awaitsBodySince: UInt64? {
    if case .body(.collect(let since)) = state { since } else { nil }
  }

  var isAwaitingBody: Bool { body?.isCollected ?? false }

  /// The headers have come.
  mutating func headers(endOfStream: Bool) throws(GRPCStatus) {
    guard !hasStarted else { throw GRPCStatus(.invalidArgument, "headers came twice or too late") }
    state = .headers(endOfStream: endOfStream)
  }

  /// The headers are answered, and with that the way of the body is settled.
  mutating func answerHeaders(_ pipeline: BodyPipeline) {
    switch (state, pipeline) {
    case (.headers(endOfStream: true), .pass), (.headers(endOfStream: true), .stream):
      state = .ended(pipeline)
    default: state = .body(pipeline)
    }
  }

  /// Something else came first: Envoy leaves the headers out.
  mutating func skipHeaders(_ pipeline: BodyPipeline) { state = .body(pipeline) }

  /// The body that was waited for does not come any more.
  mutating func abandonBody() { state = .ended(.pass) }

  /// A body message has come.
  mutating func body(isEmpty: Bool, endOfStream: Bool) throws(GRPCStatus) -> BodyStep {
    switch state {
    case .body(.collect):
      state = .bodyEnded(.pass)
      return .transform
    case .body(.pass):
      if endOfStream { state = .bodyEnded(.pass) }
      return .pass
    case .body(.stream):
      if endOfStream { state = .bodyEnded(.stream) }
      // An empty piece that ends nothing makes chained filters multiply it.
      return isEmpty && !endOfStream ? .ignore : .echo
    case .body(.replace(let mayBePart)):
      return mayBePart && !endOfStream ? .refusePart : .drop
    case .bodyEnded(.stream), .ended(.stream):
      // Envoy 1.35 and later may end the stream twice, and takes a second end of ours for an error.
      return .ignore
    case .start, .headers, .bodyEnded, .ended:
      throw GRPCStatus(.invalidArgument, "a body message came after the end of the body")
    }
  }

  /// The trailers have come, and the direction ends.
  mutating func trailers() throws(GRPCStatus) -> TrailersStep {
    switch state {
    case .body(.collect):
      state = .ended(.pass)
      return .insteadOfBody
    case .body(let pipeline), .bodyEnded(let pipeline):
      state = .ended(pipeline)
      return .pass
    case .start, .headers, .ended:
      throw GRPCStatus(.invalidArgument, "trailers came after the end of the stream")
    }
  }
}

/// How the body of a message goes through.
enum BodyPipeline: Equatable {
  /// Each message of it is answered, and goes on as it is.
  case pass
  /// It is waited for since then (monotonic, nanoseconds), to be transformed whole.
  case collect(since: UInt64)
  /// Each piece of it is sent back, and nothing goes on that is not (full duplex).
  case stream
  /// Another has taken its place. From Envoy nothing of it comes; others send it all the same.
  case replace(mayBePart: Bool)

  var isCollected: Bool { if case .collect = self { true } else { false } }
}
