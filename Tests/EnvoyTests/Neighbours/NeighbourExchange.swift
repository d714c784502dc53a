/// One exchange through one chain of filters, and what must come of it by the rules of each.
struct NeighbourExchange: Sendable {
  let version: EnvoyVersion
  let deployment: ParityGateway.Deployment
  let chain: NeighbourChain
  let transformation: NeighbourTransformation
  let wire: NeighbourWire
  let shape: NeighbourMessages.Shape
  let request: ScenarioMessage
  let answers: [ScenarioMessage]
  private let filters: [NeighbourFilter?]

  init(
    _ version: EnvoyVersion, _ deployment: ParityGateway.Deployment, _ chain: NeighbourChain,
    _ transformation: NeighbourTransformation, _ wire: NeighbourWire, _ shape: NeighbourMessages.Shape,
    _ files: NeighbourFiles
  ) throws {
    self.version = version
    self.deployment = deployment
    self.chain = chain
    self.transformation = transformation
    self.wire = wire
    self.shape = shape
    request = try chain.request(shape, wire, files.messages.request)
    answers = try chain.answers(shape, wire, files.messages.response)
    filters = chain.filters.map { files.filters[$0] }
  }

  var name: String {
    "\(chain.name); \(transformation.name); \(shape.name), \(wire.rawValue); \(deployment.rawValue) \(version.rawValue)"
  }

  /// What must arrive, and where.
  struct Outcome {
    /// At the upstream, one after the other.
    var tries: [RuledMessage] = []
    /// Bodies at the server that a filter asks.
    var asked: [[UInt8]] = []
    var client: RuledMessage?
  }

  func outcome() throws -> Outcome {
    var outcome = Outcome()
    var message = try RuledMessage(request)
    var arrived: [RuledMessage] = []
    for isAgain in chain.second == .redirected ? [false, true] : [false] {
      if isAgain {
        message.headers[":path"] = ["/redirected"]
        // Envoy keeps none for a redirect.
        message.trailers = [:]
      }
      arrived = []
      for filter in filters {
        arrived.append(message)
        if let asks = filter?.asks { outcome.asked.append(asks == .body ? message.body : []) }
        message.apply(rule(filter, .request), accepted: true)
        guard message.reply == nil else {
          outcome.client = message
          return outcome
        }
      }
      outcome.tries.append(message)
    }
    if chain.second == .repeated { outcome.tries.append(message) }
    guard let answer = answers.last else { return outcome }
    message = try RuledMessage(answer)
    for (filter, request) in zip(filters, arrived).reversed() where message.reply == nil {
      let accepted = request.headers["accept-encoding"]?.contains { $0.contains("gzip") } ?? false
      message.apply(rule(filter, .response), accepted: accepted)
    }
    outcome.client = message
    return outcome
  }

  private func rule(_ filter: NeighbourFilter?, _ direction: MessageDirection) -> MessageRule {
    filter?.rule(direction) ?? transformation.rule(direction)
  }
}
