internal import JSON
internal import Template

/// Runs the rules of a phase: each is rendered, then checked, and becomes a mutation; where that fails, the policy says
/// what comes of it. All that can come of a rule is decided before anything of it leaves the engine.
enum RuleRunner {
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

  static func run(
    _ rule: Rule, in phase: PhaseContext, into mutations: inout Mutations
  ) throws(Refusal) {
    let start = mutations.bytes.count
    let outcome: RuleOutcome
    do throws(Fault) {
      if let template = rule.template { try render(template, phase, into: &mutations.bytes) }
      outcome = try apply(rule.target, valueFrom: start, phase, &mutations)
    } catch {
      mutations.bytes.removeSubrange(start...)
      outcome = settle(error, rule, phase, &mutations)
    }
    if case .applied = outcome, phase.scope.sink == nil { return }
    try report(outcome, at: rule.place, valueFrom: start, phase, &mutations)
  }

  /// The rules that can never be applied, as if each had been rendered.
  static func failFaults(of phase: PhaseContext, into mutations: inout Mutations) throws(Refusal) {
    for fault in phase.plan.faults {
      let rejects = fault.refuses || phase.plan.policy.header == .reject
      let failure = Failure(place: fault.place, reason: .configuration, message: fault.message)
      let outcome = RuleOutcome.failed(failure, rejects ? .refused(status: phase.status(500)) : .kept)
      try report(outcome, at: fault.place, valueFrom: mutations.bytes.count, phase, &mutations)
    }
  }

  /// The message has no body that could be replaced.
  static func noteUnused(_ rule: Rule, in phase: PhaseContext) {
    phase.scope.sink?.note(
      place: rule.place, .withoutBody, value: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  // MARK: Rendered, checked, applied

  private static func render(
    _ template: Template, _ phase: PhaseContext, into bytes: inout [UInt8]
  ) throws(Fault) {
    do throws(TemplateError) {
      try template.render(phase.scope.context, into: &bytes)
    } catch {
      throw fault(error, phase)
    }
  }

  private static func fault(_ error: TemplateError, _ phase: PhaseContext) -> Fault {
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

  /// Checks what was rendered, which stands from `start` on, and makes it a mutation.
  private static func apply(
    _ target: Rule.Target, valueFrom start: Int, _ phase: PhaseContext, _ mutations: inout Mutations
  ) throws(Fault) -> RuleOutcome {
    switch target {
    case .body:
      try checkBody(mutations.bytes, from: start, phase)
      if phase.plan.bodyKind == .json { try checkJSON(mutations.bytes, from: start) }
      mutations.body = start..<mutations.bytes.count
    case .header(let name, let operation):
      if operation != .remove,
        let fault = mutations.bytes.withUnsafeBytes({ fault($0[start...], of: name, phase) })
      {
        throw Fault(reason: .invalidHeaderValue, message: "the value rendered for \(name) \(fault)")
      }
      return apply(operation, name, start..<mutations.bytes.count, &mutations)
    case .metadata(let namespace, let key):
      if mutations.bytes[start...].contains(0) {
        throw Fault(
          reason: .invalidMetadata, message: "the value rendered for \(namespace) \(key) holds NUL")
      }
      repairUTF8(&mutations.bytes, from: start)
      mutations.setMetadata(namespace: namespace, key: key, start..<mutations.bytes.count)
    }
    return .applied
  }

  private static func apply(
    _ operation: Mutations.Operation, _ name: HeaderName, _ value: Range<Int>, _ mutations: inout Mutations
  ) -> RuleOutcome {
    switch operation {
    case .remove: mutations.removeHeader(name)
    case .set where value.isEmpty:
      mutations.removeHeader(name)
      return .empty
    case .set: mutations.setHeader(name, value)
    case .append where value.isEmpty: return .empty
    case .append: mutations.appendHeader(name, value)
    }
    return .applied
  }

  private static func checkBody(_ bytes: [UInt8], from start: Int, _ phase: PhaseContext) throws(Fault) {
    guard phase.plan.bodyReadsText, let encoding = phase.encoding, !phase.scope.body.isEmpty,
      !bytes[start...].elementsEqual(phase.scope.body)
    else { return }
    throw Fault(
      reason: .bodyEncoded,
      message:
        "the body is encoded (content-encoding: \(encoding)) and cannot be changed as text; ask for a plain one with"
        + " `remove: [accept-encoding]` in the request",
      status: phase.statusOfBody(415),
      rejects: phase.plan.policy.body.map { $0 == .reject } ?? phase.rejectsUnread(byDefault: true))
  }

  private static func checkJSON(_ bytes: [UInt8], from start: Int) throws(Fault) {
    let fault = bytes.withUnsafeBytes {
      JSONDocument.fault(in: UnsafeRawBufferPointer(rebasing: $0[start...]))
    }
    if let fault { throw Fault(reason: .invalidBody, message: BodyKind.fault(fault)) }
  }

  private static func fault(
    _ value: Slice<UnsafeRawBufferPointer>, of name: HeaderName, _ phase: PhaseContext
  ) -> String? {
    if name.isPseudoHeader, name == ":method", let method = phase.source.firstValue(":method") {
      if value.elementsEqual(method) { return nil }
      if Framing.hasOtherFraming(method) { return "would change whether the response has a body" }
    }
    return HeaderValue.fault(value, of: name)
  }

  /// Metadata is text for protobuf: what is not UTF-8 becomes U+FFFD.
  private static func repairUTF8(_ bytes: inout [UInt8], from start: Int) {
    let value = bytes[start...]
    guard value.contains(where: { $0 >= 0x80 }), String(validating: value, as: UTF8.self) == nil else {
      return
    }
    let repaired = Array(String(decoding: value, as: UTF8.self).utf8)
    bytes.replaceSubrange(start..., with: repaired)
  }

  // MARK: Outcomes

  /// What the policy says.
  private static func settle(
    _ fault: Fault, _ rule: Rule, _ phase: PhaseContext, _ mutations: inout Mutations
  ) -> RuleOutcome {
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
  private static func report(
    _ outcome: RuleOutcome, at place: String, valueFrom start: Int, _ phase: PhaseContext,
    _ mutations: inout Mutations
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

extension BodyKind {
  /// What is wrong with a new body that is to be JSON.
  static func fault(_ error: JSONError) -> String {
    "the new body is not JSON: \(error.detail), at byte \(error.offset)"
  }
}
