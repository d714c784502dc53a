internal import GRPC
internal import Transformation

/// Both directions of an exchange, and what a message of one means for the other.
struct ExchangeFlow {
  /// What a body or trailers find when they come.
  enum Arrival {
    case inOrder
    /// The headers of their message did not come before them.
    case withoutHeaders
    /// They are the response's, and the request's body is waited for.
    case beforeRequestBody
  }

  var request = DirectionFlow()
  var response = DirectionFlow()

  subscript(direction: Direction) -> DirectionFlow {
    get { direction == .request ? request : response }
    _modify {
      switch direction {
      case .request: yield &request
      case .response: yield &response
      }
    }
  }

  /// Whose body is waited for: of one direction at a time, since a response takes the place of the request's.
  var awaited: Direction? {
    if request.isAwaitingBody { return .request }
    return response.isAwaitingBody ? .response : nil
  }

  /// Whose body did not come within `seconds`; 0 is no limit.
  func overdue(now: UInt64, seconds: Int) -> Direction? {
    guard seconds > 0, let awaited, let since = self[awaited].awaitsBodySince, now > since,
      now &- since >= UInt64(clamping: seconds) &* 1_000_000_000
    else { return nil }
    return awaited
  }

  /// The headers of `direction` have come.
  mutating func headers(_ direction: Direction, endOfStream: Bool) throws(GRPCStatus) {
    if direction == .request, response.hasStarted {
      throw GRPCStatus(.invalidArgument, "request headers came after the response")
    }
    try self[direction].headers(endOfStream: endOfStream)
  }

  /// A body or trailers of `direction` have come, and are not looked at yet.
  func arrival(_ direction: Direction) -> Arrival {
    if direction == .response, request.isAwaitingBody { return .beforeRequestBody }
    return self[direction].hasStarted ? .inOrder : .withoutHeaders
  }
}
