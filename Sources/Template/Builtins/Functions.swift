extension Builtins {
  static let functionTable: [Builtin] = [
    Builtin(name: "range", role: .function, minimum: 1, maximum: 3, keywords: [], body: range),
    Builtin(name: "dict", role: .function, minimum: 0, maximum: 1, keywords: nil, body: dict),
    Builtin(name: "namespace", role: .function, minimum: 0, maximum: 1, keywords: nil, body: namespace),
    Builtin(name: "debug", role: .function, minimum: 0, maximum: many, keywords: [], body: debug),
  ]

  /// `range(stop)`, `range(start, stop)`, `range(start, stop, step)`
  private static func range(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let first = try call.integer(0)
    let stop = try call.optionalInteger(1)
    let step = try call.optionalInteger(2) ?? 1
    let (from, to) = stop.map { (first, $0) } ?? (0, first)
    if step == 0 { throw .arguments("the step of `range` must not be 0") }
    let max = call.limits.rangeElementsMax
    var elements: [Value] = []
    var next = from
    while step > 0 ? next < to : next > to {
      if elements.count == max { throw .limit("`range` has \(max) elements at most (limits.rangeElements)") }
      elements.append(.int(Int64(next)))
      let (following, overflow) = next.addingReportingOverflow(step)
      if overflow { break }
      next = following
    }
    return try .list(elements, isSequence: false)
  }

  /// `dict(map, name=value)`: a copy with more in it.
  private static func dict(_ call: inout BuiltinCall) throws(Fault) -> Value {
    .map(try entries(&call).finish())
  }

  /// A value whose attributes `set` can change, in loops too.
  private static func namespace(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let namespace = Namespace()
    let entries = try entries(&call).entries
    // Each is looked for, and put in once more.
    try call.charge(entries.count, times: 2 * StepCosts.entry)
    for entry in entries {
      if entry.key.kind == .string { try namespace.set(entry.key, to: entry.value) }
    }
    return .object(namespace)
  }

  private static func entries(_ call: inout BuiltinCall) throws(Fault) -> MapBuilder {
    var builder = MapBuilder()
    try call.charge(call.optional(0)?.length ?? 0, times: StepCosts.entry)
    try call.charge(call.keywordMap?.entries.count ?? 0, times: StepCosts.entry)
    if let source = call.optional(0) {
      guard source.kind == .map else { throw call.wrong("argument 1", "a map", source) }
      source.forEachPair { builder.set($0, to: $1) }
    }
    for entry in call.keywordMap?.entries ?? [] { builder.set(entry.key, to: entry.value) }
    return builder
  }

  /// The arguments as a programmer would write them.
  private static func debug(_ call: inout BuiltinCall) throws(Fault) -> Value {
    try call.chargeReading()
    let result = printed(call.count == 1 ? call.argument(0) : try .list(call.rest(from: 0)))
    try call.charge(result.count >> 1)
    return .string(result)
  }
}
