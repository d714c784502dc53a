internal import Template

/// Runs the rules of a phase: each is rendered, then checked, and becomes a mutation; where that fails, the policy says
/// what comes of it. All that can come of a rule is decided before anything of it leaves the engine.
struct RuleRunner {
  let phase: PhaseContext
  /// The body as the rules see it.
  let text: UnsafeRawBufferPointer

  /// Why a rule has no value that could be used.
  private struct Fault: Error {
    var reason: FailureReason
    var message: String
    /// Of the refusal, should it come to that.
    var status = 500
    /// Nil: as the policy of its target says.
    var rejects: Bool?
    /// It wants a field of a field of a body that is not there.
    var isOfAbsentField = false
  }

  func run(_ rule: Rule, into mutations: inout Mutations) throws(Refusal) {
    let start = mutations.bytes.count
    let outcome: RuleOutcome
    do throws(Fault) {
      if let template = rule.template { try render(template, into: &mutations.bytes) }
      try check(rule, &mutations.bytes, from: start)
      outcome = apply(rule, start..<mutations.bytes.count, &mutations)
    } catch {
      mutations.bytes.removeSubrange(start...)
      outcome = settle(error, rule, &mutations)
    }
    try report(outcome, at: rule.place, valueFrom: start, &mutations)
  }

  /// The rules that can never be applied, as if each had been rendered.
  func failFaults(_ mutations: inout Mutations) throws(Refusal) {
    for fault in phase.plan.faults {
      let rejects = fault.refuses || phase.plan.policy.header == .reject
      let failure = Failure(place: fault.place, reason: .configuration, message: fault.message)
      let outcome = RuleOutcome.failed(failure, rejects ? .refused(status: phase.status(500)) : .kept)
      try report(outcome, at: fault.place, valueFrom: mutations.bytes.count, &mutations)
    }
  }

  /// The message has no body that could be replaced.
  func noteUnused(_ rule: Rule) {
    phase.scope.sink?.note(
      place: rule.place, .withoutBody, value: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  // MARK: Rendered, checked

  private func render(_ template: Template, into bytes: inout [UInt8]) throws(Fault) {
    do throws(TemplateError) {
      try template.render(phase.scope.context, into: &bytes)
    } catch {
      throw fault(error)
    }
  }

  private func fault(_ error: TemplateError) -> Fault {
    let message = phase.transformation.secrets.masking(
      "line \(error.line), column \(error.column): \(error.detail)")
    return switch error.kind {
    // The request has no body, and a template wants a field of it.
    case .noContext: Fault(reason: .noJSONBody, message: message, status: 400, rejects: true)
    case .limit: Fault(reason: .limit, message: message)
    case .undefined:
      Fault(reason: .rendering, message: message, isOfAbsentField: phase.scope.lacksFields)
    default: Fault(reason: .rendering, message: message)
    }
  }

  private func check(_ rule: Rule, _ bytes: inout [UInt8], from start: Int) throws(Fault) {
    switch rule.target {
    case .body: try checkBody(bytes, from: start)
    case .header(let name, _):
      guard let fault = bytes.withUnsafeBytes({ fault($0[start...], of: name) }) else { return }
      throw Fault(reason: .invalidHeaderValue, message: "the value rendered for \(name) \(fault)")
    case .metadata(let namespace, let key):
      if bytes[start...].contains(0) {
        throw Fault(
          reason: .invalidMetadata, message: "the value rendered for \(namespace) \(key) holds NUL")
      }
      repairUTF8(&bytes, from: start)
    }
  }

  private func checkBody(_ bytes: [UInt8], from start: Int) throws(Fault) {
    guard phase.plan.bodyReadsText, let encoding = phase.encoding, !text.isEmpty,
      !bytes[start...].elementsEqual(text)
    else { return }
    throw Fault(
      reason: .bodyEncoded,
      message:
        "the body is encoded (content-encoding: \(encoding)) and cannot be changed as text; ask for a plain one with"
        + " `remove: [accept-encoding]` in the request",
      status: phase.statusOfBody(415),
      rejects: phase.plan.policy.body.map { $0 == .reject } ?? phase.rejectsUnread(byDefault: true))
  }

  private func fault(_ value: Slice<UnsafeRawBufferPointer>, of name: HeaderName) -> String? {
    if name.isPseudoHeader, name == ":method", let method = phase.source.firstValue(":method") {
      if value.elementsEqual(method) { return nil }
      if Framing.hasOtherFraming(method) { return "would change whether the response has a body" }
    }
    return HeaderValue.fault(value, of: name)
  }

  /// Metadata is text for protobuf: what is not UTF-8 becomes U+FFFD.
  private func repairUTF8(_ bytes: inout [UInt8], from start: Int) {
    let value = bytes[start...]
    guard value.contains(where: { $0 >= 0x80 }), String(validating: value, as: UTF8.self) == nil else {
      return
    }
    let repaired = Array(String(decoding: value, as: UTF8.self).utf8)
    bytes.replaceSubrange(start..., with: repaired)
  }

  // MARK: Outcomes

  private func apply(_ rule: Rule, _ value: Range<Int>, _ mutations: inout Mutations) -> RuleOutcome {
    switch rule.target {
    case .body: mutations.body = value
    case .header(let name, .remove): mutations.removeHeader(name)
    case .header(let name, .set) where value.isEmpty:
      mutations.removeHeader(name)
      return .empty
    case .header(let name, .set): mutations.setHeader(name, value)
    case .header(_, .append) where value.isEmpty: return .empty
    case .header(let name, .append): mutations.appendHeader(name, value)
    case .metadata(let namespace, let key): mutations.setMetadata(namespace: namespace, key: key, value)
    }
    return .applied
  }

  /// What the policy says.
  private func settle(_ fault: Fault, _ rule: Rule, _ mutations: inout Mutations) -> RuleOutcome {
    let policy = phase.plan.policy
    let rejects: Bool
    switch rule.target {
    case .body: rejects = fault.rejects ?? (policy.body == .reject)
    case .header, .metadata: rejects = fault.rejects ?? (policy.header == .reject)
    }
    let failure = Failure(place: rule.place, reason: fault.reason, message: fault.message)
    if rejects { return .failed(failure, .refused(status: phase.status(fault.status))) }
    var consequence = RuleOutcome.Consequence.kept
    // A header whose value failed goes on without it, or as it came.
    if case .header(let name, .set) = rule.target, policy.header == .remove, !name.isPseudoHeader {
      mutations.removeHeader(name)
      consequence = .removed
    }
    // As undefined as the field itself, and nobody's fault.
    return fault.isOfAbsentField ? .withoutBody : .failed(failure, consequence)
  }

  /// The one place that logs, counters and explanations hear of rules from.
  private func report(
    _ outcome: RuleOutcome, at place: String, valueFrom start: Int, _ mutations: inout Mutations
  ) throws(Refusal) {
    if let sink = phase.scope.sink {
      mutations.bytes.withUnsafeBytes {
        sink.note(place: place, outcome, value: UnsafeRawBufferPointer(rebasing: $0[start...]))
      }
    }
    guard case .failed(let failure, let consequence) = outcome else { return }
    mutations.failures.append(failure)
    if case .refused(let status) = consequence { throw Refusal(failure: failure, status: status) }
  }
}

/// The exchange ends with an answer of ours.
struct Refusal: Error {
  let failure: Failure
  let status: Int
}
