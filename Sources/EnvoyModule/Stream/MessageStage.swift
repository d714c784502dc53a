/// What becomes of one message, from its headers to its end. It is told what comes and what was decided, and says what
/// is to be done; it does nothing itself, and knows nothing of Envoy.
struct MessageStage {
  /// What was decided when the headers came.
  enum Decision {
    /// They go on, and whatever body follows.
    case goOn
    /// They are held until the whole body is here.
    case awaitBody
    /// They are held, and this goes on in the place of whatever body follows.
    case newBody([UInt8])
  }

  enum PieceAction {
    /// It goes on.
    case pass
    /// It is held behind what is held already, unless that gets too much: `letGo()`.
    case hold
    /// It is the last one of a body that was waited for: what comes out of all that is held goes on.
    case transform
    /// It is the last one of a body that nobody wants: this goes on in the place of all that is held.
    case replace([UInt8])
    /// It is dropped.
    case drop
    /// It came after the end of its body, and is empty: nothing is to be done.
    case ignore
    /// It came after the end of its body: the message cannot go on.
    case refuse
    /// The client was answered.
    case stop
  }

  enum TrailersAction {
    /// They go on.
    case pass
    /// They go on behind what comes out of all that is held.
    case transform
    /// They go on behind this, in the place of all that is held.
    case replace([UInt8])
    /// The client was answered.
    case stop
  }

  private enum State {
    /// Nothing is held, and what comes goes on.
    case passing
    /// The headers are held; the body is collected.
    case collecting
    /// The headers are held; this comes in the place of whatever body follows.
    case replacing([UInt8])
    /// What was held has gone on; nothing of the body may follow.
    case finished
    /// The client was answered instead.
    case answered
  }

  private var state = State.passing

  /// Nothing of the message has gone on.
  var isHeld: Bool {
    switch state {
    case .collecting, .replacing: true
    case .passing, .finished, .answered: false
    }
  }

  /// Whether the headers go on.
  mutating func headers(_ decision: Decision) -> Bool {
    // Envoy shows none; should it, there is nothing to hold them for.
    if case .answered = state { return true }
    switch decision {
    case .goOn: return true
    case .awaitBody: state = .collecting
    case .newBody(let bytes): state = .replacing(bytes)
    }
    return false
  }

  /// Both are asked only where they matter.
  mutating func piece(isLast: @autoclosure () -> Bool, isEmpty: @autoclosure () -> Bool) -> PieceAction {
    switch state {
    case .passing: return .pass
    case .collecting:
      guard isLast() else { return .hold }
      state = .finished
      return .transform
    case .replacing(let bytes):
      guard isLast() else { return .drop }
      state = .finished
      return .replace(bytes)
    case .finished: return isEmpty() ? .ignore : .refuse
    case .answered: return .stop
    }
  }

  mutating func trailers() -> TrailersAction {
    switch state {
    case .passing, .finished: return .pass
    case .collecting:
      state = .finished
      return .transform
    case .replacing(let bytes):
      state = .finished
      return .replace(bytes)
    case .answered: return .stop
    }
  }

  /// What is held got too much, and goes on with the rest of the body.
  mutating func letGo() {
    if case .collecting = state { state = .passing }
  }

  /// The client is answered: nothing more goes on.
  mutating func answer() { state = .answered }
}
