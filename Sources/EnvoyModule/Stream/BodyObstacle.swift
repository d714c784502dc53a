internal import Transformation

/// Why a message cannot go on: Envoy does with its body what it should not.
enum BodyObstacle {
  /// The last piece of a body that passes, on Envoy 1.36 and 1.37.
  case lastPieceUnknown
  case bodyAfterItsEnd
  case bodyNotReplaced

  func failure(_ direction: Direction) -> Failure {
    Failure(place: "\(direction.rawValue).headers", reason: reason, message: message(direction))
  }

  private var reason: FailureReason {
    switch self {
    case .lastPieceUnknown: FailureReason("last_piece_unknown")
    case .bodyAfterItsEnd: FailureReason("body_after_its_end")
    case .bodyNotReplaced: FailureReason("body_not_replaced")
    }
  }

  private func message(_ direction: Direction) -> String {
    switch self {
    case .lastPieceUnknown:
      "Envoy added the last piece of the \(direction)'s body to what other filters keep of it, and it cannot be taken"
        + " out of it"
    case .bodyAfterItsEnd: "more of the \(direction)'s body came after its end"
    case .bodyNotReplaced: "Envoy does not take the new body of the \(direction)"
    }
  }
}
