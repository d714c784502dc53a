internal import GRPC

/// One direction of an exchange: which of its messages have come, which may come next, and what each asks for.
///
/// Pure protocol: Envoy sends headers, body, trailers, in this order, each kind only where its mode says so.
struct DirectionFlow: Equatable {
  enum State: Equatable {
    /// Nothing has come.
    case start
    /// The body, if it comes, passes.
    case open
    /// The answer to the headers waits for the body.
    case awaitingBody
    /// The body was replaced with the headers. From Envoy nothing more comes; others send the body all the same.
    case replaced
    /// The body is over; trailers may come.
    case bodyEnded
    case ended
  }

  enum BodyStep: Equatable {
    /// The whole body, to be transformed.
    case transform
    /// Answer that it passes.
    case pass
    /// Send it back as a piece of a stream (full duplex).
    case echo
    /// Answer that nothing of it goes on: another body has taken its place.
    case drop
    /// Nothing is to be answered.
    case ignore
  }

  private(set) var state = State.start

  var isAwaitingBody: Bool { state == .awaitingBody }
  var hasStarted: Bool { state != .start }

  /// The headers have come.
  mutating func headers(endOfStream: Bool) throws(GRPCStatus) {
    guard state == .start else { throw GRPCStatus(.invalidArgument, "headers came twice or too late") }
    state = endOfStream ? .ended : .open
  }

  /// The answer to the headers said that the body is waited for.
  mutating func awaitBody() { state = .awaitingBody }

  /// The body that was waited for does not come any more.
  mutating func abandonBody() { state = .ended }

  /// The answer to the headers replaced the body.
  mutating func replaceBody() { state = .replaced }

  /// A body message has come.
  mutating func body(_ mode: BodyMode, isEmpty: Bool, endOfStream: Bool) throws(GRPCStatus) -> BodyStep {
    switch state {
    case .awaitingBody:
      state = .bodyEnded
      return .transform
    case .start, .open:
      state = endOfStream ? .bodyEnded : .open
      guard mode == .fullDuplexStreamed else { return .pass }
      // An empty piece that ends nothing makes chained filters multiply it.
      return isEmpty && !endOfStream ? .ignore : .echo
    case .bodyEnded where mode == .fullDuplexStreamed, .ended where mode == .fullDuplexStreamed:
      // Envoy 1.35 and later may end the stream twice, and takes a second end of ours for an error.
      return .ignore
    case .replaced: return .drop
    case .bodyEnded, .ended:
      throw GRPCStatus(.invalidArgument, "a body message came after the end of the body")
    }
  }

  /// The trailers have come, and the direction ends.
  mutating func trailers() throws(GRPCStatus) {
    switch state {
    case .start, .open, .bodyEnded, .awaitingBody, .replaced: state = .ended
    case .ended: throw GRPCStatus(.invalidArgument, "trailers came after the end of the stream")
    }
  }
}
