#if canImport(Glibc)
  import Glibc
#endif

/// The operators that calculate.
enum Arithmetic: UInt8, Sendable {
  case add, subtract, multiply, divide, floorDivide, remainder, power

  var symbol: String {
    switch self {
    case .add: "+"
    case .subtract: "-"
    case .multiply: "*"
    case .divide: "/"
    case .floorDivide: "//"
    case .remainder: "%"
    case .power: "**"
    }
  }

  /// Integers stay integers, of 128 bits at most, but for `/`, which always gives a float. What does not fit is an
  /// error.
  func apply(_ left: Value, _ right: Value, _ limits: TemplateLimits) throws(Fault) -> Value {
    if case .int(let a) = left, case .int(let b) = right, let value = small(a, b) { return value }
    if self == .add, let sum = try Self.joined(left, right, limits) { return sum }
    if self == .multiply, let product = try Self.repeated(left, right, limits) { return product }
    guard let a = left.operand, let b = right.operand else { throw impossible(left, right) }
    switch (a, b) {
    case (.integer(let x), .integer(let y)) where self != .divide:
      guard let value = integer(x, y) else {
        throw .invalid("cannot calculate \(Self.spelling(left)) \(symbol) \(Self.spelling(right))")
      }
      return Value(integer: value)
    case (.beyond, .integer) where self != .divide, (.integer, .beyond) where self != .divide,
      (.beyond, .beyond) where self != .divide:
      throw .invalid("numbers beyond 128 bits with a sign can only be printed and compared")
    default: return .float(float(a.double, b.double))
    }
  }

  /// `-value`.
  static func negate(_ value: Value) throws(Fault) -> Value {
    switch value.number {
    case .integer(let value):
      let (negated, overflow) = Int128.zero.subtractingReportingOverflow(value)
      if overflow { return .wide(WideInteger(magnitude: value.magnitude)) }
      return Value(integer: negated)
    case .float(let value): return .float(-value)
    // minijinja prints 2^127 for its negative too.
    case .beyond(let value) where value.magnitude == Int128.min.magnitude: return .wide(value)
    case .beyond: throw .invalid("the number has no negative of 128 bits")
    case nil: throw .invalid("cannot negate a value of type \(value.kind.name)")
    }
  }

  /// The common case; nil when it overflows or is not for 64 bits.
  private func small(_ a: Int64, _ b: Int64) -> Value? {
    let (result, overflow): (Int64, Bool)
    switch self {
    case .add: (result, overflow) = a.addingReportingOverflow(b)
    case .subtract: (result, overflow) = a.subtractingReportingOverflow(b)
    case .multiply: (result, overflow) = a.multipliedReportingOverflow(by: b)
    case .divide: return .float(Double(a) / Double(b))
    default: return nil
    }
    return overflow ? nil : .int(result)
  }

  private func integer(_ a: Int128, _ b: Int128) -> Int128? {
    let (result, overflow): (Int128, Bool)
    switch self {
    case .add: (result, overflow) = a.addingReportingOverflow(b)
    case .subtract: (result, overflow) = a.subtractingReportingOverflow(b)
    case .multiply: (result, overflow) = a.multipliedReportingOverflow(by: b)
    case .floorDivide, .remainder:
      // Euclid's division: the remainder is never negative.
      let (quotient, failed) = a.dividedReportingOverflow(by: b)
      if failed { return nil }
      let remainder = a &- quotient &* b
      let isNegative = remainder < 0
      if self == .remainder { return isNegative ? (b < 0 ? remainder &- b : remainder &+ b) : remainder }
      return isNegative ? (b > 0 ? quotient &- 1 : quotient &+ 1) : quotient
    case .power: return Self.power(a, b)
    case .divide: return nil
    }
    return overflow ? nil : result
  }

  private static func power(_ base: Int128, _ exponent: Int128) -> Int128? {
    guard exponent >= 0, exponent <= Int128(UInt32.max) else { return nil }
    var result: Int128 = 1
    var factor = base
    var rest = UInt32(truncatingIfNeeded: exponent)
    while rest > 0 {
      if rest & 1 == 1 {
        let (product, overflow) = result.multipliedReportingOverflow(by: factor)
        if overflow { return nil }
        result = product
      }
      rest >>= 1
      if rest == 0 { break }
      let (square, overflow) = factor.multipliedReportingOverflow(by: factor)
      if overflow { return nil }
      factor = square
    }
    return result
  }

  private func float(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .add: return a + b
    case .subtract: return a - b
    case .multiply: return a * b
    case .divide: return a / b
    case .remainder: return a.truncatingRemainder(dividingBy: b)
    case .power: return pow(a, b)
    case .floorDivide:
      let quotient = (a / b).rounded(.towardZero)
      if a.truncatingRemainder(dividingBy: b) < 0 { return b > 0 ? quotient - 1 : quotient + 1 }
      return quotient
    }
  }

  /// `+` of two strings or two lists.
  private static func joined(
    _ left: Value, _ right: Value, _ limits: TemplateLimits
  ) throws(Fault) -> Value? {
    switch (left.kind, right.kind) {
    case (.string, .string):
      guard var bytes = left.stringBytes, let tail = right.stringBytes else { return nil }
      try limits.checkLength(bytes.count, plus: tail.count)
      bytes.append(contentsOf: tail)
      return .string(bytes)
    case (.sequence, .sequence), (.sequence, .iterator), (.iterator, .sequence), (.iterator, .iterator):
      guard var elements = left.elements, let tail = right.elements else { return nil }
      elements.append(contentsOf: tail)
      return try .list(elements, isSequence: false)
    default: return nil
    }
  }

  /// `*` of a string or a list and a count, on either side.
  private static func repeated(
    _ left: Value, _ right: Value, _ limits: TemplateLimits
  ) throws(Fault) -> Value? {
    let isLeft = left.isRepeatable
    guard isLeft || right.isRepeatable else { return nil }
    let (value, times) = isLeft ? (left, right) : (right, left)
    let what = value.kind == .string ? "strings" : "lists"
    guard let count = times.int, count >= 0 else {
      throw .invalid("\(what) can only be multiplied with a whole number that is not negative")
    }
    if let bytes = value.stringBytes {
      let (total, overflow) = bytes.count.multipliedReportingOverflow(by: count)
      try limits.checkLength(overflow ? .max : total)
      if total == 0 { return .string([]) }
      // Twice as long each time: piece by piece, short strings would take long.
      var result = bytes
      while result.count < total { result += result.prefix(total - result.count) }
      return .string(result)
    }
    guard let elements = value.elements else { return nil }
    let (total, overflow) = elements.count.multipliedReportingOverflow(by: count)
    if overflow || total > TemplateLimits.valueElementsMax {
      throw .limit("a value may have \(TemplateLimits.valueElementsMax) elements at most")
    }
    var result: [Value] = []
    result.reserveCapacity(total)
    if !elements.isEmpty { for _ in 0..<count { result.append(contentsOf: elements) } }
    return try .list(result, isSequence: false)
  }

  private func impossible(_ left: Value, _ right: Value) -> Fault {
    .invalid("cannot use `\(symbol)` on values of the types \(left.kind.name) and \(right.kind.name)")
  }

  private static func spelling(_ value: Value) -> String { String(decoding: value.textBytes, as: UTF8.self) }
}

extension Value {
  fileprivate var isRepeatable: Bool {
    switch kind {
    case .string, .sequence, .iterator: true
    default: false
    }
  }
}
