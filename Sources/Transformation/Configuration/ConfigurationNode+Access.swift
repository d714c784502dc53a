extension ConfigurationNode {
  /// The last member of that name, nil where this is no object: repeated ones are errors elsewhere.
  package subscript(name: String) -> ConfigurationNode? {
    guard case .mapping(let members, _) = self else { return nil }
    return members.last { $0.key.value == name }?.value
  }

  /// A string's value.
  package var text: String? {
    guard case .string(let string) = self else { return nil }
    return string.value
  }

  /// A list's elements; none where this is no list.
  package var elements: [ConfigurationNode] {
    guard case .sequence(let elements, _) = self else { return [] }
    return elements
  }

  package var isSequence: Bool {
    guard case .sequence = self else { return false }
    return true
  }
}
