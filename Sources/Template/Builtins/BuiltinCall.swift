/// One call of a built-in: what it is given, and how it reads it.
struct BuiltinCall {
  private let builtin: Builtin
  private let arguments: Arguments
  private let keywords: MapValue?
  let escaping: Escaping
  let limits: TemplateLimits
  /// What is left of the rendering's budget.
  private(set) var stepsLeft: Int

  init(
    _ builtin: Builtin, _ arguments: Arguments, keywords: MapValue?, escaping: Escaping,
    limits: TemplateLimits, stepsLeft: Int
  ) {
    self.builtin = builtin
    self.arguments = arguments
    self.keywords = keywords
    self.escaping = escaping
    self.limits = limits
    self.stepsLeft = stepsLeft
  }

  // MARK: - The budget

  /// Counts work before it is done: work that neither the arguments nor the result show.
  mutating func charge(_ steps: Int) throws(Fault) {
    stepsLeft &-= max(0, steps)
    if stepsLeft < 0 { throw .tooManySteps(limits) }
  }

  /// Counts so much work for each of many things.
  mutating func charge(_ count: Int, times steps: Int) throws(Fault) {
    let (total, overflow) = count.multipliedReportingOverflow(by: steps)
    try charge(overflow ? .max : total)
  }

  /// A call may read all that it is given.
  mutating func chargeArguments() throws(Fault) {
    for position in 0..<count { try charge(builtin.reading.steps(argument(position))) }
    if let keywords { try charge(keywords.weight) }
  }

  /// Applies another built-in, at the cost of this call.
  mutating func apply(_ builtin: Builtin, _ arguments: [Value]) throws(Fault) -> Value {
    var inner = BuiltinCall(
      builtin, Arguments(arguments), keywords: nil, escaping: escaping, limits: limits, stepsLeft: stepsLeft)
    try inner.chargeArguments()
    let result = try builtin.body(&inner)
    stepsLeft = inner.stepsLeft
    // Before the next one: many large results would fill the memory.
    try charge(result.weight &+ StepCosts.application)
    return result
  }

  // MARK: - Arguments

  /// What a filter or test is applied to.
  var input: Value { arguments[0] ?? .undefined }

  /// Arguments, the input included.
  var count: Int { arguments.count }

  /// The argument at that place; behind the input of a filter they start with 1.
  func argument(_ position: Int) -> Value { arguments[position] ?? .undefined }

  /// Nil when it is missing, undefined or none.
  func optional(_ position: Int) -> Value? { Self.given(arguments[position]) }

  func rest(from position: Int) -> [Value] { Array(arguments.values.dropFirst(position)) }

  /// Nil when it is missing, undefined or none.
  func keyword(_ name: String) -> Value? { Self.given(keywords?.value(for: Value(name))) }

  func hasKeyword(_ name: String) -> Bool { keywords?.value(for: Value(name)) != nil }

  var keywordMap: MapValue? { keywords }

  private static func given(_ value: Value?) -> Value? {
    guard let value, !value.isUndefined, !value.isNone else { return nil }
    return value
  }

  // MARK: - As types

  func integer(_ position: Int) throws(Fault) -> Int {
    let value = argument(position)
    guard let integer = value.int else {
      throw .arguments(
        "argument \(shown(position)) of \(title) must be a whole number, not \(value.kindOfNumber)")
    }
    return integer
  }

  func optionalInteger(_ position: Int) throws(Fault) -> Int? {
    optional(position) == nil ? nil : try integer(position)
  }

  /// A count of something: not negative.
  func size(_ position: Int) throws(Fault) -> Int {
    let size = try integer(position)
    if size < 0 { throw .arguments("argument \(shown(position)) of \(title) must not be negative") }
    return size
  }

  func optionalFlag(_ position: Int) throws(Fault) -> Bool? {
    guard let value = optional(position) else { return nil }
    return try flag(value, "argument \(shown(position))")
  }

  func keywordFlag(_ name: String) throws(Fault) -> Bool? {
    guard let value = keyword(name) else { return nil }
    return try flag(value, "the argument `\(name)`")
  }

  func keywordString(_ name: String) throws(Fault) -> [UInt8]? {
    guard let value = keyword(name) else { return nil }
    guard let bytes = value.stringBytes else { throw wrong("the argument `\(name)`", "a string", value) }
    return bytes
  }

  /// The input, which must be a string.
  func inputString() throws(Fault) -> [UInt8] {
    guard let bytes = input.stringBytes else { throw wrong("the input", "a string", input) }
    return bytes
  }

  /// The input's elements.
  mutating func inputElements() throws(Fault) -> [Value] {
    guard let elements = try elements(of: input) else {
      throw wrong("the input", "something to loop over", input)
    }
    return elements
  }

  /// What can be looped over as an array; nil for all else.
  mutating func elements(of value: Value) throws(Fault) -> [Value]? {
    try chargeCharacters(of: value)
    return value.elements
  }

  /// Counts what it costs to look at each character of the input, when that is more than copying it.
  mutating func chargeReading() throws(Fault) {
    guard input.kind == .string else { return try charge(input.weight, times: StepCosts.printed) }
    try charge(input.weight, times: input.isASCII ? StepCosts.characters : StepCosts.otherCharacters)
  }

  /// Counts what it costs to change the input's letters.
  mutating func chargeLetters(of value: Value) throws(Fault) {
    try charge(value.weight, times: value.isASCII ? StepCosts.letters : StepCosts.otherLetters)
  }

  /// Counts what was cut off a text character by character.
  mutating func chargeTrimmed(_ count: Int) throws(Fault) { try charge(count, times: 4) }

  /// Counts what it costs to take a string apart: each character becomes a string.
  mutating func chargeCharacters(of value: Value) throws(Fault) {
    if value.kind == .string { try charge(value.weight, times: 48) }
  }

  private func flag(_ value: Value, _ what: String) throws(Fault) -> Bool {
    guard case .bool(let flag) = value.native else { throw wrong(what, "true or false", value) }
    return flag
  }

  // MARK: - Errors

  func wrong(_ what: String, _ expected: String, _ value: Value) -> Fault {
    .arguments("\(what) of \(title) must be \(expected), not \(value.kind.name)")
  }

  var title: String { "the \(builtin.role) `\(builtin.name)`" }

  private func shown(_ position: Int) -> Int { builtin.role == .function ? position + 1 : position }
}
