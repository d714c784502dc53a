#if canImport(Glibc)
  import Glibc
#endif

extension Builtins {
  /// Filters on numbers, and to them.
  static let numberFilters: [FilterRow] = [
    (["abs"], 0...0, [], absolute),
    (["round"], 0...1, [], round),
    (["int"], 0...0, [], integer),
    (["float"], 0...0, [], float),
    (["bool"], 0...0, [], { call in .bool(call.input.isTrue) }),
    (["sum"], 0...0, [], sum),
    (["min"], 0...0, [], { (call) throws(Fault) in try extreme(&call) { $0 < 0 } }),
    (["max"], 0...0, [], { (call) throws(Fault) in try extreme(&call) { $0 >= 0 } }),
  ]

  private static func absolute(_ call: inout BuiltinCall) throws(Fault) -> Value {
    switch call.input.number {
    case .integer(let value): return Value(integer: value.magnitude)
    case .beyond(let value): return Value(integer: value.magnitude)
    case .float(let value): return .float(value.magnitude)
    case nil: throw call.wrong("the input", "a number", call.input)
    }
  }

  /// Halves are rounded away from zero. Integers stay as they are.
  private static func round(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let precision = try call.optionalInteger(1) ?? 0
    guard let number = call.input.number else { throw call.wrong("the input", "a number", call.input) }
    // More digits than 32 bits can say are refused, as by minijinja.
    guard Int32(exactly: precision) != nil else {
      throw .arguments("argument 1 of \(call.title) is too large")
    }
    guard case .float(let value) = number else { return call.input }
    let factor = pow(10, Double(precision))
    let rounded = (value * factor).rounded(.toNearestOrAwayFromZero) / factor
    // Beyond the range of a factor there is nothing to round.
    return .float(rounded.isFinite || !value.isFinite ? rounded : value)
  }

  private static func integer(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let input = call.input
    switch input.native {
    case .undefined, .none: return .int(0)
    case .bool(let value): return .int(value ? 1 : 0)
    case .int, .wide: return input
    case .float(let value): return Value(integer: saturated(value))
    case .string(let bytes), .safeString(let bytes):
      let text = String(decoding: bytes, as: UTF8.self)
      if let value = Int128(text) { return Value(integer: value) }
      return Value(integer: saturated(try double(text, call)))
    default: throw call.wrong("the input", "a number or a string", input)
    }
  }

  private static func float(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let input = call.input
    if input.isUndefined || input.isNone { return .float(0) }
    if let number = input.operand { return .float(number.double) }
    guard let bytes = input.stringBytes else { throw call.wrong("the input", "a number or a string", input) }
    return .float(try double(String(decoding: bytes, as: UTF8.self), call))
  }

  private static func double(_ text: String, _ call: BuiltinCall) throws(Fault) -> Double {
    guard text.utf8.allSatisfy(isInNumbers), let value = Double(text) else {
      throw .invalid("\(call.title) cannot read the string as a number")
    }
    return value
  }

  /// Of digits, `+-.`, and the letters of exponents, `inf` and `nan`. Swift reads by way of C, which also knows
  /// hexadecimal digits and `nan(…)`, and sees no more behind a NUL.
  private static func isInNumbers(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
      byte | 0x20 != UInt8(ascii: "x")
    default: false
    }
  }

  private static func saturated(_ value: Double) -> Int128 {
    if value.isNaN { return 0 }
    return Int128(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
  }

  private static func sum(_ call: inout BuiltinCall) throws(Fault) -> Value {
    var sum = Value.int(0)
    let elements = try call.inputElements()
    // The body's numbers are read from their text.
    try call.charge(call.input.stepsOfComparing)
    for element in elements where !element.isUndefined {
      guard element.number != nil else { throw call.wrong("each element", "a number", element) }
      sum = try Arithmetic.add.apply(sum, element, call.limits)
    }
    return sum
  }

  /// Of equal elements the smallest is the first, the largest the last.
  private static func extreme(_ call: inout BuiltinCall, _ replaces: (Int) -> Bool) throws(Fault) -> Value {
    var best: Value?
    let elements = try call.inputElements()
    try call.charge(call.input.stepsOfComparing)
    for element in elements {
      if let current = best, !replaces(element.compared(to: current)) { continue }
      best = element
    }
    return best ?? .undefined
  }
}
