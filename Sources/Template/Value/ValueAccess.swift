import JSON

extension Value {
  /// Calls `body` with a string's bytes, borrowed; nil when the value is no string.
  func withStringBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    switch self {
    case .string(let bytes), .safeString(let bytes):
      return try bytes.withBytes(body)
    case .json(let json):
      guard let text = json.rawString else { return nil }
      return try json.hasEscapes ? json.text.withBytes(body) : body(text)
    default: return nil
    }
  }

  /// A string's bytes; nil when the value is no string.
  var stringBytes: [UInt8]? {
    switch self {
    case .string(let bytes), .safeString(let bytes): bytes
    case .json(let json) where json.kind == .string: json.text
    default: nil
    }
  }

  func isString(_ text: UnsafeRawBufferPointer) -> Bool {
    if case .json(let json) = self { return json.isString(text) }
    return withStringBytes { Text.areEqual($0, text) } ?? false
  }

  /// `value.name`. Undefined when there is no such attribute, an error when the value itself is undefined.
  func attribute(_ name: UnsafeRawBufferPointer) throws(Fault) -> Value {
    switch self {
    case .json(let json): return json.member(name).map { .json($0) } ?? .undefined
    case .map(let map): return map.value(for: name) ?? .undefined
    case .object(let object): return object.attribute(name) ?? .undefined
    case .list(let list): return list.element(named: name) ?? .undefined
    case .undefined:
      let name = String(decoding: name, as: UTF8.self)
      throw .here(.undefined, "cannot read `\(name)` of an undefined value")
    default: return .undefined
    }
  }

  /// `value[key]`: a key of a map, a position in a list or string, negative ones from the end.
  func item(_ key: Value) throws(Fault) -> Value {
    switch self {
    case .undefined: throw .here(.undefined, "cannot take an item of an undefined value")
    case .map(let map): return map.value(for: key) ?? .undefined
    case .object(let object): return key.withStringBytes { object.attribute($0) ?? .undefined } ?? .undefined
    case .list(let list):
      guard let position = key.position(in: list.elements.count) else {
        return key.withStringBytes { list.element(named: $0) ?? .undefined } ?? .undefined
      }
      return list.elements[position]
    case .string(let bytes), .safeString(let bytes): return Self.character(of: bytes, at: key)
    case .json(let json):
      switch json.kind {
      case .object:
        return key.withStringBytes { json.member($0).map { .json($0) } ?? .undefined } ?? .undefined
      case .array:
        return key.position(in: json.count).flatMap { json.element(at: $0) }.map { .json($0) } ?? .undefined
      case .string: return Self.character(of: json.text, at: key)
      default: return .undefined
      }
    default: return .undefined
    }
  }

  /// `value.0`: as `value[0]`; a map without the number as a key is asked for its digits.
  func item(number: Int64) throws(Fault) -> Value {
    let value = try item(.int(number))
    if value.isUndefined, kind == .map { return try item(Value(String(number))) }
    return value
  }

  func item(_ path: ItemPath) throws(Fault) -> Value {
    var value = self
    for part in path.parts {
      if let position = part.position {
        value = try value.item(number: position)
      } else {
        value = try part.name.withBytes { (name) throws(Fault) in try value.attribute(name) }
      }
    }
    return value
  }

  /// The position that a key means in something of that length; nil when it is outside or no whole number.
  private func position(in count: Int) -> Int? {
    guard let index = int else { return nil }
    let position = index < 0 ? index &+ count : index
    return position >= 0 && position < count ? position : nil
  }

  private static func character(of bytes: [UInt8], at key: Value) -> Value {
    // Characters are counted only for a number.
    guard key.int != nil else { return .undefined }
    if Text.isASCII(bytes) {
      return key.position(in: bytes.count).map { .string([bytes[$0]]) } ?? .undefined
    }
    let boundaries = Text.boundaries(bytes)
    guard let position = key.position(in: boundaries.count - 1) else { return .undefined }
    return .string(Array(bytes[boundaries[position]..<boundaries[position + 1]]))
  }

  /// `value in self`.
  func contains(_ value: Value) throws(Fault) -> Bool {
    switch kind {
    case .undefined: return false
    case .string:
      return withStringBytes { text in
        value.withStringBytes { ByteSearch.contains($0, in: text) }
          ?? value.textBytes.withBytes { ByteSearch.contains($0, in: text) }
      } ?? false
    case .sequence, .iterator:
      guard var iterator = ValueIterator(self) else { return false }
      let value = value.hashed
      while let element = iterator.next() {
        if element.isEqual(to: value) { return true }
      }
      return false
    case .map:
      switch self {
      case .map(let map): return map.value(for: value) != nil
      case .object(let object): return value.withStringBytes { object.attribute($0) != nil } ?? false
      case .json(let json): return value.withStringBytes { json.member($0) != nil } ?? false
      default: return false
      }
    case .object: return false
    case .none, .bool, .number:
      throw .invalid("cannot look for something in a value of type \(kind.name)")
    }
  }
}

/// `a.b.0`: names and positions with dots between them, as the argument of `map`, `sort` and others.
struct ItemPath {
  fileprivate let parts: [(name: [UInt8], position: Int64?)]

  init(_ text: [UInt8]) {
    parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { part in
      let isNumber = !part.isEmpty && part.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
      return (Array(part), isNumber ? Int64(String(decoding: part, as: UTF8.self)) : nil)
    }
  }

  var length: Int { parts.count }
}

extension Array where Element == UInt8 {
  /// `withUnsafeBytes` that keeps the type of what is thrown.
  func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withUnsafeBufferPointer { (buffer) throws(Failure) in try body(UnsafeRawBufferPointer(buffer)) }
  }
}
