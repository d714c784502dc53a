package import JSON

/// A value of the template language. Sixteen bytes; copying costs a reference count at most.
///
/// Nothing of the body is copied until it must be: `.json` is a place in the parsed text. Everything but the objects
/// is immutable.
package enum Value {
  case undefined
  case none
  case bool(Bool)
  case int(Int64)
  /// An integer that 64 bits cannot hold.
  case wide(WideInteger)
  case float(Double)
  /// UTF-8 as a rule; bytes that came in (a header, a body) go out as they are.
  case string([UInt8])
  /// A string that is not escaped again where escaping is on.
  case safeString([UInt8])
  /// A value of the parsed body, not copied.
  case json(JSONValue)
  case list(ListValue)
  case map(MapValue)
  /// What is more than data: a loop, a macro, a function, a namespace, a variable of the host.
  case object(ValueObject)

  package init(_ text: String) { self = .string(Array(text.utf8)) }
}

/// What a value is for the language; the names are minijinja's. The order is the order of sorting.
package enum ValueKind: UInt8, Comparable, Sendable {
  case undefined, none, bool, number, string, sequence, map, iterator, object

  package var name: String {
    switch self {
    case .undefined: "undefined"
    case .none: "none"
    case .bool: "bool"
    case .number: "number"
    case .string: "string"
    case .sequence: "sequence"
    case .map: "map"
    case .iterator: "iterator"
    case .object: "object"
    }
  }

  package static func < (left: ValueKind, right: ValueKind) -> Bool { left.rawValue < right.rawValue }
}

extension Value {
  package var kind: ValueKind {
    switch self {
    case .undefined: .undefined
    case .none: .none
    case .bool: .bool
    case .int, .wide, .float: .number
    case .string, .safeString: .string
    case .list(let list): list.isSequence ? .sequence : .iterator
    case .map: .map
    case .object(let object): object.kind
    case .json(let json):
      switch json.kind {
      case .null: .none
      case .true, .false: .bool
      case .number: .number
      case .string: .string
      case .array: .sequence
      case .object: .map
      }
    }
  }

  package var isUndefined: Bool {
    if case .undefined = self { true } else { false }
  }

  var isNone: Bool { kind == .none }

  /// Whether a condition holds: false for undefined, none, false, zero and what is empty.
  package var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .wide: true
    case .float(let value): value != 0
    case .string(let bytes), .safeString(let bytes): !bytes.isEmpty
    case .list(let list): !list.elements.isEmpty
    case .map(let map): !map.isEmpty
    case .object(let object): object.isTrue
    case .json(let json):
      switch json.kind {
      case .null, .false: false
      case .true: true
      case .number: json.double != 0
      // The two quotes are a part of the source.
      case .string: json.source.count > 2
      case .array, .object: json.count > 0
      }
    }
  }

  /// How deeply lists and maps are nested in this; parsed JSON counts as flat, its own limit bounds it.
  var depth: Int {
    switch self {
    case .list(let list): list.depth
    case .map(let map): map.depth
    case .object(let object): object.depth
    default: 0
    }
  }

  /// Whether there are objects in it, which may become larger than they were when it was made.
  var holdsObjects: Bool {
    switch self {
    case .object: true
    case .list(let list): list.holdsObjects
    case .map(let map): map.holdsObjects
    default: false
    }
  }

  /// What it costs to walk over the whole value, in elements.
  var weight: Int {
    switch self {
    case .undefined, .none, .bool, .int, .wide, .float: 1
    case .object(let object): object.weight
    case .string(let bytes), .safeString(let bytes): 1 &+ bytes.count >> 4
    case .list(let list): list.weight
    case .map(let map): map.weight
    case .json(let json): json.weight
    }
  }

  /// The part of the weight that is text: one for every 16 bytes.
  var textWeight: Int {
    switch self {
    case .undefined, .none, .bool, .int, .wide, .float, .object: 0
    case .string(let bytes), .safeString(let bytes): bytes.count >> 4
    case .list(let list): list.textWeight
    case .map(let map): map.textWeight
    case .json(let json): json.textWeight
    }
  }

  /// The same value with JSON's scalars made the language's own; lists and maps stay where they are.
  var native: Value {
    guard case .json(let json) = self else { return self }
    switch json.kind {
    case .null: return .none
    case .true: return .bool(true)
    case .false: return .bool(false)
    case .number: return Value(json.number)
    case .string: return .string(json.text)
    case .array, .object: return self
    }
  }
}

extension JSONValue {
  /// A string's text, decoded.
  var text: [UInt8] {
    string ?? []
  }
}
