internal import Template

// What a direction's templates read decides what it needs.

extension TransformationCompiler {
  /// Notes what the templates need.
  mutating func finish(_ plan: inout DirectionPlan, _ uses: TemplateUses, _ direction: Direction) {
    warnOfNothing(plan, uses, direction)
    let readsText = uses.calls.contains { $0.function == "body" }
    plan.readsFields = !uses.fields.isEmpty
    plan.needsBody = plan.format == .json || (readsText && plan.format != .none)
    note(plan, uses, direction)
  }

  /// What is allowed, and always empty.
  private mutating func warnOfNothing(_ plan: DirectionPlan, _ uses: TemplateUses, _ direction: Direction) {
    if plan.format == .none {
      for call in uses.calls where call.function == "body" {
        report.append(
          call.text.diagnostic(
            "body() is always empty, because `parseAs: None` leaves the body alone", line: call.line,
            column: call.column, length: call.function.count, severity: .warning))
      }
    }
    let known = ConnectionAttribute.allCases.map(\.rawValue)
    for (attribute, text) in uses.unknownConnectionAttributes {
      report.append(
        Diagnostic(
          .warning, at: text.text.location, path: text.path,
          "`connection` has no attribute `\(attribute)`; it is always empty"
            + NearestName.suggestion(for: attribute, among: known)))
    }
  }

  private mutating func note(_ plan: DirectionPlan, _ uses: TemplateUses, _ direction: Direction) {
    var own = Needs.Direction()
    own.headers = !plan.isEmpty
    own.body = plan.needsBody
    own.skipsLongBody = plan.needsBody && plan.reading.goesOnUnread
    own.replacesBody = plan.body != nil
    own.fieldsRead = Set(uses.fields.map(\.name)).sorted()
    own.clearsRouteCache = needs.request.clearsRouteCache
    own.headersWritten = Set(plan.headers.map(\.name.description)).sorted()
    own.metadataNamespaces = Set(plan.metadata.map(\.namespace)).sorted()
    var read: Set<String> = []
    var requestRead: Set<String> = []
    for call in uses.calls {
      switch HeaderUse(function: call.function) {
      case .named(let ofRequest):
        let isKept = ofRequest && direction == .response
        switch call.literal {
        case .some(let name) where isKept:
          requestRead.insert(HeaderRules.canonicalInRequest(name.lowercased()))
        case .some(let name) where direction == .request:
          read.insert(HeaderRules.canonicalInRequest(name.lowercased()))
        case .some(let name): read.insert(name.lowercased())
        case .none where isKept: needs.readsAnyRequestHeaderInResponse = true
        case .none: own.readsAnyHeader = true
        }
      case .request(let name) where direction == .response: requestRead.insert(name)
      case .request(let name): read.insert(name)
      case nil: continue
      }
    }
    own.headersRead = read.sorted()
    switch direction {
    case .request: needs.request = own
    case .response:
      own.clearsRouteCache = nil
      needs.response = own
      needs.requestHeadersForResponse = requestRead.sorted()
    }
    let attributes = uses.connectionAttributes.union(needs.connectionAttributes)
    needs.connectionAttributes = ConnectionAttribute.allCases.filter(attributes.contains)
  }

  mutating func finishNeeds(_ request: inout DirectionPlan, response: DirectionPlan) {
    request.removesAcceptEncoding =
      response.needsBody && !request.headers.contains { $0.name == .acceptEncoding }
    if request.removesAcceptEncoding {
      needs.request.headersImplied = [HeaderName.acceptEncoding.description]
    }
    // The response's templates want request headers; its body, whether the request was a HEAD or opened a tunnel.
    if !needs.requestHeadersForResponse.isEmpty || needs.readsAnyRequestHeaderInResponse
      || response.body != nil || response.needsBody
    {
      needs.request.headers = true
    }
  }
}
