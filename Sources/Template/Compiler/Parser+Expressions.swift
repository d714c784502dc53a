/// Expressions. From loose to tight: `if else`, `or`, `and`, `not`, comparisons and `in`, `+ -`, `~`, `* / // %`, `**`,
/// filters and tests, minus, attributes and calls.
extension Parser {
  mutating func parseExpression() throws(TemplateError) -> Expression {
    try nested { (parser) throws(TemplateError) in try parser.parseConditional() }
  }

  /// An expression that a following `if` is no part of.
  mutating func parseUnconditional() throws(TemplateError) -> Expression {
    try nested { (parser) throws(TemplateError) in try parser.parseBinary(.or) }
  }

  /// Makes a node over its parts.
  func make(_ node: Expression.Node, _ span: Span, _ parts: [Expression]) throws(TemplateError) -> Expression
  {
    let depth = 1 + (parts.map(\.depth).max() ?? 0)
    if depth > limits.chainLengthMax {
      throw source.error(.limit, "the expression has more than \(limits.chainLengthMax) levels", at: span)
    }
    return Expression(node: node, span: span, depth: depth)
  }

  /// `a if b else c`
  private mutating func parseConditional() throws(TemplateError) -> Expression {
    var expression = try parseBinary(.or)
    while take(word: "if") {
      let condition = try parseBinary(.or)
      let otherwise = take(word: "else") ? try parseExpression() : nil
      expression = try make(
        .conditional(condition: condition, then: expression, otherwise: otherwise),
        expression.span.through(lastSpan), [expression, condition] + (otherwise.map { [$0] } ?? []))
    }
    return expression
  }

  // MARK: - Operators

  private enum Precedence: Int, Comparable {
    case or, and, comparison, sum, concatenation, product, power

    static func < (left: Precedence, right: Precedence) -> Bool { left.rawValue < right.rawValue }
    /// What the operands of an operator of this precedence are made of.
    var tighter: Precedence? { Precedence(rawValue: rawValue + 1) }
  }

  private enum Operator {
    case or, and, contains, notContains, concatenate
    case compare(Comparison)
    case calculate(Arithmetic)

    var precedence: Precedence {
      switch self {
      case .or: .or
      case .and: .and
      case .contains, .notContains, .compare: .comparison
      case .concatenate: .concatenation
      case .calculate(.add), .calculate(.subtract): .sum
      case .calculate(.power): .power
      case .calculate: .product
      }
    }
  }

  /// Operands joined by operators that bind at least as tightly as `minimum`, all from left to right.
  private mutating func parseBinary(_ minimum: Precedence) throws(TemplateError) -> Expression {
    var left = try parseOperand(minimum)
    while let (operation, length) = binaryOperator(), operation.precedence >= minimum {
      for _ in 0..<length { take() }
      let right: Expression
      if let tighter = operation.precedence.tighter {
        right = try parseBinary(tighter)
      } else {
        right = try parseUnary()
      }
      left = try combine(operation, left, right)
    }
    return left
  }

  /// `not` binds looser than comparisons: in `not a == b` it is about the comparison.
  private mutating func parseOperand(_ minimum: Precedence) throws(TemplateError) -> Expression {
    guard minimum <= .comparison, token.kind == .identifier("not") else { return try parseUnary() }
    let span = take().span
    let operand = try nested { (parser) throws(TemplateError) in try parser.parseBinary(.comparison) }
    return try make(.not(operand), span.through(lastSpan), [operand])
  }

  private func binaryOperator() -> (Operator, length: Int)? {
    switch token.kind {
    case .identifier("or"): (.or, 1)
    case .identifier("and"): (.and, 1)
    case .identifier("in"): (.contains, 1)
    case .identifier("not"): nextToken.kind == .identifier("in") ? (.notContains, 2) : nil
    case .symbol(let symbol):
      switch symbol {
      case .plus: (.calculate(.add), 1)
      case .minus: (.calculate(.subtract), 1)
      case .times: (.calculate(.multiply), 1)
      case .divide: (.calculate(.divide), 1)
      case .floorDivide: (.calculate(.floorDivide), 1)
      case .remainder: (.calculate(.remainder), 1)
      case .power: (.calculate(.power), 1)
      case .concatenate: (.concatenate, 1)
      case .equal: (.compare(.equal), 1)
      case .notEqual: (.compare(.notEqual), 1)
      case .less: (.compare(.less), 1)
      case .lessOrEqual: (.compare(.lessOrEqual), 1)
      case .greater: (.compare(.greater), 1)
      case .greaterOrEqual: (.compare(.greaterOrEqual), 1)
      default: nil
      }
    default: nil
    }
  }

