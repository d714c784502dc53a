/// The filter `format`: `"%s has %d"|format(name, count)`, as Python's `%` has it, `"%(name)s"|format(name="x")` too.
enum FormatString {
  static func format(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let text = try call.inputString()
    try call.charge(text.count >> 2)
    var result: [UInt8] = []
    var next = 1
    try forEachDirective(of: text) { (literal, directive) throws(Fault) in
      result.append(contentsOf: literal)
      guard let directive else { return }
      try call.charge(StepCosts.printedNumber)
      try append(directive, &call, &next, to: &result)
      try call.limits.checkLength(result.count)
    }
    if next < call.count { throw tooMany }
    return .string(result)
  }

  /// Refuses a text that no call with so many arguments, and those names, can fill in.
  static func check(_ text: [UInt8], count: Int, names: [String]) throws(Fault) {
    var needed = 0
    try forEachDirective(of: text) { (_, directive) throws(Fault) in
      guard let directive else { return }
      needed += directive.argumentCount
      if let name = directive.name, !names.contains(where: { $0.utf8.elementsEqual(name) }) {
        throw missing(name)
      }
    }
    if needed > count { throw tooFew }
    if needed < count { throw tooMany }
  }

  /// Calls `body` with each directive and the text before it, and with the text behind the last.
  private static func forEachDirective(
    of text: [UInt8], _ body: (ArraySlice<UInt8>, FormatDirective?) throws(Fault) -> Void
  ) throws(Fault) {
    var rest = text[...]
    while let percent = rest.firstIndex(of: FormatDirective.percent) {
      let literal = rest[..<percent]
      rest = rest[(percent + 1)...]
      try body(literal, FormatDirective(&rest))
    }
    try body(rest, nil)
  }

  private static func append(
    _ directive: FormatDirective, _ call: inout BuiltinCall, _ next: inout Int, to result: inout [UInt8]
  ) throws(Fault) {
    var directive = directive
    var width = try size(directive.width, call, &next) ?? 0
    if width < 0 { (directive.isLeft, width) = (true, -width) }
    let precision = try size(directive.precision, call, &next).map { max(0, $0) }
    try call.charge((width &+ (precision ?? 0)) >> 2)
    if directive.letter == FormatDirective.percent {
      result.append(directive.letter)
      return
    }
    let value: Value
    if let name = directive.name {
      guard let named = call.keywordMap?.value(for: .string(name)) else { throw missing(name) }
      // Arguments by place were counted once, and these may come many times.
      try call.charge(named.stepsOfPrinting)
      value = named
    } else {
      value = try argument(call, &next)
    }
    let formatted = try FormattedValue(directive, precision: precision, value)
    formatted.append(to: &result, directive, width: width)
  }

  private static func size(
    _ size: FormatDirective.Size?, _ call: BuiltinCall, _ next: inout Int
  ) throws(Fault) -> Int? {
    switch size {
    case nil: return nil
    case .fixed(let size): return size
    case .argument:
      let value = try argument(call, &next)
      guard let size = value.int else {
        throw .arguments("`format` needs a whole number for `*`, not \(value.kind.name)")
      }
      _ = try FormatDirective.checked(Int(clamping: size.magnitude))
      return size
    }
  }

  private static func argument(_ call: BuiltinCall, _ next: inout Int) throws(Fault) -> Value {
    guard next < call.count else { throw tooFew }
    defer { next += 1 }
    return call.argument(next)
  }

  private static var tooFew: Fault {
    .arguments("the filter `format` has fewer arguments than the text needs")
  }
  private static var tooMany: Fault {
    .arguments("the filter `format` has more arguments than the text needs")
  }

  private static func missing(_ name: [UInt8]) -> Fault {
    .arguments("the filter `format` has no argument `\(String(decoding: name, as: UTF8.self))`")
  }
}
