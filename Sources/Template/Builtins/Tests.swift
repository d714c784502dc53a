import JSON

extension Builtins {
  private typealias TestRow = (
    names: [String], arguments: Int, body: @Sendable (inout BuiltinCall) throws(Fault) -> Bool
  )

  static let testTable: [Builtin] =
    tests(kindRows, .glanced) + tests(comparisonRows, .compared) + tests(textRows, .printed)

  private static func tests(_ rows: [TestRow], _ reading: Builtin.Reading) -> [Builtin] {
    rows.flatMap { row in
      row.names.map { name in
        Builtin(
          name: name, role: .test, minimum: row.arguments + 1, maximum: row.arguments + 1, keywords: [],
          reading: reading, body: { (call) throws(Fault) in .bool(try row.body(&call)) })
      }
    }
  }

  /// What a value is.
  private static let kindRows: [TestRow] = [
    (["undefined"], 0, { call in call.input.isUndefined }),
    (["defined"], 0, { call in !call.input.isUndefined }),
    (["none"], 0, { call in call.input.isNone }),
    (["boolean"], 0, { call in call.input.kind == .bool }),
    (["true"], 0, { call in call.input.kind == .bool && call.input.isTrue }),
    (["false"], 0, { call in call.input.kind == .bool && !call.input.isTrue }),
    (["number"], 0, { call in call.input.kind == .number }),
    (["string"], 0, { call in call.input.kind == .string }),
    (["sequence"], 0, { call in call.input.kind == .sequence }),
    (["mapping"], 0, { call in call.input.kind == .map }),
    (["iterable"], 0, { call in call.input.isIterable }),
    (["safe", "escaped"], 0, { call in if case .safeString = call.input { true } else { false } }),
  ]

  private static let comparisonRows: [TestRow] = [
    // Numbers.
    (["integer", "int"], 0, { call in call.input.isInteger }),
    (["float"], 0, { call in call.input.isFloat }),
    (["odd"], 0, { call in call.input.integer.map { $0 & 1 == 1 } ?? false }),
    (["even"], 0, { call in call.input.integer.map { $0 & 1 == 0 } ?? false }),
    (["divisibleby"], 1, { call in isDivisible(call.input, by: call.argument(1)) }),
    // Comparisons.
    (["eq", "equalto", "=="], 1, { call in call.input.isEqual(to: call.argument(1)) }),
    (["ne", "!="], 1, { call in !call.input.isEqual(to: call.argument(1)) }),
    (["lt", "lessthan", "<"], 1, { call in call.input.compared(to: call.argument(1)) < 0 }),
    (["le", "<="], 1, { call in call.input.compared(to: call.argument(1)) <= 0 }),
    (["gt", "greaterthan", ">"], 1, { call in call.input.compared(to: call.argument(1)) > 0 }),
    (["ge", ">="], 1, { call in call.input.compared(to: call.argument(1)) >= 0 }),
    (["in"], 1, { call in (try? call.argument(1).contains(call.input)) ?? false }),
    (["sameas"], 1, { call in isSame(call.input, call.argument(1)) }),
  ]

  private static let textRows: [TestRow] = [
    (["startingwith"], 1, { call in call.input.textBytes.starts(with: call.argument(1).textBytes) }),
    (
      ["endingwith"], 1,
      { call in call.input.textBytes.reversed().starts(with: call.argument(1).textBytes.reversed()) }
    ),
    (["lower"], 0, { (call) throws(Fault) in try all(&call) { $0.isLowercase } }),
    (["upper"], 0, { (call) throws(Fault) in try all(&call) { $0.isUppercase } }),
    // The language.
    (["filter"], 0, { (call) throws(Fault) in isName(try call.inputString(), in: filters) }),
    (["test"], 0, { (call) throws(Fault) in isName(try call.inputString(), in: tests) }),
  ]

  private static func isDivisible(_ value: Value, by other: Value) -> Bool {
    switch (value.operand, other.operand) {
    case (.integer(let a), .integer(let b)):
      let (remainder, failed) = a.remainderReportingOverflow(dividingBy: b)
      return !failed && remainder == 0
    case (let a?, let b?): return a.double.truncatingRemainder(dividingBy: b.double) == 0
    default: return false
    }
  }

  /// The same list, map or object; of other values those of the same type that are equal.
  private static func isSame(_ left: Value, _ right: Value) -> Bool {
    switch (left, right) {
    case (.list(let a), .list(let b)): a === b
    case (.map(let a), .map(let b)): a === b
    case (.object(let a), .object(let b)): a === b
    case (.json(let a), .json(let b)) where a.kind == .array || a.kind == .object:
      a.document === b.document && a.index == b.index
    default:
      left.kind == right.kind && left.isInteger == right.isInteger && left.isScalar && left.isEqual(to: right)
    }
  }

  private static func all(
    _ call: inout BuiltinCall, _ holds: (Unicode.Scalar) -> Bool
  ) throws(Fault) -> Bool {
    try call.chargeReading()
    var result = true
    Text.forEachScalar(in: try call.inputString()) { scalar, _ in
      if !(scalar.map(holds) ?? false) { result = false }
    }
    return result
  }

  private static func isName(_ name: [UInt8], in table: BuiltinTable) -> Bool {
    // No name is as long.
    name.count < 64 && table.position(of: String(decoding: name, as: UTF8.self)) != nil
  }
}

extension Value {
  fileprivate var isIterable: Bool {
    switch kind {
    case .undefined, .none, .string, .sequence, .map, .iterator: true
    case .bool, .number, .object: false
    }
  }

  fileprivate var isScalar: Bool {
    switch kind {
    case .undefined, .none, .bool, .number, .string: true
    case .sequence, .map, .iterator, .object: false
    }
  }
}
