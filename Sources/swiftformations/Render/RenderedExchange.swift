package import Transformation

/// What becomes of one request and its response under a transformation, without Envoy.
package struct RenderedExchange {
  package struct Metadata: Equatable {
    package let namespace: String
    package let key: String
    package let value: String
  }

  /// As the upstream gets it; as it was sent when there is a reply.
  package private(set) var request: HTTPMessage
  /// As the client gets it; nil when none was given, or when the request was replied to.
  package private(set) var response: HTTPMessage?
  /// In the order written.
  package private(set) var metadata: [Metadata] = []
  /// Whether the upstream gets the request.
  package private(set) var isForwarded = false
  /// Whether Envoy chooses the route anew.
  package private(set) var clearsRouteCache = false
  /// What the client gets instead of the response.
  package private(set) var reply: LocalReply?
  /// What went wrong: place and message, one each.
  package private(set) var errors: [String] = []
  /// What came of each rule.
  package private(set) var rules: [RuleTrace.Entry] = []

  package init(_ transformation: Transformation, request: HTTPMessage, response: HTTPMessage?) {
    let trace = RuleTrace()
    let scope = PhaseScope()
    scope.sink = trace
    defer { rules = trace.entries }
    self.request = request
    var upstreamRequest = request
    var exchange = Exchange(transformation, scope: scope)
    var mutations = Mutations()
    let requestSource = MessageSource(request)
    let asked = RenderedExchange.send(request, requestSource, .request, &exchange, &mutations)
    guard finish(asked, mutations, &upstreamRequest) else { return }
    self.request = upstreamRequest
    isForwarded = true

    guard var response else { return }
    mutations = Mutations()
    let source = MessageSource(response, answering: request)
    let answered = RenderedExchange.send(response, source, .response, &exchange, &mutations)
    if finish(answered, mutations, &response) { self.response = response }
  }

  private static func send(
    _ message: HTTPMessage, _ source: MessageSource, _ direction: Direction, _ exchange: inout Exchange,
    _ mutations: inout Mutations
  ) -> BodyAction {
    switch exchange.headers(direction, source, endOfStream: message.body.isEmpty, into: &mutations) {
    case .proceed: .proceed
    case .reply(let reply): .reply(reply)
    case .awaitBody:
      message.body.withUnsafeBytes {
        exchange.body(direction, $0, isWhole: true, source: source, into: &mutations)
      }
    }
  }

  /// False when the client is replied to.
  private mutating func finish(_ action: BodyAction, _ mutations: Mutations, _ message: inout HTTPMessage)
    -> Bool
  {
    errors += mutations.failures.map { "\($0.place): \($0.message)" }
    if case .reply(let reply) = action {
      self.reply = reply
      // A reply that no failure explains is told by its details.
      if errors.isEmpty { errors.append(reply.details) }
      return false
    }
    message.apply(mutations)
    if mutations.effects.contains(.clearRouteCache) { clearsRouteCache = true }
    for entry in mutations.metadata {
      let value = String(decoding: mutations.bytes[entry.value], as: UTF8.self)
      metadata.removeAll { $0.namespace == entry.namespace && $0.key == entry.key }
      metadata.append(Metadata(namespace: entry.namespace, key: entry.key, value: value))
    }
    return true
  }
}
