extension Builtins {
  /// Filters on lists and whatever can be looped over.
  static let sequenceFilters: [FilterRow] = [
    (["length", "count"], 0...0, [], length),
    (["list"], 0...0, [], { (call) throws(Fault) in try .list(call.inputElements()) }),
    (["first"], 0...0, [], first),
    (["last"], 0...0, [], last),
    (["join"], 0...1, [], join),
    (["reverse"], 0...0, [], reverse),
    (["sort"], 0...0, ["attribute", "case_sensitive", "reverse"], sort),
    (["unique"], 0...0, ["attribute", "case_sensitive"], unique),
    (["batch"], 1...2, [], batch),
    (["slice"], 1...2, [], slice),
    (["chain"], 0...many, [], chain),
    (["zip"], 0...many, [], zipped),
    (["default", "d"], 0...2, [], defaultValue),
  ]

  private static func length(_ call: inout BuiltinCall) throws(Fault) -> Value {
    guard let length = call.input.length else {
      throw call.wrong("the input", "a string, a list or a map", call.input)
    }
    return .int(Int64(length))
  }

  private static func first(_ call: inout BuiltinCall) throws(Fault) -> Value {
    switch call.input.kind {
    case .string, .sequence, .iterator, .map:
      var iterator = ValueIterator(call.input)
      return iterator?.next() ?? .undefined
    default: throw call.wrong("the input", "a string, a list or a map", call.input)
    }
  }

  private static func last(_ call: inout BuiltinCall) throws(Fault) -> Value {
    switch call.input.kind {
    case .string, .sequence, .iterator:
      if call.input.kind == .string { try call.charge(call.input.weight, times: 3) }
      return try call.input.item(.int(-1))
    default: throw call.wrong("the input", "a string or a list", call.input)
    }
  }

  private static func join(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let joiner = call.optional(1)?.textBytes ?? []
    try call.chargeCharacters(of: call.input)
    guard var iterator = ValueIterator(call.input) else {
      throw call.wrong("the input", "something to loop over", call.input)
    }
    var result: [UInt8] = []
    var isFirst = true
    while let element = iterator.next() {
      try call.charge(element.stepsOfPrinting &+ joiner.count >> 4)
      if !isFirst { result.append(contentsOf: joiner) }
      isFirst = false
      element.appendText(to: &result)
      try call.limits.checkLength(result.count)
    }
    return .string(result)
  }

  private static func reverse(_ call: inout BuiltinCall) throws(Fault) -> Value {
    switch call.input.kind {
    case .undefined, .none: return call.input
    case .string:
      try call.chargeReading()
      let bytes = try call.inputString()
      var result: [UInt8] = []
      result.reserveCapacity(bytes.count)
      let boundaries = Text.boundaries(bytes)
      for (start, end) in zip(boundaries, boundaries.dropFirst()).reversed() { result += bytes[start..<end] }
      return .string(result)
    case .sequence, .iterator, .map: return try .list(call.inputElements().reversed(), isSequence: false)
    default: throw call.wrong("the input", "a string, a list or a map", call.input)
    }
  }

  // MARK: - Order

  /// Compares strings without regard to the case of ASCII letters unless asked to.
  static func compare(_ left: Value, _ right: Value, isCaseSensitive: Bool) -> Int {
    if !isCaseSensitive,
      let order = left.withStringBytes({ a in right.withStringBytes { compareFolded(a, $0) } }),
      let order
    {
      return order
    }
    return left.compared(to: right)
  }

  private static func compareFolded(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    for (a, b) in zip(left, right) {
      let (a, b) = (folded(a), folded(b))
      if a != b { return a < b ? -1 : 1 }
    }
    return left.count < right.count ? -1 : left.count == right.count ? 0 : 1
  }

  private static func folded(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }

  /// Sorts by keys, equal ones in the order that they had.
  static func sorted(
    _ elements: [(key: Value, value: Value)], isCaseSensitive: Bool, _ call: inout BuiltinCall
  ) throws(Fault) -> [(key: Value, value: Value)] {
    // Numbers and texts of the body are read once. About n log n comparisons; what they cost shows in the keys.
    try call.charge(StepCosts.list &+ elements.reduce(0) { $0 &+ $1.key.stepsOfComparing })
    let elements = elements.map { (key: $0.key.native, value: $0.value) }
    let weight = elements.reduce(0) { $0 &+ $1.key.stepsOfComparing }
    try call.charge(weight, times: 2 * (Int.bitWidth - elements.count.leadingZeroBitCount))
    return elements.sorted { compare($0.key, $1.key, isCaseSensitive: isCaseSensitive) < 0 }
  }

