/// One HTTP exchange that passes through one transformation: a request and its response.
///
/// A value, made when the first headers arrive and asked once a phase; trailers are no phase of it, as no field of the
/// configuration speaks of them. It does no I/O and knows nothing of Envoy.
/// Phases that the transformation does not need may be left out by the adapter; such phases, when they come anyway,
/// answer `.proceed` with no mutations.
package struct Exchange {
  package let transformation: Transformation
  private let scope: PhaseScope
  /// An upgrade or a CONNECT: what follows the headers of the request is no body.
  private var opensTunnel = Tunnel.none
  private var isHead = false
  private var sawRequest = false
  /// How the client wants to hear a refusal, where one may come.
  private var dialect = ReplyDialect()
  /// The longest body that is waited for where the exchange can go on without.
  private var bodyBytesMax: Int

  /// `scope`: no other exchange uses it as long as this one lasts.
  package init(_ transformation: Transformation, scope: PhaseScope = PhaseScope()) {
    self.transformation = transformation
    self.scope = scope
    bodyBytesMax = transformation.bodyBytesMax ?? TransformationLimits.bodyBytesMax
    scope.reset()
  }

  /// Envoy's buffer holds no more than this: a number that the configuration gives goes before it.
  package mutating func limitBodies(to byteCount: Int) {
    if transformation.bodyBytesMax == nil { bodyBytesMax = byteCount }
  }

  /// How much of a body is to be waited for, where the exchange goes on without reading a longer one; nil where it is
  /// refused then, or where nothing waits for it.
  package func bytesAwaited(_ direction: Direction) -> Int? {
    reading(direction).goesOnUnread ? bodyBytesMax : nil
  }

  /// The request's headers are here. `endOfStream`: no body follows.
  ///
  /// `.awaitBody`: hold the headers, collect the body, call `requestBody`. After `.proceed` the mutations are final for
  /// this direction, and their body, if any, takes the place of whatever body follows.
  package mutating func requestHeaders(
    _ source: any ExchangeSource, endOfStream: Bool, into mutations: inout Mutations
  ) -> Action {
    sawRequest = true
    if transformation.needs.response.headers, !source.keepsRequest {
      dialect = requestDialect(source, .response)
    }
    guard transformation.needs.request.headers else { return .proceed }
    // What the headers say of the bodies matters only where bodies do: each look-up is a search.
    if transformation.concernsBodies { noteFraming(source) }
    guard opensTunnel == .none else { return run(.request, source, body: .impossible, &mutations) }
    guard !endOfStream else { return run(.request, source, body: .absent, &mutations) }
    guard transformation.request.needsBody else {
      return run(.request, source, body: .unseen, &mutations)
    }
    guard let reason = unread(.request, source) else { return .awaitBody }
    return run(.request, source, body: .unread(reason), &mutations)
  }

  /// The request's whole body is here. `source` still answers for the request's headers.
  /// `complete`: false when perhaps only a part of the body could be buffered; who rewrites it then refuses.
  package mutating func requestBody(
    _ body: UnsafeRawBufferPointer, complete: Bool, source: any ExchangeSource,
    into mutations: inout Mutations
  ) -> Action {
    guard transformation.request.needsBody else { return .proceed }
    return run(.request, source, body: complete ? .whole(body) : .partial(body), &mutations)
  }

  /// The response's headers are here.
  package mutating func responseHeaders(
    _ source: any ExchangeSource, endOfStream: Bool, into mutations: inout Mutations
  ) -> Action {
    guard transformation.needs.response.headers else { return .proceed }
    // An answer that came before the request was seen may be one to HEAD: it gets no body that it has not.
    let mayHaveBody =
      !isHead && !isTunnel(source) && (sawRequest || !endOfStream) && Exchange.statusAllowsBody(source)
    guard mayHaveBody else { return run(.response, source, body: .impossible, &mutations) }
    guard !endOfStream else { return run(.response, source, body: .absent, &mutations) }
    guard transformation.response.needsBody else {
      return run(.response, source, body: .unseen, &mutations)
    }
    guard let reason = unread(.response, source) else { return .awaitBody }
    return run(.response, source, body: .unread(reason), &mutations)
  }

  /// The response's whole body is here. `source` still answers for the response's headers.
  package mutating func responseBody(
    _ body: UnsafeRawBufferPointer, complete: Bool, source: any ExchangeSource,
    into mutations: inout Mutations
  ) -> Action {
    guard transformation.response.needsBody else { return .proceed }
    return run(.response, source, body: complete ? .whole(body) : .partial(body), &mutations)
  }

  /// Trailers came in place of the body that was waited for: it counts as empty. `hasFailed`: they tell that a gRPC call
  /// failed. Such a call has no message that anybody would expect, and is given none.
  package func trailersInsteadOfBody(
    _ direction: Direction, hasFailed: Bool, source: any ExchangeSource, into mutations: inout Mutations
  ) -> Action {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    return run(direction, source, body: hasFailed ? .impossible : .whole(nothing), &mutations)
  }

  private func run(
    _ direction: Direction, _ source: any ExchangeSource, body: PhaseRenderer.Body,
    _ mutations: inout Mutations
  ) -> Action {
    let renderer = PhaseRenderer(
      transformation: transformation, direction: direction, source: source, scope: scope)
    do throws(PhaseRenderer.Refusal) {
      try renderer.render(body, into: &mutations)
    } catch {
      return .reply(
        refusal(
          direction, status: error.status, reason: error.failure.reason.rawValue,
          message: error.failure.message, source: source))
    }
    if direction == .request, transformation.keepsRequestHeaders { keepRequestHeaders(source, mutations) }
    return .proceed
  }

  /// Response templates see the request's headers as this transformation left them.
  private func keepRequestHeaders(_ source: any ExchangeSource, _ mutations: Mutations) {
    if transformation.needs.readsAnyRequestHeaderInResponse {
      source.forEachHeader { scope.keptRequestHeaders.append(name: $0, value: $1) }
      scope.keptRequestHeaders.apply(mutations, only: nil)
      return
    }
    for name in transformation.keptRequestHeaders {
      name.bytes.withUnsafeBytes { name in
        var index = 0
        var count = 0
        while let value = source.header(name, at: index, count: &count) {
          scope.keptRequestHeaders.append(name: name, value: value)
          index += 1
        }
      }
    }
    scope.keptRequestHeaders.apply(mutations, only: transformation.keptRequestHeaders)
  }

  private mutating func noteFraming(_ source: any ExchangeSource) {
    let method = source.firstValue(":method")
    isHead = method?.elementsEqual("HEAD".utf8) ?? false
    if method?.elementsEqual("CONNECT".utf8) ?? false {
      opensTunnel = .connect
    } else if source.firstValue("upgrade") != nil {
      // Envoy lets only such through as it is to make (`upgrade_configs`), and takes `h2c` off.
      opensTunnel = .upgrade
    }
  }

  private enum Tunnel { case none, upgrade, connect }

  /// Whether the upstream agreed to it; else its answer has a body like any other (RFC 9110, sections 7.8 and 9.3.6).
  private func isTunnel(_ source: any ExchangeSource) -> Bool {
    switch opensTunnel {
    case .none: false
    case .upgrade: source.firstValue(":status")?.elementsEqual("101".utf8) ?? false
    case .connect: source.firstValue(":status")?.first == UInt8(ascii: "2")
    }
  }

  // MARK: Bodies that are not read

  /// Why there is nothing to wait for, although there is a body; told by the headers alone. What has no content-type is
  /// taken for what is wanted.
  private func unread(_ direction: Direction, _ source: any ExchangeSource) -> SkipReason? {
    let reading = reading(direction)
    if reading.isJSON {
      if let type = source.firstValue("content-type"), !MediaType.isJSON(type) { return .contentType }
      if let encoding = source.firstValue("content-encoding"), !encoding.elementsEqual("identity".utf8) {
        return .contentEncoding
      }
    }
    guard reading.goesOnUnread, let length = source.declaredLength, length > bodyBytesMax else { return nil }
    return .tooLong
  }

  private func reading(_ direction: Direction) -> BodyReading {
    direction == .request ? transformation.requestReading : transformation.responseReading
  }

  private static func statusAllowsBody(_ source: any ExchangeSource) -> Bool {
    source.firstValue(":status").map { HeaderValue.allowsBody(status: $0) } ?? true
  }

  // MARK: Refusals

  /// An answer in place of the message of `direction`, written as the client understands it.
  ///
  /// - Parameters:
  ///   - source: of the direction, where it is still there.
  ///   - isAnswered: the upstream has answered already.
  package func refusal(
    _ direction: Direction, status: Int, reason: String, message: String, source: (any ExchangeSource)?,
    isAnswered: Bool? = nil
  ) -> LocalReply {
    var dialect = dialect
    let request = direction == .request ? source : source?.requestSource
    // Of headers that are gone nothing is told.
    if let request, request.firstValue(":path") != nil { dialect = requestDialect(request, direction) }
    return LocalReply(
      LocalReply.Cause(
        status: status, transformation: transformation.name, reason: reason, message: message,
        dialect: dialect, requestID: source?.requestID, isOfResponse: isAnswered ?? (direction == .response)))
  }

  /// `source` has the request's headers; `direction` is what may be refused.
  private func requestDialect(_ source: some ExchangeSource, _ direction: Direction) -> ReplyDialect {
    ReplyDialect(source, shape: transformation.shape(direction))
  }
}

/// What the adapter does next.
package enum Action {
  /// Apply the mutations and go on; this direction is done.
  case proceed
  /// Hold the headers and collect the whole body.
  case awaitBody
  /// Answer the client with this instead; the mutations are void.
  case reply(LocalReply)
}
