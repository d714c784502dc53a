internal import GRPC
internal import Transformation

/// How Envoy sends a body (`ProcessingMode.BodySendMode`).
package enum BodyMode: String, Sendable {
  /// No `protocol_config` came, and the operator says nothing. What the transformation needs is taken for
  /// configured.
  case undeclared = "UNDECLARED"
  case none = "NONE"
  case streamed = "STREAMED"
  case buffered = "BUFFERED"
  case bufferedPartial = "BUFFERED_PARTIAL"
  case fullDuplexStreamed = "FULL_DUPLEX_STREAMED"

  /// By its number on the wire. Nil for modes that are not served: `GRPC`, which no Envoy implements, and unknown ones.
  init?(number: UInt64) {
    switch number {
    case 0: self = .none
    case 1: self = .streamed
    case 2: self = .buffered
    case 3: self = .bufferedPartial
    case 4: self = .fullDuplexStreamed
    default: return nil
    }
  }

  /// Those that a client can be taken for (`serve --undeclared-body-mode`), by Envoy's names.
  package static let declarable: [BodyMode] = [
    .none, .streamed, .buffered, .bufferedPartial, .fullDuplexStreamed,
  ]

  package var number: Int {
    switch self {
    case .undeclared, .none: 0
    case .streamed: 1
    case .buffered: 2
    case .bufferedPartial: 3
    case .fullDuplexStreamed: 4
    }
  }

  /// How a body goes through that nothing waits for.
  var pipeline: BodyPipeline { self == .fullDuplexStreamed ? .stream : .pass }

  /// Whether the whole body, or as much as fits, comes in one message.
  var collectsBody: Bool {
    switch self {
    case .buffered, .bufferedPartial, .undeclared: true
    case .none, .streamed, .fullDuplexStreamed: false
    }
  }
}

/// What an answer to headers asks Envoy to send from now on. Envoy takes the body modes literally, so both are
/// always said, and so are the modes of trailers; header modes left at `unchanged` stay.
struct ModeOverride: Equatable {
  enum HeaderMode { case unchanged, send, skip }
  var responseHeaders = HeaderMode.unchanged
  var bodies: PerDirection<BodyMode>
  /// Where a body is waited for, trailers must come too: of a message that has trailers and no body Envoy sends
  /// nothing else, and it would pass as it is. Elsewhere they need not come.
  var sendsTrailers = PerDirection(request: false, response: false)
}

/// The body modes of a stream: what Envoy declared, and what it was asked for since.
struct ProcessingModes: Equatable {
  /// Whether Envoy is known to follow an override that asks for more (`allow_mode_override`).
  let overrideIsAllowed: Bool
  /// Body messages may come before our answer to the headers.
  let sendsBodyEarly: Bool
  private let declared: PerDirection<BodyMode>
  private var asked: PerDirection<BodyMode>
  private var askedTrailers = PerDirection(request: false, response: false)
  /// Envoy was asked to leave the response's headers out.
  private(set) var leavesOutResponseHeaders = false

  /// `.undeclared` in both directions when no `protocol_config` came.
  init(_ declared: PerDirection<BodyMode>, sendsBodyEarly: Bool = false, overrideIsAllowed: Bool) {
    self.declared = declared
    self.asked = declared
    self.sendsBodyEarly = sendsBodyEarly
    self.overrideIsAllowed = overrideIsAllowed
  }

  /// Before anything is declared.
  init(_ options: ProcessService.Options) {
    let mode = options.undeclaredBodyMode
    self.init(PerDirection(request: mode, response: mode), overrideIsAllowed: options.allowModeOverride)
  }

  /// Throws `unimplemented` for a mode that is not served.
  init(_ configuration: ProtocolConfiguration, overrideIsAllowed: Bool) throws(GRPCStatus) {
    guard let request = BodyMode(number: configuration.requestBodyMode),
      let response = BodyMode(number: configuration.responseBodyMode)
    else {
      throw GRPCStatus(.unimplemented, "a body mode that is not served: GRPC, or an unknown one")
    }
    self.init(
      PerDirection(request: request, response: response),
      sendsBodyEarly: configuration.sendsBodyEarly,
      overrideIsAllowed: overrideIsAllowed)
  }