  private static func sort(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let attribute = try call.keywordString("attribute").map { ItemPath($0) }
    let values = try call.inputElements()
    try call.charge(values.count, times: attribute?.length ?? 1)
    let elements = values.map { element in
      (key: attribute.map { (try? element.item($0)) ?? .undefined } ?? element, value: element)
    }
    let isCaseSensitive = try call.keywordFlag("case_sensitive") ?? false
    var result = try sorted(elements, isCaseSensitive: isCaseSensitive, &call).map(\.value)
    if try call.keywordFlag("reverse") == true { result.reverse() }
    return try .list(result)
  }

  private static func unique(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let attribute = try call.keywordString("attribute").map { ItemPath($0) }
    let isCaseSensitive = try call.keywordFlag("case_sensitive") ?? false
    let elements = try call.inputElements()
    try call.charge(elements.count, times: attribute?.length ?? 1)
    // A hash and a place in a set cost as much as some instructions.
    try call.charge(call.input.weight, times: 2 * StepCosts.compared)
    var seen: Set<MapKey> = []
    var result: [Value] = []
    for element in elements {
      var key = attribute.map { (try? element.item($0)) ?? .undefined } ?? element
      if !isCaseSensitive, let bytes = key.stringBytes {
        try call.chargeLetters(of: key)
        key = .string(LetterCase.lower(bytes))
      }
      if seen.insert(MapKey(key)).inserted { result.append(element) }
    }
    return try .list(result)
  }

  // MARK: - Cutting and joining

  /// `batch(3, fill)`: lists of three elements each.
  private static func batch(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let size = try sizeAboveZero(call)
    let elements = try call.inputElements()
    var batches: [Value] = []
    var start = 0
    while start < elements.count {
      let end = start + min(size, elements.count - start)
      var batch = Array(elements[start..<end])
      if let fill = call.optional(2) {
        guard size <= TemplateLimits.valueElementsMax else {
          throw .limit("the batches are too large to be filled")
        }
        batch.append(contentsOf: repeatElement(fill, count: size - batch.count))
      }
      try call.charge(StepCosts.list)
      batches.append(try .list(batch))
      start = end
    }
    return try .list(batches)
  }

  /// `slice(3, fill)`: three lists, as equal in length as can be.
  private static func slice(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let count = try sizeAboveZero(call)
    guard count <= call.limits.rangeElementsMax else {
      throw .limit("`slice` makes \(call.limits.rangeElementsMax) lists at most (limits.rangeElements)")
    }
    let elements = try call.inputElements()
    let (size, longer) = (elements.count / count, elements.count % count)
    var slices: [Value] = []
    var start = 0
    for number in 0..<count {
      let end = start + size + (number < longer ? 1 : 0)
      var slice = Array(elements[start..<end])
      if number >= longer, let fill = call.optional(2) { slice.append(fill) }
      try call.charge(StepCosts.list)
      slices.append(try .list(slice))
      start = end
    }
    return try .list(slices)
  }

  private static func sizeAboveZero(_ call: BuiltinCall) throws(Fault) -> Int {
    let size = try call.size(1)
    if size == 0 { throw .arguments("argument 1 of \(call.title) must not be 0") }
    return size
  }

  /// Maps become one map, lists one list.
  private static func chain(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let values = call.rest(from: 0)
    if values.allSatisfy({ $0.kind == .map }) {
      var builder = MapBuilder()
      for value in values {
        try call.charge(value.stepsOfComparing)
        value.forEachPair { builder.set($0, to: $1) }
      }
      return .map(try builder.finish())
    }
    var elements: [Value] = []
    for value in values {
      guard let more = try call.elements(of: value) else {
        throw call.wrong("each argument", "something to loop over", value)
      }
      elements += more
    }
    return try .list(elements, isSequence: values.allSatisfy { $0.kind == .sequence })
  }

  /// Lists of the first elements, of the second elements, and so on, as long as the shortest has any.
  private static func zipped(_ call: inout BuiltinCall) throws(Fault) -> Value {
    var columns: [[Value]] = []
    for value in call.rest(from: 0) {
      guard let elements = try call.elements(of: value) else {
        throw call.wrong("each argument", "something to loop over", value)
      }
      columns.append(elements)
    }
    let count = columns.map(\.count).min() ?? 0
    try call.charge(count, times: columns.count + StepCosts.list)
    var rows: [Value] = []
    for row in 0..<count { rows.append(try .list(columns.map { $0[row] })) }
    return try .list(rows, isSequence: false)
  }

  /// `default(value)` stands in for undefined; `default(value, true)` for all that is not true.
  private static func defaultValue(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let replacesFalse = try call.optionalFlag(2) ?? false
    if call.input.isUndefined || (replacesFalse && !call.input.isTrue) {
      return call.optional(1) ?? .string([])
    }
    return call.input
  }
}
