/// Renders one direction's plan into mutations: the body is read, then the rules run in their order.
enum PhaseRenderer {
  /// When it throws, the client is to be answered, and `mutations` holds no changes.
  static func render(
    _ body: MessageBody, _ phase: PhaseContext, into mutations: inout Mutations
  ) throws(Refusal) {
    var text = UnsafeRawBufferPointer(start: nil, count: 0)
    if case .whole(let whole) = body { text = whole }
    do throws(Refusal) {
      let content = try BodyReader.read(body, phase, &mutations)
      if let part = content.part { text = part }
      phase.scope.open(phase.direction, phase.source, text, content.document)
      phase.scope.lacksFields = content.lacksFields
      defer { phase.scope.close() }
      try runRules(phase, mayReplaceBody: content.mayReplaceBody, into: &mutations)
      if case .unseen = body {
        removeStaleHeaders(phase, &mutations)
      } else if let new = mutations.body, !isSame(new, text, mutations) {
        removeStaleHeaders(phase, &mutations)
      }
    } catch {
      mutations.discardChanges()
      throw error
    }
  }

  private static func runRules(
    _ phase: PhaseContext, mayReplaceBody: Bool, into mutations: inout Mutations
  ) throws(Refusal) {
    if !phase.plan.faults.isEmpty { try RuleRunner.failFaults(of: phase, into: &mutations) }
    mutations.reserve(
      headers: phase.plan.rules.count,
      bytes: mayReplaceBody && phase.plan.replacesBody ? phase.scope.body.count : 0)
    for rule in phase.plan.rules {
      if !mayReplaceBody, case .body = rule.target {
        RuleRunner.noteUnused(rule, in: phase)
      } else {
        try RuleRunner.run(rule, in: phase, into: &mutations)
      }
    }
    mutations.effects = phase.plan.effects
    if phase.plan.removesAcceptEncoding, phase.source.firstValue("accept-encoding") != nil {
      mutations.removeHeader(.acceptEncoding)
    }
  }

  /// A new body is not encoded, whatever the old one was, and what was said of the old one's bytes is wrong.
  private static func removeStaleHeaders(_ phase: PhaseContext, _ mutations: inout Mutations) {
    guard mutations.body != nil else { return }
    let isEncoded = phase.encoding != nil
    var removed: Set<HeaderName> = []
    phase.source.forEachHeader { name, _ in
      let isEncoding = isEncoded && name.elementsEqual("content-encoding".utf8)
      guard isEncoding || StaleHeaders.contains(name, phase.direction), !phase.plan.writes(name),
        let name = HeaderName(String(decoding: name, as: UTF8.self)), removed.insert(name).inserted
      else { return }
      mutations.removeUntouchedHeader(name)
    }
  }

  private static func isSame(_ body: Range<Int>, _ text: UnsafeRawBufferPointer, _ mutations: Mutations)
    -> Bool
  {
    body.count == text.count && mutations.bytes[body].elementsEqual(text)
  }
}
