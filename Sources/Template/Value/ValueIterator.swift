import JSON

/// Walks over a value: the elements of a list, the keys of a map, the characters of a string; undefined and none are
/// empty.
struct ValueIterator {
  private enum Source {
    case values
    case characters
    case elements
    case keys
  }

  private let source: Source
  private var values: [Value] = []
  private var bytes: [UInt8] = []
  private var children: JSONChildren?
  private var position = 0
  /// How many elements there are in all.
  let count: Int

  /// Nil when the value is not iterable.
  init?(_ value: Value) {
    switch value {
    case .undefined, .none:
      source = .values
      count = 0
    case .list(let list):
      source = .values
      values = list.elements
      count = values.count
    case .map(let map):
      source = .values
      values = map.entries.map(\.key)
      count = values.count
    case .object(let object):
      guard object.kind == .map else { return nil }
      source = .values
      values = object.attributeNames
      count = values.count
    case .string(let bytes), .safeString(let bytes):
      source = .characters
      self.bytes = bytes
      count = bytes.withUnsafeBytes { Text.count($0) }
    case .json(let json):
      switch json.kind {
      case .null:
        source = .values
        count = 0
      case .string:
        source = .characters
        bytes = json.text
        count = bytes.withUnsafeBytes { Text.count($0) }
      case .array, .object:
        source = json.kind == .array ? .elements : .keys
        children = json.children
        count = json.distinctCount
      case .true, .false, .number: return nil
      }
    case .bool, .int, .wide, .float: return nil
    }
  }

  mutating func next() -> Value? {
    switch source {
    case .values:
      guard position < values.count else { return nil }
      defer { position += 1 }
      return values[position]
    case .elements:
      return children?.next().map { .json($0.value) }
    case .keys:
      return children?.next().flatMap { $0.key.map { .json($0) } }
    case .characters:
      guard position < bytes.count else { return nil }
      let (length, _) = Text.scalar(in: bytes, at: position)
      defer { position += length }
      return .string(Array(bytes[position..<position + length]))
    }
  }
}

extension Value {
  /// Every key of a map with its value, in order; nothing on other kinds.
  func forEachPair<Failure: Error>(
    _ body: (_ key: Value, _ value: Value) throws(Failure) -> Void
  ) throws(Failure) {
    switch self {
    case .map(let map):
      for entry in map.entries { try body(entry.key, entry.value) }
    case .object(let object) where object.kind == .map:
      for name in object.attributeNames {
        let value = name.withStringBytes { object.attribute($0) } ?? nil
        try body(name, value ?? .undefined)
      }
    case .json(let json) where json.kind == .object:
      var children = json.children
      while let (key, value) = children.next() {
        if let key { try body(.json(key), .json(value)) }
      }
    default: return
    }
  }

  /// All elements of what is iterable; nil when it is not.
  var elements: [Value]? {
    if case .list(let list) = self { return list.elements }
    guard var iterator = ValueIterator(self) else { return nil }
    var elements: [Value] = []
    elements.reserveCapacity(iterator.count)
    while let element = iterator.next() { elements.append(element) }
    return elements
  }

  /// Characters of a string, elements of a list, members of a map; nil for all else.
  var length: Int? {
    switch self {
    case .string(let bytes), .safeString(let bytes): bytes.withUnsafeBytes { Text.count($0) }
    case .list(let list): list.elements.count
    case .map(let map): map.count
    case .object(let object): object.kind == .map ? object.attributeNames.count : nil
    case .json(let json):
      switch json.kind {
      case .string: withStringBytes { Text.count($0) }
      case .array, .object: json.distinctCount
      default: nil
      }
    default: nil
    }
  }
}
