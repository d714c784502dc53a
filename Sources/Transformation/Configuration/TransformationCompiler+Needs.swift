internal import Template

// What a direction's templates read decides what it needs.

extension TransformationCompiler {
  /// Notes what the templates need.
  mutating func finish(_ plan: inout DirectionPlan, _ uses: TemplateUses, _ direction: Direction) {
    warnOfNothing(plan, uses, direction)
    let readsText = uses.calls.contains { $0.call.reads.contains(.bodyText) }
    plan.readsFields = !uses.fields.isEmpty
    plan.needsBody = plan.format == .json || (readsText && plan.format != .none)
    note(plan, uses, direction)
  }

  /// What is allowed, and always empty.
  private mutating func warnOfNothing(_ plan: DirectionPlan, _ uses: TemplateUses, _ direction: Direction) {
    if plan.format == .none {
      for use in uses.calls
      where use.call.reads.contains(.bodyText) && [Diagnostic].tells(report.count) {
        let call = use.call
        report.append(
          use.text.diagnostic(
            "\(call.function)() is always empty, because `parseAs: None` leaves the body alone",
            line: call.line,
            column: call.column, length: call.function.count, severity: .warning))
      }
    }
    for field in uses.fields where plan.format == .json && [Diagnostic].tells(report.count) {
      guard let value = field.valueElsewhere else { continue }
      report.append(
        field.text.diagnostic(
          "`\(field.name)` is a name here, and undefined where the body has no field of that name: write `\(value)`",
          line: field.line, column: field.column, length: field.name.unicodeScalars.count, severity: .warning)
      )
    }
    for (hyphen, text) in uses.hyphens where [Diagnostic].tells(report.count) {
      report.append(
        text.diagnostic(
          "this subtracts; a name with `-` is written `\(hyphen.remedy)`", line: hyphen.line,
          column: hyphen.column, length: hyphen.length, severity: .warning))
    }
    let known = ConnectionAttribute.allCases.map(\.rawValue)
    for (attribute, text) in uses.unknownConnectionAttributes where [Diagnostic].tells(report.count) {
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
    own.replacesBody = plan.replacesBody
    own.fieldsRead = Set(uses.fields.map(\.name)).sorted()
    own.clearsRouteCache = needs.request.clearsRouteCache
    own.headersWritten = Set(plan.headers.map(\.name.description)).sorted()
    own.metadataNamespaces = Set(plan.metadataNamespaces).sorted()
    var read: Set<String> = []
    var requestRead: Set<String> = []
    for use in uses.calls {
      for header in use.call.reads {
        let name: String?
        switch header {
        case .header, .requestHeader: name = use.call.literal?.lowercased()
        case .requestHeaderNamed(let known): name = known
        case .bodyText, .document: continue
        }
        switch (direction, header) {
        case (.response, .header):
          if let name { read.insert(name) } else { own.readsAnyHeader = true }
        case (.response, _):
          if let name {
            requestRead.insert(HeaderRules.canonicalInRequest(name))
          } else {
            needs.readsAnyRequestHeaderInResponse = true
          }
        case (.request, _):
          if let name { read.insert(HeaderRules.canonicalInRequest(name)) } else { own.readsAnyHeader = true }
        }
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
      || response.replacesBody || response.needsBody
    {
      needs.request.headers = true
    }
  }
}
