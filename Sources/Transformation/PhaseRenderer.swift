/// Renders one direction's plan into mutations: the body is read, then the rules run in their order.
struct PhaseRenderer {
  private let phase: PhaseContext

  init(_ phase: PhaseContext) { self.phase = phase }

  /// When it throws, the client is to be answered, and `mutations` holds no changes.
  func render(_ body: MessageBody, into mutations: inout Mutations) throws(Refusal) {
    var text = UnsafeRawBufferPointer(start: nil, count: 0)
    if case .whole(let whole) = body { text = whole }
    do throws(Refusal) {
      let content = try BodyReader(phase: phase).read(body, &mutations)
      if let part = content.part { text = part }
      phase.scope.open(phase.direction, phase.source, text, content.document)
      phase.scope.lacksFields = content.lacksFields
      defer { phase.scope.close() }
      try runRules(text, mayReplaceBody: content.mayReplaceBody, into: &mutations)
      if case .unseen = body {
        removeStaleHeaders(&mutations)
      } else if let new = mutations.body, !isSame(new, text, mutations) {
        removeStaleHeaders(&mutations)
      }
    } catch {
      mutations.discardChanges()
      throw error
    }
  }

  private func runRules(
    _ text: UnsafeRawBufferPointer, mayReplaceBody: Bool, into mutations: inout Mutations
  ) throws(Refusal) {
    let plan = phase.plan
    let runner = RuleRunner(phase: phase, text: text)
    if !plan.faults.isEmpty { try runner.failFaults(&mutations) }
    mutations.reserve(
      headers: plan.rules.count, bytes: mayReplaceBody && plan.replacesBody ? text.count : 0)
    for rule in plan.rules {
      if case .body = rule.target, !mayReplaceBody {
        runner.noteUnused(rule)
      } else {
        try runner.run(rule, into: &mutations)
      }
    }
    mutations.effects = plan.effects
    if plan.removesAcceptEncoding, phase.source.firstValue("accept-encoding") != nil {
      mutations.removeHeader(.acceptEncoding)
    }
  }

  /// A new body is not encoded, whatever the old one was, and what was said of the old one's bytes is wrong.
  private func removeStaleHeaders(_ mutations: inout Mutations) {
    guard mutations.body != nil else { return }
    var stale: [HeaderName] = []
    phase.source.forEachHeader { name, _ in
      let isEncoding = name.elementsEqual("content-encoding".utf8)
      guard isEncoding || StaleHeaders.contains(name, phase.direction), !phase.plan.writes(name),
        let name = HeaderName(String(decoding: name, as: UTF8.self)), !stale.contains(name)
      else { return }
      stale.append(name)
    }
    if phase.encoding == nil { stale.removeAll { $0 == .contentEncoding } }
    for name in stale { mutations.removeHeader(name) }
  }

  private func isSame(_ body: Range<Int>, _ text: UnsafeRawBufferPointer, _ mutations: Mutations) -> Bool {
    body.count == text.count && mutations.bytes[body].elementsEqual(text)
  }
}
