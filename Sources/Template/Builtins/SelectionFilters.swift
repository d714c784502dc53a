extension Builtins {
  /// Filters that apply tests and other filters to each element.
  static let selectionFilters: [FilterRow] = [
    (["map"], 0...many, ["attribute", "default"], map),
    (
      ["select"], 0...many, [], { (call) throws(Fault) in try select(&call, keeps: true, byAttribute: false) }
    ),
    (
      ["reject"], 0...many, [],
      { (call) throws(Fault) in try select(&call, keeps: false, byAttribute: false) }
    ),
    (
      ["selectattr"], 1...many, [],
      { (call) throws(Fault) in try select(&call, keeps: true, byAttribute: true) }
    ),
    (
      ["rejectattr"], 1...many, [],
      { (call) throws(Fault) in try select(&call, keeps: false, byAttribute: true) }
    ),
  ]

  /// Where a filter takes the name of a filter or test, by position; so that it can be checked when the template is
  /// compiled.
  static func nameArgument(of filter: String) -> (position: Int, table: BuiltinTable)? {
    switch filter {
    case "map": (1, filters)
    case "select", "reject": (1, tests)
    case "selectattr", "rejectattr": (2, tests)
    default: nil
    }
  }

  static func unknown(_ role: Builtin.Role, _ name: String) -> Fault {
    if role == .filter, let detail = OtherDialects.filter(name) { return .here(.unknownName, detail) }
    let table = role == .filter ? filters : role == .test ? tests : functions
    return .here(
      .unknownName, "unknown \(role) `\(name)`\(NearestName.suggestion(for: name, among: table.names))")
  }

  /// `map("filter", arguments…)`, `map(attribute="name", default=value)`
  private static func map(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let elements = try call.inputElements()
    var result: [Value] = []
    if let attribute = call.keyword("attribute") {
      if call.count > 1 { throw .arguments("\(call.title) takes either `attribute` or the name of a filter") }
      let path = attribute.stringBytes.map { ItemPath($0) }
      try call.charge(elements.count, times: 8 + 8 * (path?.length ?? 1))
      for element in elements { result.append(try value(of: attribute, path, in: element, call)) }
      return try .list(result)
    }
    guard let name = call.optional(1)?.stringBytes else {
      throw .arguments("\(call.title) needs the name of a filter, or `attribute`")
    }
    let filter = try builtin(.filter, String(decoding: name, as: UTF8.self), arguments: call.count - 1)
    let rest = call.rest(from: 2)
    for element in elements { result.append(try call.apply(filter, [element] + rest)) }
    return try .list(result)
  }

  private static func value(
    of attribute: Value, _ path: ItemPath?, in element: Value, _ call: BuiltinCall
  ) throws(Fault) -> Value {
    let fallback = call.hasKeyword("default") ? call.keywordMap?.value(for: Value("default")) : nil
    let value: Value
    do throws(Fault) {
      if let path {
        value = try element.item(path)
      } else {
        value = try element.item(attribute)
      }
    } catch {
      if let fallback, !fallback.isUndefined { return fallback }
      throw error
    }
    return value.isUndefined ? fallback ?? .undefined : value
  }

  /// The elements that pass the test, or for which it fails; without a test those that are true, or not.
  private static func select(
    _ call: inout BuiltinCall, keeps: Bool, byAttribute: Bool
  ) throws(Fault) -> Value {
    let attribute = byAttribute ? ItemPath(call.argument(1).textBytes) : nil
    let position = byAttribute ? 2 : 1
    var test: Builtin?
    if let name = call.optional(position)?.textBytes {
      test = try builtin(.test, String(decoding: name, as: UTF8.self), arguments: call.count - position)
    }
    let rest = call.rest(from: position + 1)
    var result: [Value] = []
    let elements = try call.inputElements()
    try call.charge(elements.count, times: 2 + 8 * (attribute?.length ?? 0))
    if test == nil { try call.charge(call.input.stepsOfComparing) }
    for element in elements {
      var subject = element
      if let attribute { subject = try element.item(attribute) }
      if let test { subject = try call.apply(test, [subject] + rest) }
      if subject.isTrue == keeps { result.append(element) }
    }
    return try .list(result)
  }

  private static func builtin(_ role: Builtin.Role, _ name: String, arguments: Int) throws(Fault) -> Builtin {
    let table = role == .filter ? filters : tests
    guard let position = table.position(of: name) else { throw unknown(role, name) }
    let builtin = table.entries[position]
    try builtin.check(count: arguments, keywords: nil)
    return builtin
  }
}
