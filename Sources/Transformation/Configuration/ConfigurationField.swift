/// A field of an object of a configuration: the enumerations of `Fields.swift` have one for each kind of object.
package protocol ConfigurationField: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
  var about: FieldDescription { get }
}

extension ConfigurationField {
  fileprivate static var described: [(name: String, about: FieldDescription)] {
    allCases.map { ($0.rawValue, $0.about) }
  }
}

/// What is known of a field besides its name.
package struct FieldDescription: Sendable {
  package let type: FieldType
  /// What stands below it is shown to nobody.
  package let isSecret: Bool
  /// For people, in Markdown.
  package let sentence: String

  init(_ type: FieldType, isSecret: Bool = false, _ sentence: String) {
    self.type = type
    self.isSecret = isSecret
    self.sentence = sentence
  }
}

/// What a field holds.
package enum FieldType: Sendable {
  /// A string, or what was written as a number or boolean, taken as text.
  case text
  case template
  /// Of a header, or of what a value beside it is. Whatever it speaks of, it is no secret itself.
  case name
  case flag
  case number(ClosedRange<Int>)
  /// Of an HTTP response.
  case status(ClosedRange<Int>)
  case choice([String])
  case object(ConfigurationObject)
  /// A template, or an object that has one.
  case templateOr(ConfigurationObject)
  indirect case list(FieldType)
  /// By names that whoever writes the configuration gives.
  indirect case map(FieldType)

  static func choice<Choice: CaseIterable & RawRepresentable<String>>(
    of choices: Choice.Type
  ) -> FieldType {
    .choice(choices.allCases.map(\.rawValue))
  }

  static func object<Field: ConfigurationField>(_ fields: Field.Type, without: [Field] = []) -> FieldType {
    .object(ConfigurationObject(fields, without: without))
  }

  /// The numbers that it takes, and what to call them in an error; nil where it takes none.
  var numbers: (bounds: ClosedRange<Int>, expected: String)? {
    switch self {
    case .number(let bounds):
      (bounds, "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)")
    case .status(let bounds):
      (bounds, "a status from \(bounds.lowerBound) to \(bounds.upperBound), as a number")
    default: nil
    }
  }

  package var object: ConfigurationObject? {
    switch self {
    case .object(let object), .templateOr(let object): object
    default: nil
    }
  }

  /// What stands under a key or at a position.
  fileprivate func below(_ key: String) -> FieldType? {
    switch self {
    case .object(let object), .templateOr(let object):
      object.fields.first { $0.name == key }?.about.type
    case .list(let element): Int(key) == nil ? nil : element
    case .map(let value): value
    case .text, .template, .name, .flag, .number, .status, .choice: nil
    }
  }
}

/// A kind of object in a configuration: which fields it has.
package struct ConfigurationObject: Sendable {
  private let type: any ConfigurationField.Type
  /// Fields of the type that this object does not have.
  let without: [String]

  /// All that may stand at the top.
  package static let configuration = ConfigurationObject(TopField.self)
  /// A file with several transformations.
  static let file = ConfigurationObject(TopField.self, without: [.request, .response])
  /// One of them.
  package static let transformation = ConfigurationObject(
    TopField.self, without: [.transformations, .routes])

  init<Field: ConfigurationField>(_ type: Field.Type, without: [Field] = []) {
    self.type = type
    self.without = without.map(\.rawValue)
  }

  /// In the order of the documentation.
  package var fields: [(name: String, about: FieldDescription)] {
    type.described.filter { !without.contains($0.name) }
  }

  func has(_ type: any ConfigurationField.Type) -> Bool { self.type == type }

  /// What stands at the end of a way through keys and positions, `["transformations", "chat", "request", "set", "0"]`; nil
  /// where no object is known.
  package func object(at path: [String]) -> ConfigurationObject? {
    var type = FieldType.object(self)
    for key in path {
      guard let next = type.below(key) else { return nil }
      type = next
    }
    return type.object
  }
}