  private func combine(
    _ operation: Operator, _ left: Expression, _ right: Expression
  ) throws(TemplateError) -> Expression {
    let span = left.span.through(right.span)
    let parts = [left, right]
    switch operation {
    case .or: return try make(.or(left, right), span, parts)
    case .and: return try make(.and(left, right), span, parts)
    case .concatenate: return try make(.concatenate(left, right), span, parts)
    case .compare(let comparison): return try make(.compare(comparison, left, right), span, parts)
    case .calculate(let arithmetic): return try make(.calculate(arithmetic, left, right), span, parts)
    case .contains: return try make(.contains(element: left, container: right), span, parts)
    case .notContains:
      let contains = try make(.contains(element: left, container: right), span, parts)
      return try make(.not(contains), span, [contains])
    }
  }

  // MARK: - One operand

  /// Minus, a primary with its attributes and calls, then filters and tests.
  private mutating func parseUnary() throws(TemplateError) -> Expression {
    try parseFiltersAndTests(try parseNegation())
  }

  private mutating func parseNegation() throws(TemplateError) -> Expression {
    guard isAt(.minus) else {
      let primary = try nested { (parser) throws(TemplateError) in try parser.parsePrimary() }
      return try parsePostfix(primary)
    }
    let span = take().span
    let operand = try nested { (parser) throws(TemplateError) in try parser.parseNegation() }
    let place = span.through(operand.span)
    if let constant = operand.constant, let negated = try? Arithmetic.negate(constant) {
      return try make(.constant(negated), place, [])
    }
    return try make(.negate(operand), place, [operand])
  }

  private mutating func parsePostfix(_ primary: Expression) throws(TemplateError) -> Expression {
    var expression = primary
    while case .symbol(let symbol) = token.kind {
      switch symbol {
      case .dot: expression = try parseAttribute(of: expression)
      case .openBracket: expression = try parseSubscript(of: expression)
      case .openParenthesis:
        let arguments = try parseArguments()
        expression = try make(
          .call(expression, arguments), expression.span.through(lastSpan),
          [expression] + arguments.map(\.expression))
      default: return expression
      }
    }
    return expression
  }

  private mutating func parseAttribute(of object: Expression) throws(TemplateError) -> Expression {
    take()
    switch token.kind {
    case .identifier(let name):
      take()
      return try make(.attribute(object, name), object.span.through(lastSpan), [object])
    case .integer(let number):
      guard let position = Int64(exactly: number) else { throw error("the position is too large") }
      take()
      return try make(.position(object, position), object.span.through(lastSpan), [object])
    default: throw unexpected(expected: "an attribute's name or a position")
    }
  }

  /// `[key]` or `[start:stop:step]`
  private mutating func parseSubscript(of object: Expression) throws(TemplateError) -> Expression {
    take()
    let start = isAt(.colon) ? nil : try parseExpression()
    guard take(.colon) else {
      try expect(.closeBracket)
      guard let start else { throw error("a subscript needs a key") }
      return try make(.item(object, start), object.span.through(lastSpan), [object, start])
    }
    let stop = isAt(.closeBracket) || isAt(.colon) ? nil : try parseExpression()
    let step = take(.colon) && !isAt(.closeBracket) ? try parseExpression() : nil
    try expect(.closeBracket)
    return try make(
      .slice(object, start: start, stop: stop, step: step), object.span.through(lastSpan),
      [object] + [start, stop, step].compactMap { $0 })
  }

  // MARK: - Filters, tests, arguments

  private mutating func parseFiltersAndTests(_ operand: Expression) throws(TemplateError) -> Expression {
    var expression = operand
    while true {
      if take(.pipe) {
        expression = try parseFilter(input: expression)
      } else if take(word: "is") {
        expression = try parseTest(of: expression)
      } else {
        return expression
      }
    }
  }

  /// The filters of a block: `upper|trim`.
  mutating func parseFilterChain() throws(TemplateError) -> Expression {
    var expression = try parseFilter(input: nil)
    while take(.pipe) { expression = try parseFilter(input: expression) }
    return expression
  }

  private mutating func parseFilter(input: Expression?) throws(TemplateError) -> Expression {
    let (name, span) = try expectIdentifier("a filter's name")
    let arguments = isAt(.openParenthesis) ? try parseArguments() : []
    return try make(
      .filter(input: input, name: name, nameSpan: span, arguments), (input?.span ?? span).through(lastSpan),
      (input.map { [$0] } ?? []) + arguments.map(\.expression))
  }

  private mutating func parseTest(of operand: Expression) throws(TemplateError) -> Expression {
    let isNegated = take(word: "not")
    let (name, span) = try expectIdentifier("a test's name")
    var arguments: [Argument] = []
    if isAt(.openParenthesis) {
      arguments = try parseArguments()
    } else if startsTestArgument {
      arguments = [.positional(try parseNegation())]
    }
    let test = try make(
      .test(operand, name: name, nameSpan: span, arguments), operand.span.through(lastSpan),
      [operand] + arguments.map(\.expression))
    return isNegated ? try make(.not(test), test.span, [test]) : test
  }

