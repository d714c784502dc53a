/// A compiled transformation: immutable, shared by all threads.
package final class Transformation: Sendable {
  package let name: String
  /// Its place among the transformations of its configuration, from 0 on: what an adapter keeps for each of them can be
  /// an array.
  package let index: Int
  /// What it needs of an exchange, worked out when it was compiled.
  package let needs: Needs
  let request: DirectionPlan
  let response: DirectionPlan
  /// Request headers to keep for the response's templates.
  let keptRequestHeaders: [HeaderName]
  /// Whether there are any, or all are kept.
  let keepsRequestHeaders: Bool
  /// Whether some direction reads or replaces a body.
  let concernsBodies: Bool
  let requestReading: BodyReading
  let responseReading: BodyReading
  /// The longest body that is waited for where the exchange can go on without; nil when the configuration does not say.
  package let bodyBytesMax: Int?
  /// Only to keep them out of messages: the templates have them.
  let secrets: Secrets

  /// - Parameter bodyBytesMax: 0 when the configuration does not say.
  init(
    name: String, index: Int, request: DirectionPlan, response: DirectionPlan, needs: Needs,
    bodyBytesMax: Int, secrets: Secrets = Secrets()
  ) {
    self.name = name
    self.index = index
    self.request = request
    self.response = response
    self.needs = needs
    self.secrets = secrets
    keptRequestHeaders = needs.requestHeadersForResponse.compactMap { HeaderName($0) }
    keepsRequestHeaders = needs.readsAnyRequestHeaderInResponse || !keptRequestHeaders.isEmpty
    concernsBodies = request.concernsBody || response.concernsBody
    requestReading = request.reading
    responseReading = response.reading
    self.bodyBytesMax = bodyBytesMax > 0 ? bodyBytesMax : nil
  }

  /// One that refuses every request.
  static func refusing(_ name: String, index: Int, _ place: String, _ message: String) -> Transformation {
    var request = DirectionPlan()
    request.faults = [.init(place: place, message: message, refuses: true)]
    var needs = Needs()
    needs.request.headers = true
    return Transformation(
      name: name, index: index, request: request, response: DirectionPlan(), needs: needs, bodyBytesMax: 0)
  }

  /// How refusals of a direction are to be written; nil when the configuration does not say.
  func shape(_ direction: Direction) -> RefusalShape? {
    switch direction {
    case .request: request.policy.shape ?? response.policy.shape
    case .response: response.policy.shape ?? request.policy.shape
    }
  }
}
