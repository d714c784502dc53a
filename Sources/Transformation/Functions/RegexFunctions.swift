internal import Synchronization
internal import Template

/// `regex_match(s, re)`: whether the pattern matches somewhere in the text. `regex_replace(s, re, by)`: every match
/// replaced; in `by`, `$1` and `${name}` are groups, `$0` the match, `$$` a dollar sign. `regex_capture(s, re, group)`:
/// the text of a group of the first match, by number or name, or "".
enum RegexFunctions {
  static let all: [Function] = [
    Function("regex_match", parameters: ["s", "re"], check: check) { call throws(TemplateError) in
      let expression = try expression(&call)
      let isMatch = try search(&call, expression, groups: 0) {
        text, machine throws(RegexMachine.TooMuchWork) in
        try machine.match(in: text, from: 0)
      }
      return .bool(isMatch)
    },
    .text("regex_capture", parameters: ["s", "re", "group"], check: checkGroup) {
      call, output throws(TemplateError) in
      let expression = try expression(&call)
      let group = try call.bytes(2)
      guard let number = expression.group(group) else { throw call.error(.badArguments, noGroup(group)) }
      output += try search(&call, expression, groups: number + 1) {
        text, machine throws(RegexMachine.TooMuchWork) in
        guard try machine.match(in: text, from: 0), machine.found[number * 2] >= 0 else { return [] }
        return Array(text[machine.found[number * 2]..<machine.found[number * 2 + 1]])
      }
    },
    .text("regex_replace", parameters: ["s", "re", "by"], check: checkReplacement) {
      call, output throws(TemplateError) in
      let expression = try expression(&call)
      let by = try call.bytes(2)
      try call.charge(32 + by.count)
      let replacement: RegexReplacement
      do throws(RegexReplacement.NoGroup) {
        replacement = try RegexReplacement(by, of: expression)
      } catch {
        throw call.error(.badArguments, noGroup(error.name))
      }
      let bytesMax = call.limits.stringBytesMax
      let result = try search(&call, expression, groups: replacement.groups) {
        text, machine throws(RegexMachine.TooMuchWork) in
        try replacement.replacing(text, bytesMax: bytesMax, &machine)
      }
      guard let result else { throw call.stringTooLong }
      output += result
    },
  ]

  // MARK: - Patterns

  private struct Compiled {
    var expressions: [[UInt8]: RegularExpression] = [:]
    var work = 0
  }

  private static let compiled = Mutex(Compiled())

  /// Compiled once, and kept: literal patterns are there since the configuration was loaded.
  static func expression(_ pattern: [UInt8]) throws(RegexError) -> RegularExpression {
    var work = 0
    return try expression(pattern, &work)
  }

  /// Adds to `work` what compiling it took, should it not be known.
  private static func expression(_ pattern: [UInt8], _ work: inout Int) throws(RegexError)
    -> RegularExpression
  {
    if let known = compiled.withLock({ $0.expressions[pattern] }) { return known }
    let expression = try RegularExpression(pattern)
    work += expression.program.work
    compiled.withLock { compiled in
      guard compiled.expressions[pattern] == nil else { return }
      compiled.work += expression.program.work
      // Patterns that a template computes could be without end.
      while compiled.expressions.count >= RegexLimits.patternsKept || compiled.work > RegexLimits.workKept,
        let any = compiled.expressions.first
      {
        compiled.expressions[any.key] = nil
        compiled.work -= any.value.program.work
      }
      compiled.expressions[pattern] = expression
    }
    return expression
  }

  private static func expression(_ call: inout Function.Call) throws(TemplateError) -> RegularExpression {
    let pattern = try call.bytes(1)
    try call.charge(pattern.count)
    var work = 0
    let expression: RegularExpression
    do throws(RegexError) {
      expression = try Self.expression(pattern, &work)
    } catch {
      throw call.error(.badArguments, detail(error))
    }
    try call.charge(work &* RegexLimits.stepsPerInstruction)
    return expression
  }

  private static func search<Result>(
    _ call: inout Function.Call, _ expression: RegularExpression, groups: Int,
    _ body: (UnsafeRawBufferPointer, inout RegexMachine) throws(RegexMachine.TooMuchWork) -> Result
  ) throws(TemplateError) -> Result {
    try call.charge(RegexLimits.stepsPerSearch)
    let statesMax = max(0, call.stepsLeft) / RegexLimits.stepsPerState
    var machine = RegexMachine(expression.program, groups: groups, statesMax: statesMax)
    let result = try call.withText(0) { (text) throws(TemplateError) -> Result? in
      do throws(RegexMachine.TooMuchWork) { return try body(text, &machine) } catch { return nil }
    }
    guard let result else {
      throw call.tooManySteps
    }
    try call.charge((statesMax &- machine.statesLeft) &* RegexLimits.stepsPerState &+ 1)
    return result
  }

  // MARK: - Checks when the template is compiled

  private static func constant(_ position: Int, _ constants: [Value?]) -> [UInt8]? {
    guard position < constants.count, let value = constants[position] else { return nil }
    return Function.text(of: value)
  }

  @Sendable private static func check(_ constants: [Value?]) -> String? {
    guard let pattern = constant(1, constants) else { return nil }
    do throws(RegexError) { _ = try expression(pattern) } catch { return detail(error) }
    return nil
  }

  @Sendable private static func checkGroup(_ constants: [Value?]) -> String? {
    if let problem = check(constants) { return problem }
    guard let pattern = constant(1, constants), let group = constant(2, constants),
      let expression = try? expression(pattern)
    else { return nil }
    return expression.group(group) == nil ? noGroup(group) : nil
  }

  @Sendable private static func checkReplacement(_ constants: [Value?]) -> String? {
    if let problem = check(constants) { return problem }
    guard let pattern = constant(1, constants), let by = constant(2, constants),
      let expression = try? expression(pattern)
    else { return nil }
    do throws(RegexReplacement.NoGroup) { _ = try RegexReplacement(by, of: expression) } catch {
      return noGroup(error.name)
    }
    return nil
  }

  private static func detail(_ error: RegexError) -> String {
    "the regular expression is wrong at offset \(error.offset): \(error.detail)"
  }

  private static func noGroup(_ name: [UInt8]) -> String {
    "the regular expression has no group `\(String(decoding: name.prefix(64), as: UTF8.self))`"
  }
}
