import JSON

/// A number as calculations see it.
enum Number {
  case integer(Int128)
  /// Beyond 128 bits with a sign; see `WideInteger.int128`.
  case beyond(WideInteger)
  case float(Double)

  var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .beyond(let value): value.double
    case .float(let value): value
    }
  }
}

extension Value {
  init(_ number: Number) {
    switch number {
    case .integer(let value): self = Value(integer: value)
    case .beyond(let value): self = .wide(value)
    case .float(let value): self = .float(value)
    }
  }

  init(integer value: Int128) {
    if let small = Int64(exactly: value) {
      self = .int(small)
    } else {
      self = .wide(WideInteger(magnitude: value.magnitude, isNegative: value < 0))
    }
  }

  init(integer value: UInt128) {
    if let small = Int64(exactly: value) {
      self = .int(small)
    } else {
      self = .wide(WideInteger(magnitude: value))
    }
  }

  /// A number, and nil for all else.
  var number: Number? {
    switch self {
    case .int(let value): .integer(Int128(value))
    case .wide(let value): value.int128.map { .integer($0) } ?? .beyond(value)
    case .float(let value): .float(value)
    case .json(let json): json.kind == .number ? json.number : nil
    default: nil
    }
  }

  /// A number, where true counts as one and false as zero: what operators take.
  var operand: Number? {
    switch self {
    case .bool(let value): .integer(value ? 1 : 0)
    case .json(let json) where json.kind == .true: .integer(1)
    case .json(let json) where json.kind == .false: .integer(0)
    default: number
    }
  }

  /// A whole number that fits, booleans and floats without a fraction included: what indexes and counts take.
  var integer: Int128? {
    switch operand {
    case .integer(let value): value
    case .float(let value): Int64(exactly: value).map { Int128($0) }
    case .beyond, nil: nil
    }
  }

  /// The same as a machine integer.
  var int: Int? {
    if case .int(let value) = self { return Int(value) }
    return integer.flatMap { Int(exactly: $0) }
  }

  /// What it is where a whole number of 64 bits is wanted, for messages.
  var kindOfNumber: String {
    switch number {
    case nil: kind.name
    case .float(let value) where value.isFinite && value != value.rounded(): "a fraction"
    case .float(let value) where !value.isFinite: "\(value)"
    default: "one of more than 64 bits"
    }
  }

  /// Whether it is a number without a fraction by its type, not by its value: `42.0` is none.
  var isInteger: Bool {
    switch self {
    case .int, .wide: true
    case .json(let json) where json.kind == .number:
      if case .float = json.number { false } else { true }
    default: false
    }
  }

  var isFloat: Bool {
    switch self {
    case .float: true
    case .json(let json) where json.kind == .number: !isInteger
    default: false
    }
  }
}

extension JSONValue {
  /// The number that the spelling stands for. What is written without fraction and exponent is an integer if 128
  /// bits hold it.
  var number: Number {
    guard isInteger else { return .float(double ?? 0) }
    if let value = int128 {
      // An integer has no negative zero.
      return value == 0 && source.first == UInt8(ascii: "-") ? .float(-0.0) : .integer(value)
    }
    let digits = source.drop { $0 == UInt8(ascii: "-") }
    guard let magnitude = UInt128(String(decoding: digits, as: UTF8.self)) else { return .float(double ?? 0) }
    let wide = WideInteger(magnitude: magnitude, isNegative: digits.count < source.count)
    return wide.int128.map { .integer($0) } ?? .beyond(wide)
  }
}
