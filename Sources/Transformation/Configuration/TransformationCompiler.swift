internal import Template

/// Compiles `{"request": …, "response": …}` and reports all that is wrong with it, not just the first fault.
struct TransformationCompiler {
  var report: [Diagnostic] = []
  var needs = Needs()
  /// What the renderings of the transformation may use.
  private var limits = ConfiguredLimits.standard
  /// What the templates of the transformation may call.
  private var functions = HostFunctions.table
  /// The values of `secret()`, for a table of functions of another kind.
  private var secrets = Secrets()
  /// How the body of the direction that is compiled is read.
  private var format = BodyFormat.string
  /// What cannot be applied in that direction.
  var faults: [DirectionPlan.Fault] = []
  /// Something in that direction refuses every message.
  var refuses = false

  private let secretReading: SecretReading
  /// What Envoy takes in one answer.
  private let headerLimits: HeaderLimits

  init(secretReading: SecretReading = .values, headerLimits: HeaderLimits = HeaderLimits()) {
    self.secretReading = secretReading
    self.headerLimits = headerLimits
  }

  /// Nil when an error was reported that cannot be deferred. `limits` and `secrets` hold where the transformation does
  /// not say otherwise; `object` is what else may stand beside its fields.
  mutating func compile(
    _ node: ConfigurationNode, name: String, index: Int = 0, path: String,
    of object: ConfigurationObject = .transformation,
    limits: ConfiguredLimits = .standard, secrets: Secrets = Secrets()
  ) -> Transformation? {
    needs = Needs()
    guard let reader = MappingReader<TopField>(node, path: path, of: object, &report) else { return nil }
    let errorsBefore = report.count(where: isFinal)
    self.limits = ConfiguredLimits.read(reader, over: limits, &report)
    let secrets = self.secrets(reader, over: secrets)
    self.secrets = secrets
    functions = HostFunctions.table(secrets)
    var request = direction(.request, reader.object(.request, DirectionField.self, &report))
    let response = direction(.response, reader.object(.response, DirectionField.self, &report))
    reader.reportUnknown(&report)
    guard report.count(where: isFinal) == errorsBefore else { return nil }
    finishNeeds(&request, response: response)
    return Transformation(
      name: name, index: index, request: request, response: response, needs: needs,
      bodyBytesMax: self.limits.bodyBytesMax, secrets: secrets)
  }

  mutating func secrets(_ reader: MappingReader<TopField>, over base: Secrets) -> Secrets {
    Secrets.read(reader, over: base, areHidden: secretReading == .masks, &report)
  }

  private func isFinal(_ diagnostic: Diagnostic) -> Bool {
    diagnostic.severity == .error && !diagnostic.isDeferrable
  }

  // MARK: One direction

  private mutating func direction(
    _ direction: Direction, _ reader: MappingReader<DirectionField>?
  ) -> DirectionPlan {
    var plan = DirectionPlan()
    (format, faults, refuses) = (.string, [], false)
    guard let reader else { return plan }
    var uses = TemplateUses()
    readBody(&plan, reader.object(.body, BodyField.self, &report), direction, &uses)
    for (field, operation) in [(DirectionField.set, Mutations.Operation.set), (.add, .append)] {
      for (index, element) in reader.list(field, &report).enumerated() {
        let place = Place(direction: direction, field: field, index: index, path: reader.path)
        if let rule = headerRule(element, operation, place, &uses) { plan.rules.append(rule) }
      }
    }
    for (index, element) in reader.list(.remove, &report).enumerated() {
      let place = Place(direction: direction, field: .remove, index: index, path: reader.path)
      guard let name = headerName(element, path: place.path, place) else { continue }
      guard HeaderRules.isRemovable(name) else {
        report.append(
          Diagnostic(.warning, at: element.location, path: place.path, "Envoy never removes `\(name)`"))
        continue
      }
      plan.rules.append(Rule(.header(name, .remove), nil, place: place.short))
    }
    for (index, element) in reader.list(.dynamicMetadata, &report).enumerated() {
      let place = Place(direction: direction, field: .dynamicMetadata, index: index, path: reader.path)
      if let rule = metadataRule(element, place, &uses) { plan.rules.append(rule) }
    }
    if direction == .request {
      let before = report.count
      needs.request.clearsRouteCache = reader.flag(.clearRouteCache, &report)
      refuseExchanges(forErrorsSince: before, at: Place.short(direction, .clearRouteCache))
      if needs.request.clearsRouteCache ?? false { plan.effects.insert(.clearRouteCache) }
    }
    let before = report.count
    plan.policy = failurePolicy(reader.object(.failurePolicy, FailurePolicyField.self, &report))
    refuseExchanges(forErrorsSince: before, at: Place.short(direction, .failurePolicy))
    reader.reportUnknown(&report)
    checkCount(plan, reader)
    (plan.faults, plan.refuses) = (faults, refuses)
    // Nothing else of it is to be done, or waited for.
    if faults.contains(where: \.refuses) { plan.giveUp() }
    finish(&plan, uses, direction)
    return plan
  }

