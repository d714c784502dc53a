/// The methods that Python's strings, lists and maps have and many templates call, `name.upper()`: an extension, as
/// minijinja has them only in Python. They do what Python's do, but never change a value.
enum Methods {
  static let ofStrings = table(strings)
  static let ofLists = table(lists)
  static let ofMaps = table(maps)
  static let names = Set([ofStrings, ofLists, ofMaps].flatMap(\.names))

  /// Nil when values of that kind have no methods.
  static func table(of kind: ValueKind) -> BuiltinTable? {
    switch kind {
    case .string: ofStrings
    case .sequence, .iterator: ofLists
    case .map: ofMaps
    default: nil
    }
  }

  /// What to write for `value.name()`, when values of this kind have no such method: `; write …`.
  static func hint(_ name: String, of kind: ValueKind) -> String {
    if Builtins.filters.position(of: name) != nil { return "; use the filter: `value|\(name)`" }
    return NearestName.suggestion(for: name, among: table(of: kind)?.names ?? [])
  }

  /// The counts are of arguments.
  typealias Row = (
    name: String, arguments: ClosedRange<Int>, keywords: [String]?,
    body: @Sendable (inout BuiltinCall) throws(Fault) -> Value
  )

  private static func table(_ rows: [Row]) -> BuiltinTable {
    BuiltinTable(
      rows.map { row in
        Builtin(
          name: row.name, role: .method, minimum: row.arguments.lowerBound + 1,
          maximum: row.arguments.upperBound + 1,
          keywords: row.keywords, body: row.body)
      })
  }

  // MARK: - Lists and maps

  private static let lists: [Row] = [
    ("count", 1...1, [], { (call) throws(Fault) in .int(Int64(try places(&call).count)) }),
    (
      "index", 1...1, [],
      { (call) throws(Fault) in
        guard let first = try places(&call).first else {
          throw .invalid("\(call.title) does not find the value")
        }
        return .int(Int64(first))
      }
    ),
  ]

  /// Where the argument is among the elements.
  private static func places(_ call: inout BuiltinCall) throws(Fault) -> [Int] {
    let wanted = call.argument(1).hashed
    let elements = try call.inputElements()
    try call.charge(call.input.stepsOfComparing &+ call.argument(1).stepsOfComparing)
    return elements.indices.filter { elements[$0].isEqual(to: wanted) }
  }

  private static let maps: [Row] = [
    (
      "items", 0...0, [],
      { (call) throws(Fault) in try list(&call) { (pair) throws(Fault) in try .list([pair.key, pair.value]) }
      }
    ),
    ("keys", 0...0, [], { (call) throws(Fault) in try list(&call) { $0.key } }),
    ("values", 0...0, [], { (call) throws(Fault) in try list(&call) { $0.value } }),
    ("get", 1...2, ["default"], get),
  ]

  private static func list(
    _ call: inout BuiltinCall, _ element: (MapValue.Entry) throws(Fault) -> Value
  ) throws(Fault) -> Value {
    var elements: [Value] = []
    try call.charge(call.input.length ?? 0, times: StepCosts.list)
    for pair in call.input.pairs { elements.append(try element(pair)) }
    return try .list(elements, isSequence: false)
  }

  /// `get(key)`, `get(key, default)`: none when there is no default.
  private static func get(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let value = try call.input.item(call.argument(1))
    if !value.isUndefined { return value }
    if call.count > 2 { return call.argument(2) }
    return call.hasKeyword("default") ? call.keywordMap?.value(for: Value("default")) ?? .none : .none
  }
}
