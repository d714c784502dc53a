import Transformation

/// What happens to exchanges when the sidecar is away, refuses, or is not to answer at all.
enum FailureRules {
  /// Of what does not take what the sidecar answers.
  static func unanswered(_ situation: EnvoySituation) -> [Diagnostic] {
    [observed(situation), silenced(situation)].compactMap { $0 }
  }

  /// Of what passes without the sidecar.
  static func open(_ situation: EnvoySituation) -> [Diagnostic] {
    guard let field = situation.setting("failure_mode_allow"), field.isTrue,
      let names = situation.those("rewrite", rewrites)
    else { return [] }
    return [
      field.finding(
        .warning,
        "without the sidecar, and where its answer is late or wrong, exchanges pass as they came: what \(names) stays"
          + " as it was")
    ]
  }

  /// More than to write down what was read.
  private static func rewrites(_ needs: Needs) -> Bool {
    [needs.request, needs.response].contains { $0.replacesBody || !$0.headersWritten.isEmpty }
  }

  private static func observed(_ situation: EnvoySituation) -> Diagnostic? {
    guard let field = situation.filter.settings["observability_mode"], field.isTrue,
      situation.needs({ !$0.isNothing })
    else { return nil }
    return field.finding(.error, "Envoy only shows the exchanges to the sidecar: nothing is applied")
  }

  private static func silenced(_ situation: EnvoySituation) -> Diagnostic? {
    guard let field = situation.filter.settings["disable_immediate_response"], field.isTrue,
      !situation.transformations.isEmpty
    else { return nil }
    return field.finding(
      .warning, "a refusal of the sidecar's, with its status and text, reaches the client as a bare 500")
  }
}
