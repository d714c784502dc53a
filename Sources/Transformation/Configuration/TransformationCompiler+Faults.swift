internal import JSON
internal import Template

// What parses and can only fail. Each is an error, for people who read them; where the configuration is loaded all the
// same (`Tolerance.deferring`), the exchanges fail by it. A fault of a template is a template that always fails; what
// is wrong beside the templates is a `DirectionPlan.Fault`.

extension TransformationCompiler {
  /// Reports an error, and lets every exchange fail by it.
  mutating func deferFault(_ diagnostic: Diagnostic, at place: Place) {
    report.append(diagnostic.deferrable)
    faults.append(.init(place: place.short, message: diagnostic.message, refuses: false))
  }

  /// Of a field that the Rust filter does not know, so that it would load whatever is in it. What was meant is not
  /// known either, so nothing passes.
  mutating func refuseExchanges(forErrorsSince count: Int, at place: String) {
    for diagnostic in report.dropFirst(count) where diagnostic.severity == .error {
      faults.append(.init(place: place, message: diagnostic.message, refuses: true))
      refuses = true
    }
    report.deferErrors(since: count)
  }

  /// A body without any expression, that is to be JSON. It stays: it is found wrong again in each exchange.
  mutating func checkJSON(_ constant: [UInt8]?, of text: ConfigurationString, path: String) {
    guard let fault = constant?.withUnsafeBytes({ JSONDocument.fault(in: $0) }) else { return }
    report.append(Diagnostic(.error, at: text.location, path: path, BodyKind.fault(fault)).deferrable)
  }

  /// Reports what a template reads of a body that is not parsed as JSON. Nil when that is nothing, else the template
  /// that stands in for it: one that names a field answers 400, as the Rust filter does.
  mutating func unparsed(
    _ template: Template, _ text: TemplateText, _ format: BodyFormat, _ place: Place
  ) -> Template? {
    guard format != .json else { return nil }
    var fault: TemplateError?
    let remedy =
      ", but the body is not parsed as JSON; set \(place.direction.rawValue).body.parseAs to AsJson"
    for field in template.usage.fields {
      refuses = true
      // The first of a template makes it fail; where there are many, the others change nothing.
      guard fault == nil || [Diagnostic].tells(report.count) else { break }
      let error = TemplateError(
        kind: .noContext,
        detail: field.description + remedy + callHint(field.name),
        at: field.line, field.column, length: field.name.unicodeScalars.count, in: place)
      report.append(text.diagnostic(error).deferrable)
      fault = fault ?? error
    }
    for call in template.usage.calls where call.reads.contains(.document) {
      guard fault == nil || [Diagnostic].tells(report.count) else { break }
      let error = TemplateError(
        kind: .invalidOperation, detail: "\(call.function)() is the JSON body\(remedy)",
        at: call.line, call.column, length: call.function.count, in: place)
      report.append(text.diagnostic(error).deferrable)
      fault = fault ?? error
    }
    return fault.map { Template(failing: $0) }
  }

  /// For `{{ body }}`, where `{{ body() }}` is meant.
  private func callHint(_ name: String) -> String {
    HostFunctions.table.functions.contains { $0.name == name } ? ", or call the function: `\(name)(…)`" : ""
  }
}

extension TemplateUsage.Field {
  fileprivate var description: String {
    if let value = valueElsewhere {
      return "`\(name)` is written `\(value)` here; else it names a field of a JSON body"
    }
    if isSetElsewhere {
      return
        "`\(name)` is set on some of the ways that lead here only, and on the others names a field of a JSON body"
    }
    return "`\(name)` names a field of a JSON body"
  }
}

extension TemplateError {
  fileprivate init(kind: Kind, detail: String, at line: Int, _ column: Int, length: Int, in place: Place) {
    self.init(
      kind: kind, detail: detail, template: place.short, line: line, column: column, length: length,
      sourceLine: "")
  }
}
