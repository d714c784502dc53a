internal import Template

/// Reads the fields of one object of a configuration: each field asked for by name is known, all others are reported.
struct MappingReader {
  private let members: [(key: ConfigurationString, value: ConfigurationNode)]
  let location: SourceLocation
  let path: String
  private var known: [String] = []

  /// Nil, with an error reported, when `node` is not an object.
  init?(_ node: ConfigurationNode, path: String, _ report: inout [Diagnostic]) {
    guard case .mapping(let members, let location) = node else {
      report.append(
        Diagnostic(.error, at: node.location, path: path, "expected an object, found \(node.kind)"))
      return nil
    }
    self.members = members
    self.location = location
    self.path = path
  }

  func path(of field: String) -> String { path.isEmpty ? field : "\(path).\(field)" }

  func has(_ field: String) -> Bool { members.contains { $0.key.value == field } }

  /// The field's value; nil when it is absent or null.
  mutating func value(_ field: String) -> ConfigurationNode? {
    known.append(field)
    guard let member = members.first(where: { $0.key.value == field }) else { return nil }
    if case .null = member.value { return nil }
    return member.value
  }

  /// A string, or what was written as a number or boolean, taken as text.
  mutating func text(_ field: String, _ report: inout [Diagnostic]) -> ConfigurationString? {
    guard let node = value(field) else { return nil }
    if let text = node.scalar { return text }
    report.append(
      Diagnostic(.error, at: node.location, path: path(of: field), "expected a string, found \(node.kind)"))
    return nil
  }

  /// `true` or `false`; nil when the field is absent.
  mutating func flag(_ field: String, _ report: inout [Diagnostic]) -> Bool? {
    guard let node = value(field) else { return nil }
    if case .bool(let flag, _) = node { return flag }
    report.append(
      Diagnostic(
        .error, at: node.location, path: path(of: field), "expected true or false, found \(node.kind)"))
    return nil
  }

  mutating func list(_ field: String, _ report: inout [Diagnostic]) -> [ConfigurationNode] {
    guard let node = value(field) else { return [] }
    guard case .sequence(let elements, _) = node else {
      report.append(
        Diagnostic(.error, at: node.location, path: path(of: field), "expected a list, found \(node.kind)"))
      return []
    }
    return elements
  }

  /// One of a few names.
  mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ field: String, _ report: inout [Diagnostic]
  ) -> Choice? where Choice.RawValue == String {
    guard let text = text(field, &report) else { return nil }
    if let choice = Choice(rawValue: text.value) { return choice }
    let names = Choice.allCases.map(\.rawValue)
    report.append(
      Diagnostic(
        .error, at: text.location, length: text.value.unicodeScalars.count, path: path(of: field),
        "`\(text.value)` is not one of \(names.joined(separator: ", "))"
          + NearestName.suggestion(for: text.value, among: names)))
    return nil
  }

  /// All members, for objects whose keys are names.
  mutating func entries() -> [(key: ConfigurationString, value: ConfigurationNode)] {
    known.append(contentsOf: members.map(\.key.value))
    return members
  }

  /// Warns of the fields that nobody asked for, and refuses the others that are there more than once; call it last.
  func reportUnknown(_ report: inout [Diagnostic]) {
    var seen: Set<String> = []
    for member in members where !seen.insert(member.key.value).inserted && known.contains(member.key.value) {
      report.append(
        Diagnostic(
          .error, at: member.key.location, path: path(of: member.key.value),
          "the field `\(member.key.value)` is given twice; keep one"))
    }
    for member in members where !known.contains(member.key.value) {
      report.append(
        Diagnostic(
          .warning, at: member.key.location, length: member.key.value.unicodeScalars.count,
          path: path(of: member.key.value),
          "unknown field `\(member.key.value)` is ignored"
            + NearestName.suggestion(for: member.key.value, among: known)))
    }
  }
}
