internal import JSON
internal import Template

/// Renders one direction's plan into mutations: body first, then set, add, remove, then metadata.
struct PhaseRenderer {
  enum Body {
    case whole(UnsafeRawBufferPointer)
    /// The message has none; a template may give it one.
    case absent
    /// The message may have one, which no template reads; a template may put another in its place.
    case unseen
    /// The message cannot have one: the answer to HEAD, a 204, a tunnel.
    case impossible
    /// The body may have been too large to be buffered whole: this is what was.
    case partial(UnsafeRawBufferPointer)
    /// There is one, and it is not collected.
    case unread(SkipReason)
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

  /// When it throws, the client is to be answered, and `mutations` holds no changes.
  func render(_ body: Body, into mutations: inout Mutations) throws(Refusal) {
    var text = UnsafeRawBufferPointer(start: nil, count: 0)
    if case .whole(let whole) = body { text = whole }
    do throws(Refusal) {
      let content = try read(body, &mutations)
      if let part = content.part { text = part }
      scope.open(direction, source, text, content.document)
      scope.lacksFields = content.lacksFields
      defer { scope.close() }
      try renderAll(text, mayReplaceBody: content.mayReplaceBody, into: &mutations)
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

  private func renderAll(
    _ text: UnsafeRawBufferPointer, mayReplaceBody: Bool, into mutations: inout Mutations
  ) throws(Refusal) {
    if !plan.faults.isEmpty { try failFaults(&mutations) }
    mutations.reserve(
      headers: plan.headers.count, bytes: mayReplaceBody && plan.body != nil ? text.count : 0)
    if let template = plan.body, mayReplaceBody { try renderBody(template, text, &mutations) }
    for rule in plan.headers { try renderHeader(rule, &mutations) }
    for rule in plan.metadata { try renderMetadata(rule, &mutations) }
    guard direction == .request else { return }
    if plan.removesAcceptEncoding, source.firstValue("accept-encoding") != nil {
      mutations.removeHeader(.acceptEncoding)
    }
    mutations.clearsRouteCache = plan.clearsRouteCache
  }

  // MARK: The body

  /// What the templates see of the body.
  private struct Content {
    /// Nil: reading a field is an error.
    var document: JSONDocument?
    var mayReplaceBody = true
    /// Parsed as JSON it would have been, if it were there and could be read.
    var lacksFields = false
    /// What may have been a part of the body, and is all of it.
    var part: UnsafeRawBufferPointer?
  }

  private func read(_ body: Body, _ mutations: inout Mutations) throws(Refusal) -> Content {
    switch body {
    case .impossible: return withoutFields(mayReplaceBody: false)
    case .absent, .unseen: return missing()
    case .whole(let text) where text.isEmpty: return missing()
    case .whole where plan.format != .json: return Content()
    case .whole(let text): return try parse(text, &mutations)
    case .partial(let part): return try readPart(part, &mutations)
    case .unread(let reason): return try leaveUnread(reason, &mutations)
    }
  }

  /// What may be a part: a JSON text that ends with its object or list is whole.
  private func readPart(
    _ text: UnsafeRawBufferPointer, _ mutations: inout Mutations
  ) throws(Refusal) -> Content {
    guard plan.onlyReads, plan.format == .json, let document = try? JSONDocument.index(text),
      document.root.kind.isContainer
    else { return try leaveUnread(.tooLong, &mutations) }
    return Content(document: document, part: text)
  }

  private func parse(_ text: UnsafeRawBufferPointer, _ mutations: inout Mutations) throws(Refusal) -> Content
  {
    let document: JSONDocument
    do throws(JSONError) {
      document = try JSONDocument.index(text)
    } catch {
      // A body that claims to be JSON is the sender's fault; an upstream's bad answer that is only read goes on.
      let rejects = rejects(byDefault: direction == .request || plan.body != nil)
      try failParsing(.bodyNotJSON, describe(error, text), rejects, status: 400, &mutations)
      return withoutFields(mayReplaceBody: false)
    }
    let isNull = document.root.kind == .null
    let isRead = isNull ? plan.bodyReadsJSON : plan.bodyReadsFields
    if isRead || (plan.readsFields && plan.policy.parse == .reject), !document.root.kind.isContainer,
      rejects(byDefault: true)
    {
      try failParsing(
        .bodyNotObject,
        "the \(direction.rawValue)'s body is no JSON object or list, so that it has no fields",
        true, status: 400, &mutations)
    }
    return Content(document: document)
  }

  /// No body where one could be: nobody's fault, and there are no fields.
  private func missing() -> Content {
    plan.format == .json ? withoutFields(mayReplaceBody: !plan.bodyReadsJSON) : Content()
  }

  /// Every field is undefined, so that `default` and `is defined` work.
  private func withoutFields(mayReplaceBody: Bool) -> Content {
    let isJSON = plan.format == .json
    return Content(
      document: isJSON ? try? JSONDocument.index(owning: Array("{}".utf8)) : nil,
      mayReplaceBody: mayReplaceBody, lacksFields: isJSON)
  }

  /// There is a body that cannot be read: who only reads goes on without, and who would change it refuses, since it
  /// would pass as if it had been changed.
  private func leaveUnread(_ reason: SkipReason, _ mutations: inout Mutations) throws(Refusal) -> Content {
    let rejects = rejects(byDefault: plan.body != nil)
    if rejects || (plan.body != nil && !isErrorResponse) {
      let (failure, status, message) = explain(reason)
      try failParsing(failure, message, rejects, status: status, &mutations)
    } else {
      mutations.skipped = reason
    }
    return withoutFields(mayReplaceBody: false)
  }

  /// What the client of a refused request is told.
  private func explain(_ reason: SkipReason) -> (FailureReason, status: Int, message: String) {
    let body = "the \(direction.rawValue)'s body"
    switch reason {
    case .contentType:
      let type = source.firstValue("content-type").map { String(decoding: $0, as: UTF8.self) } ?? ""
      return (.bodyNotJSON, 415, "\(body) is not JSON (content-type: \(type))")
    case .contentEncoding:
      return (
        .bodyEncoded, 415, "\(body) is encoded (content-encoding: \(encoding ?? "")) and cannot be read"
      )
    case .tooLong, .trailersInstead:
      return (
        .bodyIncomplete, 413,
        "\(body) is larger than Envoy's buffer, or trailers follow it, so that only a part of it is known"
      )
    }
  }

  /// A policy says it, or what the transformation does. An upstream's or Envoy's own error goes on as it is: its status
  /// says more than ours would.
  private func rejects(byDefault isDefault: Bool) -> Bool {
    guard !isErrorResponse else { return false }
    return plan.policy.parse.map { $0 == .reject } ?? isDefault
  }

  /// - Parameter status: of a request's refusal, the client's fault. A response's is the upstream's: 502.
  private func failParsing(
    _ reason: FailureReason, _ message: String, _ rejects: Bool, status: Int, _ mutations: inout Mutations
  ) throws(Refusal) {
    try fail(
      reason, at: "\(direction.rawValue).body", message, rejects: rejects,
      status: direction == .response ? 502 : status, &mutations)
  }

  private var isErrorResponse: Bool {
    guard direction == .response, let status = source.firstValue(":status") else { return false }
    return !Framing.isSuccess(status: status)
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
    do throws(TemplateError) {
      try template.render(scope.context, into: &mutations.bytes)
    } catch {
      return try failRendering(error, at: place, rejects: plan.policy.body == .reject, &mutations)
    }
    let body = start..<mutations.bytes.count
    if plan.bodyReadsText, let encoding, !text.isEmpty, !mutations.bytes[body].elementsEqual(text) {
      mutations.bytes.removeSubrange(body)
      let rejects = plan.policy.body.map { $0 == .reject } ?? rejects(byDefault: true)
      return try failParsing(
        .bodyEncoded,
        "the body is encoded (content-encoding: \(encoding)) and cannot be changed as text; ask for a plain one with"
          + " `remove: [accept-encoding]` in the request", rejects, status: 415, &mutations)
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

  /// A new body is not encoded, whatever the old one was, and what was said of the old one's bytes is wrong.
  private func removeStaleHeaders(_ mutations: inout Mutations) {
    guard mutations.body != nil else { return }
    var stale: [HeaderName] = []
    source.forEachHeader { name, _ in
      let isEncoding = name.elementsEqual("content-encoding".utf8)
      guard isEncoding || StaleHeaders.contains(name, direction), !plan.writes(name),
        let name = HeaderName(String(decoding: name, as: UTF8.self)), !stale.contains(name)
      else { return }
      stale.append(name)
    }
    if encoding == nil { stale.removeAll { $0 == .contentEncoding } }
    for name in stale { mutations.removeHeader(name) }
  }

  private func isSame(_ body: Range<Int>, _ text: UnsafeRawBufferPointer, _ mutations: Mutations) -> Bool {
    body.count == text.count && mutations.bytes[body].elementsEqual(text)
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
      if Framing.hasOtherFraming(method) { return "would change whether the response has a body" }
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

  /// What is known to be wrong with the configuration, as if it had been rendered.
  private func failFaults(_ mutations: inout Mutations) throws(Refusal) {
    for fault in plan.faults {
      try fail(
        .configuration, at: fault.place, fault.message,
        rejects: fault.refuses || plan.policy.header == .reject, status: 500, &mutations)
    }
  }

  private func failRendering(
    _ error: TemplateError, at place: String, rejects: Bool, _ mutations: inout Mutations
  ) throws(Refusal) {
    // A field of a field of a body that is not there: as undefined as the field itself, and nobody's fault.
    if error.kind == .undefined, scope.lacksFields, !rejects { return }
    let message = transformation.secrets.masking(
      "line \(error.line), column \(error.column): \(error.detail)")
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
