internal import Template

/// Reads the fields of one object of a configuration, as `Field` describes them; all others are reported.
struct MappingReader<Field: ConfigurationField> {
  private let members: ObjectMembers
  private let object: ConfigurationObject

  /// Nil, with an error reported, when `node` is not an object.
  init?(
    _ node: ConfigurationNode, path: String, of object: ConfigurationObject = ConfigurationObject(Field.self),
    _ report: inout [Diagnostic]
  ) {
    assert(object.has(Field.self), "\(path) is described by other fields")
    guard let members = ObjectMembers(node, path: path, &report) else { return nil }
    self.members = members
    self.object = object
  }

  var location: SourceLocation { members.location }
  var path: String { members.path }

  func path(of field: Field) -> String { members.path(of: field.rawValue) }

  func has(_ field: Field) -> Bool { members.entries.contains { $0.key.value == field.rawValue } }

  /// The field's value; nil when it is absent or null.
  func value(_ field: Field) -> ConfigurationNode? { members.value(field.rawValue) }

  /// A string, or what was written as a number or boolean, taken as text.
  func text(_ field: Field, _ report: inout [Diagnostic]) -> ConfigurationString? {
    members.text(field.rawValue, &report)
  }

  /// `true` or `false`; nil when the field is absent.
  func flag(_ field: Field, _ report: inout [Diagnostic]) -> Bool? { members.flag(field.rawValue, &report) }

  /// Within the bounds that the field has; nil when it is absent.
  func number(_ field: Field, _ report: inout [Diagnostic]) -> Int? {
    members.number(field.rawValue, field.about.type, &report)
  }

  func list(_ field: Field, _ report: inout [Diagnostic]) -> [ConfigurationNode] {
    members.list(field.rawValue, &report)
  }

  /// One of a few names.
  func choice<Choice: RawRepresentable<String>>(_ field: Field, _ report: inout [Diagnostic]) -> Choice? {
    guard let text = text(field, &report) else { return nil }
    if let choice = Choice(rawValue: text.value) { return choice }
    members.refuse(text, field.rawValue, field.about.type, &report)
    return nil
  }

  /// The reader of an object; nil when it is absent, or none.
  func object<Inner: ConfigurationField>(
    _ field: Field, _: Inner.Type, _ report: inout [Diagnostic]
  ) -> MappingReader<Inner>? {
    guard let node = value(field), let object = field.about.type.object else { return nil }
    return MappingReader<Inner>(node, path: path(of: field), of: object, &report)
  }

  /// The members of an object whose keys are names; nil when it is absent, or none.
  func map(_ field: Field, _ report: inout [Diagnostic]) -> ObjectMembers? {
    value(field).flatMap { ObjectMembers($0, path: path(of: field), &report) }
  }

  /// Warns of the fields that the object does not have, and refuses the others that are there more than once.
  func reportUnknown(_ report: inout [Diagnostic]) {
    var seen: [Field: SourceLocation] = [:]
    // Apart: the first error must not be lost among warnings.
    var (unknown, twice) = (0, 0)
    for member in members.entries {
      guard let field = Field(rawValue: member.key.value), !object.without.contains(member.key.value) else {
        if [Diagnostic].tells(unknown) { members.reportUnknown(member.key, object, &report) }
        unknown += 1
        continue
      }
      guard let first = seen[field] else {
        seen[field] = member.key.location
        continue
      }
      if [Diagnostic].tells(twice) { members.reportTwice(member.key, first: first, &report) }
      twice += 1
    }
  }
}
