/// One phase of an exchange: what is done, to what, and what the policy says of bodies. Shared by what does it.
struct PhaseContext {
  let transformation: Transformation
  let plan: DirectionPlan
  let direction: Direction
  let source: any ExchangeSource
  let scope: PhaseScope

  init(
    transformation: Transformation, direction: Direction, source: any ExchangeSource, scope: PhaseScope
  ) {
    self.transformation = transformation
    plan = direction == .request ? transformation.request : transformation.response
    self.direction = direction
    self.source = source
    self.scope = scope
  }

  /// The body's encoding, when it is not plain.
  var encoding: String? {
    guard let encoding = source.firstValue("content-encoding"), !encoding.elementsEqual("identity".utf8)
    else {
      return nil
    }
    return String(decoding: encoding, as: UTF8.self)
  }

  var isErrorResponse: Bool { direction == .response && source.tellsOfError }

  /// Whether a body that cannot be read refuses the exchange. A policy says it, or what the transformation does. An
  /// upstream's or Envoy's own error goes on as it is: its status says more than ours would.
  func rejectsUnread(byDefault isDefault: Bool) -> Bool {
    guard !isErrorResponse else { return false }
    return plan.policy.parse.map { $0 == .reject } ?? isDefault
  }

  /// Of a refusal, which the policy may have a status for.
  func status(_ status: Int) -> Int { plan.policy.status ?? status }

  /// Of a body that cannot be read: of a request the client's fault; of a response the upstream's, 502.
  func statusOfBody(_ status: Int) -> Int { direction == .response ? 502 : status }
}
