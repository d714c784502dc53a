internal import Template

/// Compiles `{"request": …, "response": …}` and reports all that is wrong with it, not just the first fault.
struct TransformationCompiler {
  var report: [Diagnostic] = []
  private var needs = Needs()

  /// Nil when an error was reported.
  mutating func compile(_ node: ConfigurationNode, name: String, path: String) -> Transformation? {
    needs = Needs()
    guard var reader = MappingReader(node, path: path, &report) else { return nil }
    let errorsBefore = report.count { $0.severity == .error }
    let request = direction(.request, reader.value("request"), path: reader.path(of: "request"))
    let response = direction(.response, reader.value("response"), path: reader.path(of: "response"))
    reader.reportUnknown(&report)
    guard report.count(where: { $0.severity == .error }) == errorsBefore else { return nil }
    finishNeeds(request, response)
    return Transformation(name: name, request: request, response: response, needs: needs)
  }

  // MARK: One direction

  private mutating func direction(
    _ direction: Direction, _ node: ConfigurationNode?, path: String
  ) -> DirectionPlan {
    var plan = DirectionPlan()
    guard let node, var reader = MappingReader(node, path: path, &report) else { return plan }
    var uses = Uses()
    readBody(&plan, reader.value("body"), path: reader.path(of: "body"), direction, &uses)
    for (field, operation) in [("set", Mutations.Operation.set), ("add", .append)] {
      for (index, element) in reader.list(field, &report).enumerated() {
        let place = Place(direction: direction, field: field, index: index, path: reader.path)
        if let rule = headerRule(element, operation, place, &uses) { plan.headers.append(rule) }
      }
    }
    for (index, element) in reader.list("remove", &report).enumerated() {
      let place = Place(direction: direction, field: "remove", index: index, path: reader.path)
      guard let name = headerName(element, path: place.path) else { continue }
      plan.headers.append(.init(operation: .remove, name: name, template: nil, place: place.short))
    }
    for (index, element) in reader.list("dynamicMetadata", &report).enumerated() {
      let place = Place(direction: direction, field: "dynamicMetadata", index: index, path: reader.path)
      if let rule = metadataRule(element, place, &uses) { plan.metadata.append(rule) }
    }
    if let policy = reader.value("failurePolicy") {
      plan.policy = failurePolicy(policy, path: reader.path(of: "failurePolicy"))
    }
    reader.reportUnknown(&report)
    checkCount(plan, reader)
    finish(&plan, uses, direction)
    return plan
  }

  private mutating func readBody(
    _ plan: inout DirectionPlan, _ node: ConfigurationNode?, path: String, _ direction: Direction,
    _ uses: inout Uses
  ) {
    guard let node, var reader = MappingReader(node, path: path, &report) else { return }
    plan.format = reader.choice("parseAs", &report) ?? .string
    let value = reader.text("value", &report)
    reader.reportUnknown(&report)
    guard let value, !value.value.isEmpty else { return }
    let place = Place(direction: direction, field: "body", index: nil, path: path)
    guard plan.format != .none else {
      report.append(
        Diagnostic(
          .warning, at: value.location, path: place.path + ".value",
          "`value` is ignored, because `parseAs: None` leaves the body alone"))
      return
    }
    plan.body = template(value, path: place.path + ".value", short: place.short, &uses)
  }

  private mutating func headerRule(
    _ node: ConfigurationNode, _ operation: Mutations.Operation, _ place: Place, _ uses: inout Uses
  ) -> DirectionPlan.HeaderRule? {
    guard var reader = MappingReader(node, path: place.path, &report) else { return nil }
    let nameNode = reader.value("name")
    let value = reader.text("value", &report)
    reader.reportUnknown(&report)
    guard let nameNode else {
      report.append(
        Diagnostic(
          .error, at: reader.location, path: place.path, "the field `name` is missing: the header's name"))
      return nil
    }
    guard let name = headerName(nameNode, path: place.path + ".name") else { return nil }
    guard !HeaderRules.computed.contains(name.description) else {
      report.append(
        Diagnostic(
          .error, at: nameNode.location, path: place.path + ".name",
          "`\(name)` cannot be set: it is computed from the body; delete this entry"))
      return nil
    }
    guard let value, !value.value.isEmpty else {
      // An empty value renders to "", and that removes (set) or does nothing (add).
      guard operation == .set else { return nil }
      return .init(operation: .remove, name: name, template: nil, place: place.short)
    }
    guard let template = template(value, path: place.path + ".value", short: place.short, &uses) else {
      return nil
    }
    if let constant = template.constant, let byte = HeaderValue.firstForbidden(in: constant) {
      report.append(
        Diagnostic(
          .error, at: value.location, path: place.path + ".value",
          "a header's value cannot hold the control character \(HeaderRules.spell(byte)); in YAML, write `>-` or `|-`"
            + " in place of `>` or `|`"))
      return nil
    }
    return .init(operation: operation, name: name, template: template, place: place.short)
  }

