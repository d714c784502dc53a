/// What came of one rule in one exchange.
package enum RuleOutcome: Equatable, Sendable {
  /// What it rendered, or the removal that it is, is among the mutations.
  case applied
  /// It rendered nothing: a header that it sets is removed, one that it adds is not there.
  case empty
  /// There is no body that it could replace, or whose fields it could read; nobody's fault.
  case withoutBody
  /// It could not be rendered, or not be used.
  case failed(Failure, Consequence)

  package enum Consequence: Equatable, Sendable {
    /// Body, header or metadata are as they came.
    case kept
    /// The header goes on without it.
    case removed
    /// The client is answered with this status.
    case refused(status: Int)
  }
}

/// Hears of each rule, in the order in which they run; of one that refuses last. Set in `PhaseScope.sink`, where somebody
/// wants to know: without it nothing is spent.
package protocol RuleSink: AnyObject {
  /// - Parameters:
  ///   - place: `request.set[0]`
  ///   - value: what was rendered, where it is applied; borrowed.
  func note(place: String, _ outcome: RuleOutcome, value: UnsafeRawBufferPointer)
}
