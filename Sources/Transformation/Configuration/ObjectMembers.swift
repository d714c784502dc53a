internal import Template

/// What stands in one object of a configuration, under any names: `MappingReader` knows which are a configuration's. Not
/// generic, so that it is compiled once.
struct ObjectMembers {
  let entries: [(key: ConfigurationString, value: ConfigurationNode)]
  let location: SourceLocation
  let path: String

  /// Nil, with an error reported, when `node` is not an object.
  init?(_ node: ConfigurationNode, path: String, _ report: inout [Diagnostic]) {
    guard case .mapping(let entries, let location) = node else {
      report.append(
        Diagnostic(.error, at: node.location, path: path, "expected an object, found \(node.kind)"))
      return nil
    }
    self.entries = entries
    self.location = location
    self.path = path
  }

  func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// Nil when it is absent or null.
  func value(_ name: String) -> ConfigurationNode? {
    guard let member = entries.first(where: { $0.key.value == name }) else { return nil }
    if case .null = member.value { return nil }
    return member.value
  }

  func text(_ name: String, _ report: inout [Diagnostic]) -> ConfigurationString? {
    guard let node = value(name) else { return nil }
    if let text = node.scalar { return text }
    report.append(unexpected(node, name, "a string"))
    return nil
  }

  func flag(_ name: String, _ report: inout [Diagnostic]) -> Bool? {
    guard let node = value(name) else { return nil }
    if case .bool(let flag, _) = node { return flag }
    report.append(unexpected(node, name, "true or false"))
    return nil
  }

  func list(_ name: String, _ report: inout [Diagnostic]) -> [ConfigurationNode] {
    guard let node = value(name) else { return [] }
    if case .sequence(let elements, _) = node { return elements }
    report.append(unexpected(node, name, "a list"))
    return []
  }

  func number(_ name: String, _ type: FieldType, _ report: inout [Diagnostic]) -> Int? {
    guard let node = value(name), let numbers = type.numbers else { return nil }
    if case .number(let spelling, _) = node, let number = Int(spelling), numbers.bounds.contains(number) {
      return number
    }
    report.append(
      Diagnostic(.error, at: node.location, path: path(of: name), "expected \(numbers.expected)"))
    return nil
  }

  private func unexpected(_ node: ConfigurationNode, _ name: String, _ expected: String) -> Diagnostic {
    Diagnostic(
      .error, at: node.location, path: path(of: name), "expected \(expected), found \(node.kind)")
  }

  // MARK: What is wrong

  /// Of a text that is none of the field's choices.
  func refuse(
    _ text: ConfigurationString, _ name: String, _ type: FieldType, _ report: inout [Diagnostic]
  ) {
    guard case .choice(let choices) = type else { return }
    report.append(
      Diagnostic(
        .error, at: text.location, length: text.value.unicodeScalars.count, path: path(of: name),
        "`\(text.value)` is not one of \(choices.joined(separator: ", "))"
          + NearestName.suggestion(for: text.value, among: choices)))
  }

  /// Names that are given more than once.
  func reportTwice(_ report: inout [Diagnostic]) {
    var seen: [String: SourceLocation] = [:]
    var twice = 0
    for entry in entries {
      guard let first = seen[entry.key.value] else {
        seen[entry.key.value] = entry.key.location
        continue
      }
      guard [Diagnostic].tells(twice) else { return }
      reportTwice(entry.key, first: first, &report)
      twice += 1
    }
  }

  /// - Parameter first: where the name stood before.
  func reportTwice(_ key: ConfigurationString, first: SourceLocation, _ report: inout [Diagnostic]) {
    report.append(
      Diagnostic(
        .error, at: key.location, length: key.value.unicodeScalars.count, path: path(of: key.value),
        ObjectMembers.givenTwice(key.value, firstLine: first.line)))
  }

  package static func givenTwice(_ name: String, firstLine: Int) -> String {
    "the field `\(name)` is given twice, first in line \(firstLine); keep one"
  }

  func reportUnknown(
    _ key: ConfigurationString, _ object: ConfigurationObject, _ report: inout [Diagnostic]
  ) {
    var hint = NearestName.suggestion(for: key.value, among: object.fields.lazy.map(\.name))
    if hint.isEmpty { hint = FieldPlaces.hint(for: key.value, at: path, in: object) }
    report.append(
      Diagnostic(
        .warning, at: key.location, length: key.value.unicodeScalars.count, path: path(of: key.value),
        "unknown field `\(key.value)` is ignored\(hint)"))
  }
}
