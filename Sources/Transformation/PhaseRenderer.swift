internal import JSON
internal import Template

/// Renders one direction's plan into mutations: body first, then set, add, remove, then metadata.
struct PhaseRenderer {
  enum Body {
    case whole(UnsafeRawBufferPointer)
    /// The body was too large to be buffered whole.
    case partial
    /// The body is known not to be JSON, and is not collected.
    case eventStream
  }

  private let transformation: Transformation
  private let plan: DirectionPlan
  private let direction: Direction
  private let source: any ExchangeSource
  private let scope: PhaseScope

  init(
    transformation: Transformation, direction: Direction, source: any ExchangeSource, scope: PhaseScope
  ) {
    self.transformation = transformation
    plan = direction == .request ? transformation.request : transformation.response
    self.direction = direction
    self.source = source
    self.scope = scope
  }

  /// Nil when the exchange goes on; else the answer for the client, and `mutations` holds no changes.
  func render(_ body: Body?, mayReplaceBody: Bool, into mutations: inout Mutations) -> LocalReply? {
    var text = UnsafeRawBufferPointer(start: nil, count: 0)
    if case .whole(let whole) = body { text = whole }
    do throws(Refusal) {
      let document = try parse(body, &mutations)
      scope.open(direction, source, text, document)
      defer { scope.close() }
      try renderAll(text, mayReplaceBody: mayReplaceBody, into: &mutations)
      return nil
    } catch {
      mutations.discardChanges()
      return LocalReply(
        status: error.status, transformation: transformation.name, reason: error.failure.reason.rawValue,
        message: error.failure.message)
    }
  }

  private func renderAll(
    _ text: UnsafeRawBufferPointer, mayReplaceBody: Bool, into mutations: inout Mutations
  ) throws(Refusal) {
    mutations.reserve(
      headers: plan.headers.count, bytes: mayReplaceBody && plan.body != nil ? text.count : 0)
    if let template = plan.body, mayReplaceBody { try renderBody(template, text, &mutations) }
    for rule in plan.headers { try renderHeader(rule, &mutations) }
    for rule in plan.metadata { try renderMetadata(rule, &mutations) }
    removeStaleEncoding(text, &mutations)
  }

  // MARK: The body

  private func parse(_ body: Body?, _ mutations: inout Mutations) throws(Refusal) -> JSONDocument? {
    switch body {
    case .none: return nil
    case .partial:
      try fail(
        .bodyIncomplete, at: "body",
        "the \(direction.rawValue)'s body is larger than Envoy's buffer, so that only a part"
          + " of it could be read", rejects: plan.policy.parse == .reject, status: 413, &mutations)
      return nil
    case .eventStream:
      try fail(
        .bodyNotJSON, at: "body",
        "the \(direction.rawValue)'s body is not JSON: it is a stream of events (content-type: text/event-stream)",
        rejects: plan.policy.parse == .reject, status: 400, &mutations)
      return nil
    case .whole(let text):
      guard plan.format == .json, !text.isEmpty else { return nil }
      do throws(JSONError) {
        return try JSONDocument.index(text)
      } catch {
        try fail(
          .bodyNotJSON, at: "body", describe(error, text), rejects: plan.policy.parse == .reject, status: 400,
          &mutations)
        return nil
      }
    }
  }

  private func describe(_ error: JSONError, _ text: UnsafeRawBufferPointer) -> String {
    var message = "the \(direction.rawValue)'s body is not JSON: \(error.detail), at byte \(error.offset)"
    if let encoding = source.firstValue("content-encoding") {
      message += " (it has content-encoding: \(String(decoding: encoding, as: UTF8.self)))"
    }
    return message
  }

  private func renderBody(
    _ template: Template, _ text: UnsafeRawBufferPointer, _ mutations: inout Mutations
  ) throws(Refusal) {
    let start = mutations.bytes.count
    do throws(TemplateError) {
      try template.render(scope.context, into: &mutations.bytes)
      mutations.body = start..<mutations.bytes.count
    } catch {
      try failRendering(error, at: "body", rejects: plan.policy.body == .reject, &mutations)
    }
  }

