internal import JSON

/// What a phase knows of the body of its message.
enum MessageBody {
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

/// Makes of a message's body what the templates see of it, and decides what comes of one that cannot be read: reading
/// fails open, rewriting fails closed, and policies can say otherwise.
enum BodyReader {
  /// What the templates see of the body.
  struct Content {
    /// Nil: reading a field is an error.
    var document: JSONDocument?
    var mayReplaceBody = true
    /// Parsed as JSON it would have been, if it were there and could be read.
    var lacksFields = false
    /// What may have been a part of the body, and is all of it.
    var part: UnsafeRawBufferPointer?
  }

  static func read(
    _ body: MessageBody, _ phase: PhaseContext, _ mutations: inout Mutations
  ) throws(Refusal) -> Content {
    switch body {
    case .impossible: return withoutFields(phase, mayReplaceBody: false)
    case .absent, .unseen: return missing(phase)
    case .whole(let text) where text.isEmpty: return missing(phase)
    case .whole where phase.plan.format != .json: return Content()
    case .whole(let text): return try parse(text, phase, &mutations)
    case .partial(let part): return try readPart(part, phase, &mutations)
    case .unread(let reason): return try leaveUnread(reason, phase, &mutations)
    }
  }

  /// What may be a part: a JSON text that ends with its object or list is whole.
  private static func readPart(
    _ text: UnsafeRawBufferPointer, _ phase: PhaseContext, _ mutations: inout Mutations
  ) throws(Refusal) -> Content {
    guard phase.plan.onlyReads, phase.plan.format == .json, let document = try? JSONDocument.index(text),
      document.root.kind.isContainer
    else { return try leaveUnread(.tooLong, phase, &mutations) }
    try checkKeys(of: document, phase, &mutations)
    return Content(document: document, part: text)
  }

  private static func parse(
    _ text: UnsafeRawBufferPointer, _ phase: PhaseContext, _ mutations: inout Mutations
  ) throws(Refusal) -> Content {
    let document: JSONDocument
    do throws(JSONError) {
      document = try JSONDocument.index(text)
    } catch {
      // A body that claims to be JSON is the sender's fault; an upstream's bad answer that is only read goes on.
      let rejects = phase.rejectsUnread(byDefault: phase.direction == .request || phase.plan.replacesBody)
      try failParsing(phase, .bodyNotJSON, describe(error, text, phase), rejects, status: 400, &mutations)
      return withoutFields(phase, mayReplaceBody: false)
    }
    try checkKeys(of: document, phase, &mutations)
    let isNull = document.root.kind == .null
    let isRead = isNull ? phase.plan.bodyReadsJSON : phase.plan.bodyReadsFields
    if isRead || (phase.plan.readsFields && phase.plan.policy.parse == .reject),
      !document.root.kind.isContainer,
      phase.rejectsUnread(byDefault: true)
    {
      try failParsing(
        phase, .bodyNotObject,
        "the \(phase.direction.rawValue)'s body is no JSON object or list, so that it has no fields",
        true, status: 400, &mutations)
    }
    return Content(document: document)
  }

  /// What we read is the last of a key's values, and another parser may read the first.
  private static func checkKeys(
    of document: JSONDocument, _ phase: PhaseContext, _ mutations: inout Mutations
  ) throws(Refusal) {
    guard phase.plan.policy.duplicateKeys == .reject, let offset = document.root.repeatedKeyOffset else {
      return
    }
    try failParsing(
      phase, .bodyDuplicateKeys,
      "the \(phase.direction.rawValue)'s body has a key twice in one object, at byte \(offset)",
      !phase.isErrorResponse, status: 400, &mutations)
  }

  /// No body where one could be: nobody's fault, and there are no fields.
  private static func missing(_ phase: PhaseContext) -> Content {
    phase.plan.format == .json ? withoutFields(phase, mayReplaceBody: !phase.plan.bodyReadsJSON) : Content()
  }

  /// Every field is undefined, so that `default` and `is defined` work.
  private static func withoutFields(_ phase: PhaseContext, mayReplaceBody: Bool) -> Content {
    let isJSON = phase.plan.format == .json
    return Content(
      document: isJSON ? try? JSONDocument.index(owning: Array("{}".utf8)) : nil,
      mayReplaceBody: mayReplaceBody, lacksFields: isJSON)
  }

  /// There is a body that cannot be read: who only reads goes on without, and who would change it refuses, since it
  /// would pass as if it had been changed.
  private static func leaveUnread(_ reason: SkipReason, _ phase: PhaseContext, _ mutations: inout Mutations)
    throws(Refusal) -> Content
  {
    let rejects = phase.rejectsUnread(byDefault: phase.plan.replacesBody)
    if rejects || (phase.plan.replacesBody && !phase.isErrorResponse) {
      let (failure, status, message) = explain(reason, phase)
      try failParsing(phase, failure, message, rejects, status: status, &mutations)
    } else {
      mutations.skipped = reason
    }
    return withoutFields(phase, mayReplaceBody: false)
  }

  /// What the client of a refused request is told.
  private static func explain(_ reason: SkipReason, _ phase: PhaseContext) -> (
    FailureReason, status: Int, message: String
  ) {
    let body = "the \(phase.direction.rawValue)'s body"
    switch reason {
    case .contentType:
      let type = phase.source.firstValue("content-type").map { String(decoding: $0, as: UTF8.self) } ?? ""
      return (.bodyNotJSON, 415, "\(body) is not JSON (content-type: \(type))")
    case .contentEncoding:
      return (
        .bodyEncoded, 415, "\(body) is encoded (content-encoding: \(phase.encoding ?? "")) and cannot be read"
      )
    case .tooLong, .trailersInstead:
      return (
        .bodyIncomplete, 413,
        "\(body) is larger than Envoy's buffer, or trailers follow it, so that only a part of it is known"
      )
    }
  }

  /// - Parameter status: of a request's refusal.
  private static func failParsing(
    _ phase: PhaseContext, _ reason: FailureReason, _ message: String, _ rejects: Bool, status: Int,
    _ mutations: inout Mutations
  ) throws(Refusal) {
    let failure = Failure(place: "\(phase.direction.rawValue).body", reason: reason, message: message)
    mutations.failures.append(failure)
    if rejects { throw Refusal(failure: failure, status: phase.status(phase.statusOfBody(status))) }
  }

  private static func describe(_ error: JSONError, _ text: UnsafeRawBufferPointer, _ phase: PhaseContext)
    -> String
  {
    var message =
      "the \(phase.direction.rawValue)'s body is not JSON: \(error.detail), at byte \(error.offset)"
    if let encoding = phase.encoding { message += " (it has content-encoding: \(encoding))" }
    return message
  }
}