  /// Whether Envoy would look at an override at all.
  private var overrideIsPossible: Bool {
    !sendsBodyEarly && declared.request != .undeclared
      && declared.request != .fullDuplexStreamed && declared.response != .fullDuplexStreamed
  }

  /// The mode that body messages of `direction` come in. Where it is not known whether Envoy follows an override, what
  /// it declared is the safe reading.
  func bodyMode(_ direction: Direction) -> BodyMode {
    overrideIsAllowed ? asked[direction] : declared[direction]
  }

  /// Envoy was asked for another mode than it declared.
  func isAskedAnew(_ direction: Direction) -> Bool { asked[direction] != declared[direction] }

  /// Envoy was asked to leave the body out.
  func leavesOutBody(_ direction: Direction) -> Bool { isAskedAnew(direction) && asked[direction] == .none }

  /// Whether a body message without end of stream may be a part of the body only. In BUFFERED mode it is whole, and
  /// trailers follow; unless the mode was asked for in place of STREAMED, and Envoy does not follow.
  func mayBePart(_ direction: Direction) -> Bool {
    bodyMode(direction) != .buffered || declared[direction] == .streamed
  }

  /// Whether the body of `direction` can be collected: in the mode at hand, or in one that may be asked for.
  func canCollectBody(_ direction: Direction) -> Bool {
    bodyMode(direction).collectsBody || (overrideIsAllowed && overrideIsPossible)
  }

  /// Whether an answer to headers may replace the body.
  func canReplaceBody(_ direction: Direction) -> Bool {
    bodyMode(direction) != .fullDuplexStreamed && !sendsBodyEarly
  }

  /// Envoy waits for an answer to each piece of some body.
  var answersPieces: Bool {
    func comesWhole(_ mode: BodyMode) -> Bool { mode == .none || mode == .buffered }
    return sendsBodyEarly || !comesWhole(bodyMode(.request)) || !comesWhole(bodyMode(.response))
  }

  /// What to ask for in the answer to the headers of `direction`; nil when nothing would change.
  ///
  /// - Parameter body: its way, once the headers are answered; nil where there is none.
  mutating func override(
    after direction: Direction, _ body: BodyPipeline?, for transformation: Transformation?
  ) -> ModeOverride? {
    guard direction == .request else { return overrideAfterResponseHeaders(body) }
    let needs = transformation?.needs.response
    return overrideAfterRequestHeaders(
      body, responseHeaders: needs?.headers ?? false, responseBody: needs?.body ?? false,
      longResponsePasses: needs?.skipsLongBody ?? false)
  }

  /// `response…` is what the response needs; `longResponsePasses`: unread, where it states its length.
  mutating func overrideAfterRequestHeaders(
    _ body: BodyPipeline?, responseHeaders: Bool, responseBody: Bool, longResponsePasses: Bool
  ) -> ModeOverride? {
    var wanted = unchanged
    wanted.bodies.request = mode(for: body, now: asked.request)
    // What comes of a body before our answer to its headers, Envoy refuses over its buffer where it is BUFFERED by then,
    // and holds back elsewhere: what may turn out to pass is asked for with that answer.
    let isAskedForLater = overrideIsAllowed && responseHeaders && responseBody && longResponsePasses
    if !isAskedForLater { wanted.bodies.response = responseBody ? collecting(asked.response) : .none }
    wanted.sendsTrailers.request = body?.isCollected ?? false && wanted.bodies.request.collectsBody
    wanted.sendsTrailers.response = responseBody && wanted.bodies.response.collectsBody
    if !responseHeaders {
      wanted.responseHeaders = .skip
    } else if overrideIsAllowed {
      // Header modes are not declared: only asking makes sure that the headers come.
      wanted.responseHeaders = .send
    }
    return ask(for: wanted)
  }