  /// A new body is not encoded, whatever the old one was.
  private func removeStaleEncoding(_ text: UnsafeRawBufferPointer, _ mutations: inout Mutations) {
    guard let body = mutations.body, !plan.writesContentEncoding,
      source.firstValue("content-encoding") != nil,
      !mutations.bytes[body].elementsEqual(text)
    else { return }
    if let name = HeaderName("content-encoding") { mutations.removeHeader(name) }
  }

  // MARK: Headers and metadata

  private func renderHeader(_ rule: DirectionPlan.HeaderRule, _ mutations: inout Mutations) throws(Refusal) {
    guard let template = rule.template else {
      mutations.removeHeader(rule.name)
      return
    }
    let start = mutations.bytes.count
    do throws(TemplateError) {
      try template.render(scope.context, into: &mutations.bytes)
    } catch {
      try failRendering(error, at: rule.place, rejects: plan.policy.header == .reject, &mutations)
      dropFailed(rule, &mutations)
      return
    }
    let value = start..<mutations.bytes.count
    if let byte = mutations.bytes.withUnsafeBytes({ HeaderValue.firstForbidden(in: $0[value]) }) {
      mutations.bytes.removeSubrange(value)
      try fail(
        .invalidHeaderValue, at: rule.place,
        "the value rendered for \(rule.name) holds the control character 0x\(String(byte, radix: 16)), which no header"
          + " can carry", rejects: plan.policy.header == .reject, status: 500, &mutations)
      dropFailed(rule, &mutations)
      return
    }
    switch (rule.operation, value.isEmpty) {
    case (.set, true): mutations.removeHeader(rule.name)
    case (.set, false): mutations.setHeader(rule.name, value)
    case (.append, false): mutations.appendHeader(rule.name, value)
    case (.append, true), (.remove, _): break
    }
  }

  /// A header whose value failed goes on without it, or as it came.
  private func dropFailed(_ rule: DirectionPlan.HeaderRule, _ mutations: inout Mutations) {
    if plan.policy.header == .remove, rule.operation == .set { mutations.removeHeader(rule.name) }
  }

  private func renderMetadata(_ rule: DirectionPlan.MetadataRule, _ mutations: inout Mutations)
    throws(Refusal)
  {
    let start = mutations.bytes.count
    do throws(TemplateError) {
      try rule.template.render(scope.context, into: &mutations.bytes)
    } catch {
      try failRendering(error, at: rule.place, rejects: plan.policy.header == .reject, &mutations)
      return
    }
    repairUTF8(from: start, &mutations)
    mutations.setMetadata(namespace: rule.namespace, key: rule.key, start..<mutations.bytes.count)
  }

  /// Metadata is text for protobuf: what is not UTF-8 becomes U+FFFD.
  private func repairUTF8(from start: Int, _ mutations: inout Mutations) {
    let value = mutations.bytes[start...]
    guard value.contains(where: { $0 >= 0x80 }), String(validating: value, as: UTF8.self) == nil else {
      return
    }
    let repaired = Array(String(decoding: value, as: UTF8.self).utf8)
    mutations.bytes.replaceSubrange(start..., with: repaired)
  }

  // MARK: Failures

  /// The exchange ends with an answer of ours.
  struct Refusal: Error {
    let failure: Failure
    let status: Int
  }

  private func failRendering(
    _ error: TemplateError, at place: String, rejects: Bool, _ mutations: inout Mutations
  ) throws(Refusal) {
    let message = "line \(error.line), column \(error.column): \(error.detail)"
    switch error.kind {
    case .noContext:
      // The request has no body, or none that is JSON, and a template wants a field of it.
      try fail(
        .noJSONBody, at: place, message, rejects: rejects || plan.policy.parse == .reject, status: 400,
        &mutations)
    case .limit: try fail(.limit, at: place, message, rejects: rejects, status: 500, &mutations)
    default: try fail(.rendering, at: place, message, rejects: rejects, status: 500, &mutations)
    }
  }

  private func fail(
    _ reason: FailureReason, at place: String, _ message: String, rejects: Bool, status: Int,
    _ mutations: inout Mutations
  ) throws(Refusal) {
    let place = place.contains(".") ? place : "\(direction.rawValue).\(place)"
    let failure = Failure(place: place, reason: reason, message: message)
    mutations.failures.append(failure)
    if rejects { throw Refusal(failure: failure, status: plan.policy.status ?? status) }
  }
}
