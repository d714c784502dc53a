extension Builtins {
  /// Filters on maps, and those that look into elements.
  static let mapFilters: [FilterRow] = [
    (["items"], 0...0, [], items),
    (["dictsort"], 0...0, ["by", "case_sensitive", "reverse"], dictsort),
    (
      ["attr"], 1...1, [],
      { (call) throws(Fault) in
        try call.charge(call.input.stepsOfCounting)
        return try call.input.item(call.argument(1))
      }
    ),
    (["groupby"], 0...1, ["attribute", "default", "case_sensitive"], groupby),
  ]

  private static func pairs(_ call: BuiltinCall) throws(Fault) -> [MapValue.Entry] {
    guard call.input.kind == .map else { throw call.wrong("the input", "a map", call.input) }
    return call.input.pairs
  }

  private static func pairList(_ pairs: [MapValue.Entry], isSequence: Bool) throws(Fault) -> Value {
    var list: [Value] = []
    list.reserveCapacity(pairs.count)
    for (key, value) in pairs { list.append(try .list([key, value])) }
    return try .list(list, isSequence: isSequence)
  }

  private static func items(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let pairs = try pairs(call)
    try call.charge(pairs.count, times: StepCosts.list)
    return try pairList(pairs, isSequence: false)
  }

  /// Pairs in the order of their keys, or of their values with `by="value"`.
  private static func dictsort(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let pairs = try pairs(call)
    try call.charge(pairs.count, times: StepCosts.list)
    let byValue = try call.keywordString("by") == Array("value".utf8)
    let isCaseSensitive = try call.keywordFlag("case_sensitive") ?? false
    let keyed = pairs.enumerated().map { position, pair in
      (key: byValue ? pair.value : pair.key, value: Value.int(Int64(position)))
    }
    var order = try sorted(keyed, isCaseSensitive: isCaseSensitive, &call).compactMap { $0.value.int }
    if try call.keywordFlag("reverse") == true { order.reverse() }
    return try pairList(order.map { pairs[$0] }, isSequence: true)
  }

  /// `groupby("city", default="none")`: pairs of a value and the list of elements that have it.
  private static func groupby(_ call: inout BuiltinCall) throws(Fault) -> Value {
    guard let attribute = call.optional(1) ?? call.keyword("attribute") else {
      throw .arguments("\(call.title) needs the name of an attribute")
    }
    guard let path = attribute.stringBytes else { throw call.wrong("the attribute", "a string", attribute) }
    let fallback = call.keyword("default") ?? .undefined
    let isCaseSensitive = try call.keywordFlag("case_sensitive") ?? false
    let itemPath = ItemPath(path)
    let input = try call.inputElements()
    try call.charge(input.count, times: 16 + 8 * itemPath.length)
    let keyed = input.map { element in
      let value = (try? element.item(itemPath)) ?? .undefined
      return (key: value.isUndefined ? fallback : value, value: element)
    }
    let elements = try sorted(keyed, isCaseSensitive: isCaseSensitive, &call)
    var groups: [Value] = []
    var start = 0
    for (position, element) in elements.enumerated() {
      let isLast = position + 1 == elements.count
      if !isLast, compare(element.key, elements[position + 1].key, isCaseSensitive: isCaseSensitive) == 0 {
        continue
      }
      let members = try ListValue.make(elements[start...position].map(\.value), isSequence: false)
      groups.append(.list(try ListValue.make([element.key, .list(members)], labels: ["grouper", "list"])))
      start = position + 1
    }
    return try .list(groups)
  }
}