  private mutating func headerName(_ node: ConfigurationNode, path: String) -> HeaderName? {
    guard case .string(let text) = node else {
      report.append(
        Diagnostic(.error, at: node.location, path: path, "expected a header's name, found \(node.kind)"))
      return nil
    }
    if let name = HeaderName(text.value) { return name }
    report.append(
      Diagnostic(
        .error, at: text.location, length: max(1, text.value.unicodeScalars.count), path: path,
        "`\(text.value)` is not a header name: letters, digits and !#$%&'*+-.^_`|~ only (RFC 9110, 5.1), with `:` in"
          + " front for a pseudo-header"))
    return nil
  }

  private mutating func metadataRule(
    _ node: ConfigurationNode, _ place: Place, _ uses: inout Uses
  ) -> DirectionPlan.MetadataRule? {
    guard var reader = MappingReader(node, path: place.path, &report) else { return nil }
    let namespace = reader.text("namespace", &report)
    let key = reader.text("key", &report)
    let value = reader.value("value")
    reader.reportUnknown(&report)
    guard let namespace, !namespace.value.isEmpty, let key, !key.value.isEmpty, let value else {
      report.append(
        Diagnostic(
          .error, at: reader.location, path: place.path,
          "an entry of dynamicMetadata needs `namespace`, `key` and `value`: {stringValue: …}"))
      return nil
    }
    guard var valueReader = MappingReader(value, path: place.path + ".value", &report) else { return nil }
    let text = valueReader.text("stringValue", &report)
    valueReader.reportUnknown(&report)
    guard let text else {
      report.append(
        Diagnostic(
          .error, at: value.location, path: place.path + ".value", "the field `stringValue` is missing"))
      return nil
    }
    let path = place.path + ".value.stringValue"
    guard let template = template(text, path: path, short: place.short, &uses) else { return nil }
    return .init(namespace: namespace.value, key: key.value, template: template, place: place.short)
  }

  private mutating func failurePolicy(_ node: ConfigurationNode, path: String) -> FailurePolicy {
    var policy = FailurePolicy()
    guard var reader = MappingReader(node, path: path, &report) else { return policy }
    policy.parse = reader.choice("parse", &report) ?? policy.parse
    policy.header = reader.choice("header", &report) ?? policy.header
    policy.body = reader.choice("body", &report) ?? policy.body
    if let status = reader.value("status") {
      if case .number(let spelling, _) = status, let number = Int(spelling), (400...599).contains(number) {
        policy.status = number
      } else {
        report.append(
          Diagnostic(
            .error, at: status.location, path: reader.path(of: "status"),
            "expected a status from 400 to 599, as a number"))
      }
    }
    reader.reportUnknown(&report)
    return policy
  }

  private mutating func checkCount(_ plan: DirectionPlan, _ reader: MappingReader) {
    let removals = plan.headers.count { $0.operation == .remove }
    let most = TransformationLimits.headerRulesMax
    guard removals > most || plan.headers.count - removals > most else { return }
    report.append(
      Diagnostic(
        .error, at: reader.location, path: reader.path,
        "at most \(most) headers can be set and added, and \(most) removed: Envoy refuses more in one answer")
    )
  }

  // MARK: Templates

  private mutating func template(
    _ text: ConfigurationString, path: String, short: String, _ uses: inout Uses
  ) -> Template? {
    do throws(TemplateError) {
      let template = try Template(text.value, name: short, functions: HostFunctions.table)
      uses.add(template.usage, TemplateText(text: text, path: path))
      return template
    } catch {
      report.append(TemplateText(text: text, path: path).diagnostic(error))
      return nil
    }
  }

  /// Checks what the templates read against how the body is parsed, and notes what they need.
  private mutating func finish(_ plan: inout DirectionPlan, _ uses: Uses, _ direction: Direction) {
    if plan.format != .json {
      for field in uses.fields {
        report.append(
          field.text.diagnostic(
            "`\(field.name)` names a field of a JSON body, but the body is not parsed as JSON; set"
              + " \(direction.rawValue).body.parseAs to AsJson", line: field.line, column: field.column,
            length: field.name.unicodeScalars.count))
      }
      for call in uses.calls where call.function == "context" {
        report.append(
          call.text.diagnostic(
            "context() is the JSON body, but the body is not parsed as JSON; set"
              + " \(direction.rawValue).body.parseAs to AsJson", line: call.line, column: call.column,
            length: call.function.count))
      }
    }
    let readsText = uses.calls.contains { $0.function == "body" }
    plan.needsBody = plan.format == .json || (readsText && plan.format != .none)
    plan.writesContentEncoding = plan.headers.contains { $0.name == "content-encoding" }
    note(plan, uses, direction)
  }

