internal import JSON
internal import Template

/// Renders one direction's plan into mutations: body first, then set, add, remove, then metadata.
struct PhaseRenderer {
  enum Body {
    case whole(UnsafeRawBufferPointer)
    /// The message has none; a template may give it one.
    case absent
    /// The message cannot have one: the answer to HEAD, a 204, a tunnel.
    case impossible
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
  func render(_ body: Body, into mutations: inout Mutations) -> LocalReply? {
    var text = UnsafeRawBufferPointer(start: nil, count: 0)
    if case .whole(let whole) = body { text = whole }
    do throws(Refusal) {
      let content = try read(body, &mutations)
      scope.open(direction, source, text, content.document)
      defer { scope.close() }
      try renderAll(text, mayReplaceBody: content.mayReplaceBody, into: &mutations)
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

  /// What the templates see of the body.
  private struct Content {
    /// Nil: reading a field is an error.
    var document: JSONDocument?
    var mayReplaceBody = true
  }

  private func read(_ body: Body, _ mutations: inout Mutations) throws(Refusal) -> Content {
    switch body {
    case .impossible: return withoutFields(mayReplaceBody: false)
    case .absent: return missing()
    case .whole(let text) where text.isEmpty: return missing()
    case .whole where plan.format != .json: return Content()
    case .whole(let text):
      do throws(JSONError) {
        return Content(document: try JSONDocument.index(text))
      } catch {
        try failParsing(.bodyNotJSON, describe(error, text), &mutations)
      }
    case .partial:
      try failParsing(
        .bodyIncomplete,
        "the \(direction.rawValue)'s body is larger than Envoy's buffer, or trailers follow it, so that"
          + " only a part of it is known", &mutations)
    case .eventStream:
      try failParsing(
        .bodyNotJSON,
        "the \(direction.rawValue)'s body is not JSON: it is a stream of events"
          + " (content-type: text/event-stream)", &mutations)
    }
    return withoutFields(mayReplaceBody: false)
  }

  /// No body where one could be. A response without one is nobody's fault; a request's template that wants a field of
  /// it fails, unless the policy lets bad bodies pass.
  private func missing() -> Content {
    guard plan.format == .json, direction == .response || plan.policy.parse == .proceed else {
      return Content()
    }
    return withoutFields(mayReplaceBody: !plan.bodyReadsJSON)
  }

  /// Every field is undefined, so that `default` and `is defined` work.
  private func withoutFields(mayReplaceBody: Bool) -> Content {
    let isJSON = plan.format == .json
    return Content(
      document: isJSON ? try? JSONDocument.index(owning: Array("{}".utf8)) : nil,
      mayReplaceBody: mayReplaceBody)
  }

  /// A fault of the request is the client's (400, 413), of the response the upstream's (502). An upstream's or Envoy's
  /// own error goes on as it is: its status says more than ours would.
  private func failParsing(
    _ reason: FailureReason, _ message: String, _ mutations: inout Mutations
  ) throws(Refusal) {
    let status = direction == .response ? 502 : reason == .bodyIncomplete ? 413 : 400
    let rejects = plan.policy.parse == .reject && !isErrorResponse
    try fail(reason, at: "\(direction.rawValue).body", message, rejects: rejects, status: status, &mutations)
  }

  private var isErrorResponse: Bool {
    guard direction == .response, let status = source.firstValue(":status") else { return false }
    return status.first != UInt8(ascii: "2")
  }

  private func describe(_ error: JSONError, _ text: UnsafeRawBufferPointer) -> String {
    var message = "the \(direction.rawValue)'s body is not JSON: \(error.detail), at byte \(error.offset)"
    if let encoding { message += " (it has content-encoding: \(encoding))" }
    return message
  }

  private func renderBody(
    _ template: Template, _ text: UnsafeRawBufferPointer, _ mutations: inout Mutations
  ) throws(Refusal) {
    let start = mutations.bytes.count
    let place = "\(direction.rawValue).body"
    let rejects = plan.policy.body == .reject
    do throws(TemplateError) {
      try template.render(scope.context, into: &mutations.bytes)
    } catch {
      return try failRendering(error, at: place, rejects: rejects, &mutations)
    }
    let body = start..<mutations.bytes.count
    if plan.bodyReadsText, let encoding, !text.isEmpty, !mutations.bytes[body].elementsEqual(text) {
      mutations.bytes.removeSubrange(body)
      return try fail(
        .bodyEncoded, at: place,
        "the body is encoded (content-encoding: \(encoding)) and cannot be changed as text; ask for a plain one with"
          + " `remove: [accept-encoding]` in the request", rejects: rejects, status: 500, &mutations)
    }
    mutations.body = body
  }

  /// The body's encoding, when it is not plain.
  private var encoding: String? {
    guard let encoding = source.firstValue("content-encoding"), !encoding.elementsEqual("identity".utf8)
    else {
      return nil
    }
    return String(decoding: encoding, as: UTF8.self)
  }

  /// A new body is not encoded, whatever the old one was.
  private func removeStaleEncoding(_ text: UnsafeRawBufferPointer, _ mutations: inout Mutations) {
    guard let body = mutations.body, !plan.writesContentEncoding, encoding != nil,
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
    if let fault = mutations.bytes.withUnsafeBytes({ fault($0[value], of: rule.name) }) {
      mutations.bytes.removeSubrange(value)
      try fail(
        .invalidHeaderValue, at: rule.place, "the value rendered for \(rule.name) \(fault)",
        rejects: plan.policy.header == .reject, status: 500, &mutations)
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

  private func fault(_ value: Slice<UnsafeRawBufferPointer>, of name: HeaderName) -> String? {
    if name.isPseudoHeader, name == ":method", let method = source.firstValue(":method") {
      if value.elementsEqual(method) { return nil }
      if HeaderValue.hasOtherFraming(method) { return "would change whether the response has a body" }
    }
    return HeaderValue.fault(value, of: name)
  }

  /// A header whose value failed goes on without it, or as it came.
  private func dropFailed(_ rule: DirectionPlan.HeaderRule, _ mutations: inout Mutations) {
    guard plan.policy.header == .remove, rule.operation == .set, !rule.name.isPseudoHeader else { return }
    mutations.removeHeader(rule.name)
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
    if mutations.bytes[start...].contains(0) {
      mutations.bytes.removeSubrange(start...)
      return try fail(
        .invalidMetadata, at: rule.place, "the value rendered for \(rule.namespace) \(rule.key) holds NUL",
        rejects: plan.policy.header == .reject, status: 500, &mutations)
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
      // The request has no body, and a template wants a field of it.
      try fail(.noJSONBody, at: place, message, rejects: true, status: 400, &mutations)
    case .limit: try fail(.limit, at: place, message, rejects: rejects, status: 500, &mutations)
    default: try fail(.rendering, at: place, message, rejects: rejects, status: 500, &mutations)
    }
  }

  private func fail(
    _ reason: FailureReason, at place: String, _ message: String, rejects: Bool, status: Int,
    _ mutations: inout Mutations
  ) throws(Refusal) {
    let failure = Failure(place: place, reason: reason, message: message)
    mutations.failures.append(failure)
    if rejects { throw Refusal(failure: failure, status: plan.policy.status ?? status) }
  }
}