  /// Whether the token starts the one argument of a test that has no parentheses: `is divisibleby 3`.
  private var startsTestArgument: Bool {
    switch token.kind {
    case .identifier(let word):
      switch word {
      case "and", "or", "else", "is", "if", "in", "not", "recursive": false
      default: true
      }
    case .string, .integer, .float: true
    case .symbol(.minus), .symbol(.openBracket), .symbol(.openBrace): true
    default: false
    }
  }

  mutating func parseArguments() throws(TemplateError) -> [Argument] {
    try expect(.openParenthesis)
    var arguments: [Argument] = []
    var hasKeywords = false
    while !take(.closeParenthesis) {
      if !arguments.isEmpty {
        try expectComma(or: .closeParenthesis)
        if take(.closeParenthesis) { break }
      }
      if arguments.count >= limits.argumentsMax {
        throw source.error(.limit, "a call has \(limits.argumentsMax) arguments at most", at: token.span)
      }
      let start = token.span
      if take(.power) {
        hasKeywords = true
        arguments.append(.spreadKeywords(try parseExpression()))
      } else if take(.times) {
        arguments.append(.spread(try parseExpression()))
      } else if case .identifier(let name) = token.kind, nextToken.kind == .symbol(.assign) {
        take()
        take()
        hasKeywords = true
        arguments.append(.keyword(name, start, try parseUnconditional()))
      } else if hasKeywords {
        throw error("a positional argument cannot follow a keyword argument")
      } else {
        arguments.append(.positional(try parseExpression()))
      }
    }
    return arguments
  }

  // MARK: - Primaries

  private mutating func parsePrimary() throws(TemplateError) -> Expression {
    let span = token.span
    switch token.kind {
    case .identifier(let name):
      take()
      switch name {
      case "true", "True": return try make(.constant(.bool(true)), span, [])
      case "false", "False": return try make(.constant(.bool(false)), span, [])
      case "none", "None": return try make(.constant(.none), span, [])
      default: return try make(.name(name), span, [])
      }
    case .string(var bytes):
      take()
      // Neighbours are joined.
      while case .string(let more) = token.kind {
        take()
        bytes += more
      }
      return try make(.constant(.string(bytes)), span.through(lastSpan), [])
    case .integer(let number):
      take()
      return try make(.constant(Value(integer: number)), span, [])
    case .float(let number):
      take()
      return try make(.constant(.float(number)), span, [])
    case .symbol(.openParenthesis):
      take()
      return try parseParenthesized(span)
    case .symbol(.openBracket):
      take()
      let elements = try parseElements(until: .closeBracket)
      return try makeList(elements, span)
    case .symbol(.openBrace):
      take()
      return try parseMap(span)
    default: throw unexpected(expected: "an expression")
    }
  }

  /// An expression in parentheses, or a tuple, which is a list.
  private mutating func parseParenthesized(_ span: Span) throws(TemplateError) -> Expression {
    if take(.closeParenthesis) { return try makeList([], span) }
    let first = try parseExpression()
    if take(.comma) {
      let rest = try parseElements(until: .closeParenthesis)
      return try makeList([first] + rest, span)
    }
    try expect(.closeParenthesis)
    return first
  }

  private mutating func parseElements(until closing: Token.Symbol) throws(TemplateError) -> [Expression] {
    var elements: [Expression] = []
    while !take(closing) {
      if !elements.isEmpty {
        try expectComma(or: closing)
        if take(closing) { break }
      }
      elements.append(try parseExpression())
    }
    return elements
  }

  private func makeList(_ elements: [Expression], _ start: Span) throws(TemplateError) -> Expression {
    let span = start.through(lastSpan)
    let constants = elements.compactMap(\.constant)
    if constants.count == elements.count, let list = try? ListValue.make(constants) {
      return try make(.constant(.list(list)), span, [])
    }
    return try make(.list(elements), span, elements)
  }

  private mutating func parseMap(_ start: Span) throws(TemplateError) -> Expression {
    var entries: [(key: Expression, value: Expression)] = []
    while !take(.closeBrace) {
      if !entries.isEmpty {
        try expectComma(or: .closeBrace)
        if take(.closeBrace) { break }
      }
      let key = try parseExpression()
      try expect(.colon)
      entries.append((key, try parseExpression()))
    }
    let span = start.through(lastSpan)
    var builder = MapBuilder()
    for (key, value) in entries {
      guard let key = key.constant, let value = value.constant else {
        return try make(.map(entries), span, entries.flatMap { [$0.key, $0.value] })
      }
      builder.set(key, to: value)
    }
    guard let map = try? builder.finish() else {
      return try make(.map(entries), span, entries.flatMap { [$0.key, $0.value] })
    }
    return try make(.constant(.map(map)), span, [])
  }
}