  private mutating func note(_ plan: DirectionPlan, _ uses: Uses, _ direction: Direction) {
    var own = Needs.Direction()
    own.headers = !plan.isEmpty
    own.body = plan.needsBody
    own.replacesBody = plan.body != nil
    own.fieldsRead = Set(uses.fields.map(\.name)).sorted()
    own.headersWritten = Set(plan.headers.map(\.name.description)).sorted()
    own.metadataNamespaces = Set(plan.metadata.map(\.namespace)).sorted()
    var read: Set<String> = []
    var requestRead: Set<String> = []
    for call in uses.calls where call.function == "header" || call.function == "request_header" {
      let ofRequest = direction == .response && call.function == "request_header"
      switch call.literal {
      case .some(let name) where ofRequest: requestRead.insert(name.lowercased())
      case .some(let name): read.insert(name.lowercased())
      case .none where ofRequest: needs.readsAnyRequestHeaderInResponse = true
      case .none: own.readsAnyHeader = true
      }
    }
    own.headersRead = read.sorted()
    switch direction {
    case .request: needs.request = own
    case .response:
      needs.response = own
      needs.requestHeadersForResponse = requestRead.sorted()
    }
    let attributes = uses.connectionAttributes.union(needs.connectionAttributes)
    needs.connectionAttributes = ConnectionAttribute.allCases.filter(attributes.contains)
  }

  private mutating func finishNeeds(_ request: DirectionPlan, _ response: DirectionPlan) {
    // The response's templates want request headers; its body, whether the request was a HEAD.
    if !needs.requestHeadersForResponse.isEmpty || needs.readsAnyRequestHeaderInResponse
      || response.body != nil
    {
      needs.request.headers = true
    }
  }
}

/// Which part of a configuration is meant.
private struct Place {
  /// `transformations.chat.request.set[0]`
  let path: String
  /// `request.set[0]`: the same in every deployment, for logs.
  let short: String

  init(direction: Direction, field: String, index: Int?, path: String) {
    let position = index.map { "[\($0)]" } ?? ""
    self.path = index == nil ? path : "\(path).\(field)\(position)"
    short = "\(direction.rawValue).\(field)\(position)"
  }
}

private enum HeaderRules {
  /// Headers that frame the body: a wrong one lets a request be smuggled.
  static let computed: Set<String> = ["content-length", "transfer-encoding"]

  static func spell(_ byte: UInt8) -> String {
    switch byte {
    case 0x0A: return "LF (\\n)"
    case 0x0D: return "CR (\\r)"
    case 0x00: return "NUL"
    default: return "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }
}

/// What the templates of one direction read, and where.
private struct Uses {
  struct Field { let name: String, line: Int, column: Int, text: TemplateText }
  struct Call { let function: String, literal: String?, line: Int, column: Int, text: TemplateText }
  var fields: [Field] = []
  var calls: [Call] = []
  var connectionAttributes: Set<ConnectionAttribute> = []

  mutating func add(_ usage: TemplateUsage, _ text: TemplateText) {
    for field in usage.fields {
      fields.append(Field(name: field.name, line: field.line, column: field.column, text: text))
    }
    for call in usage.calls {
      calls.append(
        Call(function: call.function, literal: call.literal, line: call.line, column: call.column, text: text)
      )
    }
    for variable in usage.variables where variable.name == HostFunctions.connection {
      if let attribute = variable.attribute {
        if let known = ConnectionAttribute(rawValue: attribute) { connectionAttributes.insert(known) }
      } else {
        connectionAttributes.formUnion(ConnectionAttribute.allCases)
      }
    }
  }
}

/// A template as it stands in the configuration.
private struct TemplateText {
  let text: ConfigurationString
  let path: String

  func diagnostic(_ error: TemplateError) -> Diagnostic {
    diagnostic(error.detail, line: error.line, column: error.column, length: error.length)
  }

  /// Points into the file where its format allows, else at the template and says where inside.
  func diagnostic(_ message: String, line: Int, column: Int, length: Int) -> Diagnostic {
    if let place = text.place?(scalarOffset(line: line, column: column)) {
      return Diagnostic(.error, at: place, length: max(1, length), path: path, message)
    }
    let inside = "in line \(line), column \(column) of the template: "
    return Diagnostic(.error, at: text.location, path: path, inside + message)
  }

  private func scalarOffset(line: Int, column: Int) -> Int {
    var offset = 0
    var current = 1
    for scalar in text.value.unicodeScalars {
      if current == line { break }
      offset += 1
      if scalar == "\n" { current += 1 }
    }
    return offset + column - 1
  }
}