  private mutating func readBody(
    _ plan: inout DirectionPlan, _ reader: MappingReader<BodyField>?, _ direction: Direction,
    _ uses: inout TemplateUses
  ) {
    guard let reader else { return }
    plan.format = reader.choice(.parseAs, &report) ?? .string
    format = plan.format
    let before = report.count
    plan.bodyKind = reader.choice(.as, &report) ?? .text
    refuseExchanges(forErrorsSince: before, at: Place.short(direction, .body))
    let value = reader.text(.value, &report)
    reader.reportUnknown(&report)
    guard let value, !value.value.isEmpty else { return }
    let place = Place(direction: direction, field: .body, index: nil, path: reader.path)
    guard plan.format != .none else {
      report.append(
        Diagnostic(
          .warning, at: value.location, path: reader.path(of: .value),
          "`value` is ignored, because `parseAs: None` leaves the body alone"))
      return
    }
    let path = reader.path(of: .value)
    guard let template = template(value, path: path, place, as: plan.bodyKind, &uses) else { return }
    if plan.bodyKind == .json { checkJSON(template.constant, of: value, path: path) }
    plan.rules.append(Rule(.body, template, place: place.short))
    plan.replacesBody = true
    let usage = template.usage
    plan.bodyReadsFields = !usage.fields.isEmpty
    plan.bodyReadsJSON = !usage.fields.isEmpty || usage.reads(.document)
    plan.bodyReadsText = usage.reads(.bodyText)
  }

  private mutating func headerRule(
    _ node: ConfigurationNode, _ operation: Mutations.Operation, _ place: Place, _ uses: inout TemplateUses
  ) -> Rule? {
    guard let reader = MappingReader<HeaderField>(node, path: place.path, &report) else { return nil }
    let nameNode = reader.value(.name)
    let value = reader.text(.value, &report)
    reader.reportUnknown(&report)
    let valuePath = reader.path(of: .value)
    var template: Template?
    if let value, !value.value.isEmpty {
      template = self.template(value, path: valuePath, place, &uses)
    }
    guard let nameNode else {
      report.append(
        Diagnostic(
          .error, at: reader.location, path: place.path, "the field `name` is missing: the header's name"))
      return nil
    }
    guard let name = headerName(nameNode, path: reader.path(of: .name), place) else { return nil }
    // An empty value renders to "", and that removes (set) or does nothing (add).
    let isEmpty = value?.value.isEmpty ?? true
    if let refusal = HeaderRules.refusal(of: name, operation, place.direction, isEmpty: isEmpty) {
      deferFault(
        Diagnostic(.error, at: nameNode.location, path: reader.path(of: .name), refusal), at: place)
      return nil
    }
    guard let value, !isEmpty else {
      return operation == .set
        ? Rule(.header(name, .remove), nil, place: place.short) : nil
    }
    guard let template else { return nil }
    if let constant = template.constant, let fault = HeaderValue.fault(constant, of: name) {
      let hint =
        constant.last == UInt8(ascii: "\n") ? "; YAML's `>-` and `|-` leave the last line break out" : ""
      // The rule stays: its value is found wrong again in each exchange.
      report.append(
        Diagnostic(.error, at: value.location, path: valuePath, "the value \(fault)\(hint)").deferrable)
    }
    return Rule(.header(name, operation), template, place: place.short)
  }

  private mutating func headerName(
    _ node: ConfigurationNode, path: String, _ place: Place
  ) -> HeaderName? {
    guard case .string(let text) = node else {
      report.append(
        Diagnostic(.error, at: node.location, path: path, "expected a header's name, found \(node.kind)"))
      return nil
    }
    if let name = HeaderName(text.value) { return HeaderRules.canonical(name, place.direction) }
    let diagnostic = Diagnostic(
      .error, at: text.location, length: max(1, text.value.unicodeScalars.count), path: path,
      "`\(text.value)` is not a header name: letters, digits and !#$%&'*+-.^_`|~ only (RFC 9110, 5.1), with `:` in"
        + " front for a pseudo-header")
    deferFault(diagnostic, at: place)
    return nil
  }

