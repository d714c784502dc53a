internal import Template

/// What the templates of one direction read, and where.
struct TemplateUses {
  struct Field {
    let name: String, line: Int, column: Int, text: TemplateText
    /// As of `TemplateUsage.Field`.
    let valueElsewhere: String?
  }
  struct Call { let call: TemplateUsage.Call, text: TemplateText }
  var fields: [Field] = []
  var calls: [Call] = []
  var hyphens: [(TemplateUsage.Hyphen, TemplateText)] = []
  var connectionAttributes: Set<ConnectionAttribute> = []
  var unknownConnectionAttributes: [(name: String, text: TemplateText)] = []

  mutating func add(_ usage: TemplateUsage, _ text: TemplateText) {
    for field in usage.fields {
      fields.append(
        Field(
          name: field.name, line: field.line, column: field.column, text: text,
          valueElsewhere: field.valueElsewhere))
    }
    hyphens += usage.hyphens.map { ($0, text) }
    for call in usage.calls { calls.append(Call(call: call, text: text)) }
    for variable in usage.variables where variable.name == HostFunctions.connection {
      if let attribute = variable.attribute {
        if let known = ConnectionAttribute(rawValue: attribute) {
          connectionAttributes.insert(known)
        } else {
          unknownConnectionAttributes.append((attribute, text))
        }
      } else {
        connectionAttributes.formUnion(ConnectionAttribute.allCases)
      }
    }
  }
}

/// A template as it stands in the configuration.
struct TemplateText {
  let text: ConfigurationString
  let path: String

  func diagnostic(_ error: TemplateError) -> Diagnostic {
    diagnostic(error.detail, line: error.line, column: error.column, length: error.length)
  }

  /// Points into the file where its format allows, else at the template and says where inside.
  func diagnostic(
    _ message: String, line: Int, column: Int, length: Int, severity: Diagnostic.Severity = .error
  ) -> Diagnostic {
    if let place = text.place?(scalarOffset(line: line, column: column)) {
      return Diagnostic(severity, at: place, length: max(1, length), path: path, message)
    }
    let inside = "in line \(line), column \(column) of the template: "
    return Diagnostic(severity, at: text.location, path: path, inside + message)
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
