/// What lies around an exchange, and is in the way of what its transformation needs. The adapter knows it and words it;
/// what becomes of the exchange is decided here.
package struct Obstacle: Sendable, Equatable {
  package enum Kind: Sendable {
    /// How Envoy's filter is set up, what Envoy does not take, or what came to pass before the transformation.
    case setUp
    /// What was waited for did not come in time.
    case time
  }

  package let kind: Kind
  /// Of the message that cannot go on.
  package let direction: Direction
  package let failure: Failure

  package init(_ direction: Direction, _ failure: Failure, kind: Kind = .setUp) {
    self.kind = kind
    self.direction = direction
    self.failure = failure
  }

  /// What the client is answered: the operator's fault, but a sender's that takes too long.
  package var status: Int {
    switch (kind, direction) {
    case (.setUp, _): 500
    case (.time, .request): 408
    case (.time, .response): 504
    }
  }
}