  /// The same for the answer to response headers.
  mutating func overrideAfterResponseHeaders(_ body: BodyPipeline?) -> ModeOverride? {
    var wanted = unchanged
    wanted.bodies.response = mode(for: body, now: asked.response)
    if body?.isCollected ?? false { wanted.sendsTrailers.response = wanted.bodies.response.collectsBody }
    return ask(for: wanted)
  }

  /// What was asked for already, which would change nothing.
  private var unchanged: ModeOverride { ModeOverride(bodies: asked, sendsTrailers: askedTrailers) }

  private mutating func ask(for wanted: ModeOverride) -> ModeOverride? {
    guard overrideIsPossible, wanted != unchanged else { return nil }
    if wanted.responseHeaders == .skip { leavesOutResponseHeaders = true }
    asked = wanted.bodies
    askedTrailers = wanted.sendsTrailers
    return wanted
  }

  private func mode(for body: BodyPipeline?, now: BodyMode) -> BodyMode {
    switch body {
    // There is none to send.
    case nil, .replace: now
    // It passes, and need not be sent to us.
    case .pass, .stream: .none
    case .collect: collecting(now)
    }
  }

  private func collecting(_ now: BodyMode) -> BodyMode {
    now.collectsBody || !overrideIsAllowed ? now : .buffered
  }
}

// What the modes allow.
extension ProcessingModes {
  /// Throws where the body of `direction` cannot be collected.
  func checkCollecting(
    _ direction: Direction, for transformation: Transformation?
  ) throws(FilterObstacle) {
    let mode = bodyMode(direction)
    // In BUFFERED_PARTIAL Envoy sends the request on, and chooses its route, before it reads of an answer to the body that
    // the route is to be chosen anew.
    let isTooLate =
      direction == .request && mode == .bufferedPartial
      && transformation?.needs.request.clearsRouteCache == true
    guard canCollectBody(direction), !isTooLate else { throw .bodyModeUnsuited(direction, has: mode) }
  }

  /// The way of a body that nothing waits for; throws where it is to be replaced with its headers, and cannot be.
  ///
  /// - Parameter client: shows by its headers which client of ours it is.
  func pipeline(
    _ direction: Direction, isReplaced: Bool, endOfStream: Bool, by client: HeaderSource
  ) throws(FilterObstacle) -> BodyPipeline {
    let mode = bodyMode(direction)
    guard isReplaced else { return mode.pipeline }
    guard canReplaceBody(direction) else { throw .bodyModeUnsuited(direction, has: mode) }
    // agentgateway reads a body in an answer to headers only where it would send the body too; else the old one goes on.
    guard (mode.collectsBody && !endOfStream) || !client.fillsValueForPseudoHeaders else {
      throw .bodyNotReplaceable(direction, has: mode)
    }
    return .replace(mayBePart: mode == .bufferedPartial)
  }
}

// What was declared, in a number that is kept of the last stream.
extension ProcessingModes {
  private static let isSet: UInt16 = 1 << 15
  private static let isEarly: UInt16 = 1 << 8
  private static let undeclaredNumber: UInt16 = 15

  /// Never 0.
  var packed: UInt16 {
    func number(_ mode: BodyMode) -> UInt16 {
      mode == .undeclared ? Self.undeclaredNumber : UInt16(truncatingIfNeeded: mode.number)
    }
    return Self.isSet | (sendsBodyEarly ? Self.isEarly : 0) | number(declared.response) << 4
      | number(declared.request)
  }

  init?(packed: UInt16, overrideIsAllowed: Bool) {
    func mode(_ number: UInt16) -> BodyMode? {
      number == Self.undeclaredNumber ? .undeclared : BodyMode(number: UInt64(number))
    }
    guard packed & Self.isSet != 0, let request = mode(packed & 15), let response = mode(packed >> 4 & 15)
    else { return nil }
    self.init(
      PerDirection(request: request, response: response), sendsBodyEarly: packed & Self.isEarly != 0,
      overrideIsAllowed: overrideIsAllowed)
  }
}
