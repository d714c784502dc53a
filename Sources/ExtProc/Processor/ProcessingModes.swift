internal import CExtProc

/// How Envoy sends a body (`ProcessingMode.BodySendMode`).
enum BodyMode: String {
  /// Not told: no `protocol_config` came. What the transformation needs is taken for configured.
  case undeclared = "UNDECLARED"
  case none = "NONE"
  case streamed = "STREAMED"
  case buffered = "BUFFERED"
  case bufferedPartial = "BUFFERED_PARTIAL"
  case fullDuplexStreamed = "FULL_DUPLEX_STREAMED"

  /// Nil for modes that are not served: `GRPC`, which no Envoy implements, and unknown ones.
  init?(_ mode: BodySendMode) {
    switch mode {
    case ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_PROC__V3__PROCESSING_MODE__BODY_SEND_MODE__NONE: self = .none
    case ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_PROC__V3__PROCESSING_MODE__BODY_SEND_MODE__STREAMED: self = .streamed
    case ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_PROC__V3__PROCESSING_MODE__BODY_SEND_MODE__BUFFERED: self = .buffered
    case ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_PROC__V3__PROCESSING_MODE__BODY_SEND_MODE__BUFFERED_PARTIAL:
      self = .bufferedPartial
    case ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_PROC__V3__PROCESSING_MODE__BODY_SEND_MODE__FULL_DUPLEX_STREAMED:
      self = .fullDuplexStreamed
    default: return nil
    }
  }

  var wire: BodySendMode {
    switch self {
    case .undeclared, .none: ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_PROC__V3__PROCESSING_MODE__BODY_SEND_MODE__NONE
    case .streamed: ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_PROC__V3__PROCESSING_MODE__BODY_SEND_MODE__STREAMED
    case .buffered: ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_PROC__V3__PROCESSING_MODE__BODY_SEND_MODE__BUFFERED
    case .bufferedPartial:
      ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_PROC__V3__PROCESSING_MODE__BODY_SEND_MODE__BUFFERED_PARTIAL
    case .fullDuplexStreamed:
      ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_PROC__V3__PROCESSING_MODE__BODY_SEND_MODE__FULL_DUPLEX_STREAMED
    }
  }

  /// Whether the whole body, or as much as fits, comes in one message.
  var collectsBody: Bool {
    switch self {
    case .buffered, .bufferedPartial, .undeclared: true
    case .none, .streamed, .fullDuplexStreamed: false
    }
  }
}

/// What an answer to headers asks Envoy to send from now on. Envoy takes the body modes literally, so both are
/// always said; header modes left at `unchanged` stay.
struct ModeOverride: Equatable {
  enum HeaderMode { case unchanged, send, skip }
  var responseHeaders = HeaderMode.unchanged
  var requestBody: BodyMode
  var responseBody: BodyMode
}

/// The body modes of a stream: what Envoy declared, and what it was asked for since.
struct ProcessingModes: Equatable {
  /// Whether Envoy is known to follow an override that asks for more (`allow_mode_override`).
  let overrideIsAllowed: Bool
  /// Whether Envoy would look at an override at all.
  let overrideIsPossible: Bool
  /// Body messages may come before our answer to the headers.
  let sendsBodyEarly: Bool
  private let declared: (request: BodyMode, response: BodyMode)
  private var asked: (request: BodyMode, response: BodyMode)

  /// Nothing declared.
  init(overrideIsAllowed: Bool) {
    self.init(request: .undeclared, response: .undeclared, sendsBodyEarly: false, overrideIsAllowed: overrideIsAllowed)
  }

  init(request: BodyMode, response: BodyMode, sendsBodyEarly: Bool, overrideIsAllowed: Bool) {
    declared = (request, response)
    asked = declared
    self.sendsBodyEarly = sendsBodyEarly
    self.overrideIsAllowed = overrideIsAllowed
    overrideIsPossible =
      !sendsBodyEarly && request != .undeclared
      && request != .fullDuplexStreamed && response != .fullDuplexStreamed
  }

  static func == (left: ProcessingModes, right: ProcessingModes) -> Bool {
    left.declared == right.declared && left.asked == right.asked && left.sendsBodyEarly == right.sendsBodyEarly
      && left.overrideIsAllowed == right.overrideIsAllowed
  }

  /// The mode that body messages of `direction` come in.
  func bodyMode(_ direction: Direction) -> BodyMode {
    // Where it is not known whether Envoy followed, what it declared is the safe reading.
    let modes = overrideIsAllowed ? asked : declared
    return direction == .request ? modes.request : modes.response
  }

  /// A body message without end of stream can be one chunk of many, although the mode asked for collects the body.
  func mayBeChunk(_ direction: Direction) -> Bool {
    switch bodyMode(direction) {
    case .buffered: (direction == .request ? declared.request : declared.response) == .streamed
    case .none, .streamed, .fullDuplexStreamed, .bufferedPartial, .undeclared: true
    }
  }

  /// Whether the body of `direction` can be collected: in the mode at hand, or in one that may be asked for.
  func canCollectBody(_ direction: Direction) -> Bool {
    bodyMode(direction).collectsBody || (overrideIsAllowed && overrideIsPossible)
  }

  /// Whether an answer to headers may replace the body.
  func canReplaceBody(_ direction: Direction) -> Bool {
    bodyMode(direction) != .fullDuplexStreamed && !sendsBodyEarly
  }

  /// What to ask for in the answer to headers; nil when nothing would change. `fate` is of the body that belongs to
  /// these headers.
  mutating func overrideAfterHeaders(
    _ direction: Direction, _ fate: BodyFate, needsResponseHeaders: Bool, needsResponseBody: Bool
  ) -> ModeOverride? {
    guard overrideIsPossible else { return nil }
    var wanted = ModeOverride(requestBody: asked.request, responseBody: asked.response)
    switch direction {
    case .request:
      wanted.requestBody = mode(for: fate, now: asked.request)
      if !needsResponseHeaders {
        wanted.responseHeaders = .skip
      } else if overrideIsAllowed {
        // The mode of the headers is not declared: only asking makes sure that they come.
        wanted.responseHeaders = .send
      }
      let needsBody = needsResponseHeaders && needsResponseBody
      wanted.responseBody = mode(for: needsBody ? .collected : .untouched, now: asked.response)
    case .response:
      wanted.responseBody = mode(for: fate, now: asked.response)
    }
    let changes =
      wanted.responseHeaders != .unchanged || wanted.requestBody != asked.request
      || wanted.responseBody != asked.response
    guard changes else { return nil }
    asked = (wanted.requestBody, wanted.responseBody)
    return wanted
  }

  private func mode(for fate: BodyFate, now: BodyMode) -> BodyMode {
    switch fate {
    case .settled: now
    case .untouched: .none
    case .collected: now.collectsBody || !overrideIsAllowed ? now : .buffered
    }
  }
}

/// What becomes of a body once its headers are answered.
enum BodyFate {
  /// There is none, or the answer replaces it.
  case settled
  /// It passes, and need not be sent to us.
  case untouched
  /// It is needed whole.
  case collected
}