  private mutating func metadataRule(
    _ node: ConfigurationNode, _ place: Place, _ uses: inout TemplateUses
  ) -> Rule? {
    guard let reader = MappingReader<MetadataField>(node, path: place.path, &report) else { return nil }
    let namespace = reader.text(.namespace, &report)
    let key = reader.text(.key, &report)
    let value = reader.value(.value)
    reader.reportUnknown(&report)
    let missing = Diagnostic(
      .error, at: reader.location, path: place.path,
      "an entry of dynamicMetadata needs `namespace`, `key` and `value`: {stringValue: …}")
    guard let namespace, let key, let value else {
      report.append(missing)
      return nil
    }
    guard let (text, path) = metadataText(value, path: reader.path(of: .value), place) else { return nil }
    guard let template = template(text, path: path, place, &uses) else { return nil }
    if let name = [namespace, key].first(where: { $0.value.utf8.contains(0) }) {
      let message = "a name in metadata cannot hold NUL"
      deferFault(Diagnostic(.error, at: name.location, path: place.path, message), at: place)
      return nil
    }
    guard !namespace.value.isEmpty, !key.value.isEmpty else {
      deferFault(missing, at: place)
      return nil
    }
    return Rule(
      .metadata(namespace: namespace.value, key: key.value), template, place: place.short)
  }

  /// `{stringValue: TEMPLATE}`, or the template itself.
  private mutating func metadataText(
    _ node: ConfigurationNode, path: String, _ place: Place
  ) -> (text: ConfigurationString, path: String)? {
    if let text = node.scalar { return (text, path) }
    guard let reader = MappingReader<MetadataValueField>(node, path: path, &report) else { return nil }
    let text = reader.text(.stringValue, &report)
    reader.reportUnknown(&report)
    if let text { return (text, reader.path(of: .stringValue)) }
    let diagnostic = Diagnostic(.error, at: node.location, path: path, "the field `stringValue` is missing")
    // What is there and no text was reported; null is as good as missing.
    if reader.value(.stringValue) == nil { deferFault(diagnostic, at: place) }
    return nil
  }

  private mutating func failurePolicy(_ reader: MappingReader<FailurePolicyField>?) -> FailurePolicy {
    var policy = FailurePolicy()
    guard let reader else { return policy }
    policy.parse = reader.choice(.parse, &report)
    policy.header = reader.choice(.header, &report) ?? policy.header
    policy.body = reader.choice(.body, &report)
    policy.duplicateKeys = reader.choice(.duplicateKeys, &report) ?? policy.duplicateKeys
    if policy.duplicateKeys == .reject, format != .json, let value = reader.value(.duplicateKeys) {
      report.append(
        Diagnostic(
          .warning, at: value.location, path: reader.path(of: .duplicateKeys),
          "no key is looked at, because only `parseAs: AsJson` parses the body"))
    }
    policy.shape = reader.choice(.shape, &report)
    policy.status = reader.number(.status, &report)
    reader.reportUnknown(&report)
    return policy
  }

  private mutating func checkCount(_ plan: DirectionPlan, _ reader: MappingReader<DirectionField>) {
    let removals = plan.headers.count { $0.operation == .remove }
    let most = headerLimits.headersMax
    // `content-length` goes with a new body.
    let sets = plan.headers.count - removals + (plan.replacesBody ? 1 : 0)
    let reserved = min(TransformationLimits.staleHeadersReserved, most)
    guard removals > most - (plan.replacesBody ? reserved : 1) || sets > most else { return }
    // Exchanges that come to more are refused, if it is loaded.
    report.append(
      Diagnostic(
        .error, at: reader.location, path: reader.path,
        "at most \(most) headers can be set and added (\(most - 1) with a new body), and \(most - 1) removed"
          + " (\(most - reserved) with a new body): Envoy refuses more in one answer"
      ).deferrable)
  }

  // MARK: Templates

  /// Nil when it does not parse. What could only fail when it is rendered is a template that always fails.
  private mutating func template(
    _ text: ConfigurationString, path: String, _ place: Place, as kind: BodyKind = .text,
    _ uses: inout TemplateUses
  ) -> Template? {
    let text = TemplateText(text: text, path: path)
    do throws(TemplateError) {
      let isJSON = kind == .json
      let template = try Template(
        text.text.value, name: place.short, functions: isJSON ? HostFunctions.jsonTable(secrets) : functions,
        limits: limits.rendering, asJSON: isJSON)
      uses.add(template.usage, text)
      return unparsed(template, text, format, place) ?? template
    } catch {
      let diagnostic = text.diagnostic(error)
      report.append(error.kind == .syntax ? diagnostic : diagnostic.deferrable)
      return error.kind == .syntax ? nil : Template(failing: error)
    }
  }
}

/// Which part of a configuration is meant.
struct Place {
  /// `transformations.chat.request.set[0]`
  let path: String
  /// `request.set[0]`: the same in every deployment, for logs.
  let short: String
  let direction: Direction

  init(direction: Direction, field: DirectionField, index: Int?, path: String) {
    let position = index.map { "[\($0)]" } ?? ""
    self.path = index == nil ? path : "\(path).\(field.rawValue)\(position)"
    short = Place.short(direction, field) + position
    self.direction = direction
  }
  /// `request.failurePolicy`
  static func short(_ direction: Direction, _ field: DirectionField) -> String {
    "\(direction.rawValue).\(field.rawValue)"
  }
}
