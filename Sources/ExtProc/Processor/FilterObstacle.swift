internal import Transformation

/// Why an exchange cannot go on as its transformation needs: mostly, what the filter's configuration lacks.
enum FilterObstacle: Error, Equatable {
  /// The body is needed whole, or is replaced, and Envoy does not send it that way.
  case bodyModeUnsuited(Direction, has: BodyMode)
  /// The body is replaced with the headers, and the client is one that would send the old one on, or none.
  case bodyNotReplaceable(Direction, has: BodyMode)
  /// Envoy was asked for the body, and went on without.
  case bodyNotSent(Direction)
  /// Envoy was asked for the body, and it did not come in time.
  case bodyTooLate(Direction, seconds: Int)
  /// A body or trailers came, and not their headers.
  case headersNotSent(Direction)
  /// Only a part of the body could be collected; the rest would follow the new body.
  case bodyIncomplete(Direction)

  /// As the engine takes it.
  var obstacle: Obstacle {
    var kind = Obstacle.Kind.setUp
    if case .bodyTooLate = self { kind = .time }
    let failure = Failure(place: place, reason: FailureReason(reason), message: message)
    return Obstacle(direction, failure, kind: kind)
  }

  /// Short and stable, for `%RESPONSE_CODE_DETAILS%`.
  private var reason: String {
    switch self {
    case .bodyModeUnsuited(let direction, _), .bodyNotReplaceable(let direction, _):
      "needs_\(direction)_body_mode_BUFFERED"
    case .bodyNotSent(let direction): "\(direction)_body_not_sent"
    case .bodyTooLate(let direction, _): "\(direction)_body_too_late"
    case .headersNotSent(let direction): "needs_\(direction)_header_mode_SEND"
    case .bodyIncomplete: "body_incomplete"
    }
  }

  /// Of the message that cannot go on.
  private var direction: Direction {
    switch self {
    case .bodyModeUnsuited(let direction, _), .bodyNotReplaceable(let direction, _),
      .bodyNotSent(let direction), .bodyTooLate(let direction, _), .headersNotSent(let direction),
      .bodyIncomplete(let direction):
      direction
    }
  }

  /// What an operator would change.
  private var place: String {
    switch self {
    case .bodyModeUnsuited, .bodyNotReplaceable, .bodyNotSent, .headersNotSent: "processing_mode"
    case .bodyIncomplete, .bodyTooLate: "buffer_limit"
    }
  }

  /// For people.
  private var message: String {
    switch self {
    case .bodyModeUnsuited(let direction, let mode):
      "the transformation needs the whole \(direction) body: set the ext_proc filter's"
        + " processing_mode.\(direction)_body_mode to BUFFERED (it is \(mode.rawValue))"
    case .bodyNotReplaceable(let direction, let mode):
      "the transformation replaces the \(direction) body, and this client (agentgateway, by its messages) takes a new body"
        + " only where the message has one, and in the modes Buffered and BufferedPartial (the mode is \(mode.rawValue))"
    case .bodyNotSent(let direction):
      "Envoy went on without sending the \(direction) body: it had trailers only, or the ext_proc filter has no"
        + " allow_mode_override or processing_mode.\(direction)_trailer_mode: SEND"
    case .bodyTooLate(let direction, let seconds):
      "the \(direction) body did not come whole within \(seconds) s (serve --body-seconds): its sender is slow, or it is"
        + " larger than Envoy's buffer (per_connection_buffer_limit_bytes)"
    case .headersNotSent(let direction):
      "the transformation needs the \(direction) headers: set the ext_proc filter's"
        + " processing_mode.\(direction)_header_mode to SEND"
    case .bodyIncomplete(let direction):
      "the \(direction) body is larger than Envoy's buffer, so it cannot be replaced"
    }
  }

  /// What of Envoy's filter is in the way; nil where it may be something else.
  var mismatch: FilterMismatch? {
    switch self {
    case .bodyModeUnsuited(let direction, let mode): .bodyMode(direction, has: mode)
    case .headersNotSent(let direction): .headerMode(direction)
    case .bodyNotReplaceable, .bodyNotSent, .bodyTooLate, .bodyIncomplete: nil
    }
  }
}
