extension CodeGenerator {
  /// `{{ expression }}`, with shorter ways for what most templates do.
  mutating func compileEmit(_ expression: Expression) throws(TemplateError) {
    if let constant = expression.constant, constant.kind == .string, let bytes = constant.stringBytes,
      blocks.isEmpty, !isInMacro, escaping == .none
    {
      tables.texts.append(bytes)
      add(.emitText, operand: tables.texts.count - 1, at: expression.span)
      return
    }
    if let path = path(expression) {
      if !path.hasSteps, !path.isAssigned, path.variable < 0 {
        add(.emitField, operand: Int(path.name), at: expression.span)
      } else {
        tables.paths.append(path)
        add(.emitPath, operand: tables.paths.count - 1, at: expression.span)
      }
      return
    }
    if case .call(let callee, let arguments) = expression.node {
      if try compileEmittedCall(callee, arguments, at: expression.span) { return }
    }
    try compile(expression)
    add(.emit, at: expression.span)
  }

  /// Names with dots between them that lead from a variable or the body, not from a loop.
  private mutating func path(_ expression: Expression) -> ProgramTables.Path? {
    var steps: [String] = []
    var root = expression
    while root.name == nil {
      switch root.node {
      case .attribute(let object, let name):
        steps.append(name)
        root = object
      case .item(let object, let key):
        guard case .string(let bytes)? = key.constant else { return nil }
        steps.append(String(decoding: bytes, as: UTF8.self))
        root = object
      default: return nil
      }
    }
    guard let name = root.name, !(name == "loop" && isInLoop) else { return nil }
    let firstStep = tables.steps.count
    for step in steps.reversed() { tables.steps.append(tables.names.add(step)) }
    return ProgramTables.Path(
      name: tables.names.add(name), isAssigned: names.assigned.contains(name) || name == "loop",
      variable: Int32(truncatingIfNeeded: functions.variables.firstIndex { $0.name == name } ?? -1),
      firstStep: Int32(truncatingIfNeeded: firstStep),
      endOfSteps: Int32(truncatingIfNeeded: tables.steps.count))
  }

  /// The value of an expression, on the stack.
  mutating func compile(_ expression: Expression) throws(TemplateError) {
    let span = expression.span
    if let path = path(expression) {
      tables.paths.append(path)
      add(.loadPath, operand: tables.paths.count - 1, at: span)
      return
    }
    switch expression.node {
    case .constant(let value): add(.loadConstant, operand: constant(value), at: span)
    case .name: add(.loadLoop, at: span)
    case .attribute(let object, let name): try compileAttribute(of: object, name, at: span)
    case .position(let object, let number):
      try compile(object)
      // A position beyond 32 bits is beyond every list.
      add(.position, operand: Int(Int32(clamping: number)), at: span)
    case .item(let object, let key): try compile([object, key], .item, at: span)
    case .slice(let object, let start, let stop, let step):
      let none = Expression(node: .constant(.none), span: span, depth: 1)
      try compile([object, start ?? none, stop ?? none, step ?? none], .slice, at: span)
    case .list(let elements):
      for element in elements { try compileValue(element) }
      add(.buildList, operand: elements.count, at: span)
    case .map(let entries):
      for (key, value) in entries {
        try compile(key)
        try compileValue(value)
      }
      add(.buildMap, operand: entries.count, at: span)
    case .negate(let operand): try compile([operand], .negate, at: span)
    case .not(let operand): try compile([operand], .not, at: span)
    case .calculate(let arithmetic, let left, let right):
      try compile([left, right], .calculate, flags: arithmetic.rawValue, at: span)
    case .compare(let comparison, let left, let right):
      try compile([left, right], .compare, flags: comparison.rawValue, at: span)
    case .contains(let element, let container): try compile([element, container], .contains, at: span)
    case .concatenate(let left, let right): try compile([left, right], .concatenate, at: span)
    case .and(let left, let right): try compileShortCircuit(left, right, .jumpIfFalseElseDiscard, at: span)
    case .or(let left, let right): try compileShortCircuit(left, right, .jumpIfTrueElseDiscard, at: span)
    case .conditional(let condition, let then, let otherwise):
      try compileConditional(condition, then, otherwise, areValues: false, at: span)
    case .call: try compileCall(expression, caller: nil)
    case .filter(let input, let name, let nameSpan, let arguments):
      if let input { try compile(input) }
      try compileBuiltin(.filter, name, nameSpan, input: input, arguments, at: span)
    case .test(let operand, let name, let nameSpan, let arguments):
      try compile(operand)
      try compileBuiltin(.test, name, nameSpan, input: operand, arguments, at: span)
    }
  }

  /// The same, where a function's name may stand for the function.
  mutating func compileValue(_ expression: Expression) throws(TemplateError) {
    if case .conditional(let condition, let then, let otherwise) = expression.node {
      try compileConditional(condition, then, otherwise, areValues: true, at: expression.span)
    } else if let name = names.functionValue(expression), let function = functionValue(name) {
      add(.loadConstant, operand: function, at: expression.span)
    } else {
      try compile(expression)
    }
  }

  private mutating func compile(
    _ operands: [Expression], _ operation: Operation, flags: UInt8 = 0, operand: Int = 0, at span: Span
  ) throws(TemplateError) {
    for operand in operands { try compile(operand) }
    add(operation, flags: flags, operand: operand, at: span)
  }

  private mutating func compileAttribute(
    of object: Expression, _ name: String, at span: Span
  ) throws(TemplateError) {
    if object.name == "loop", isInLoop, let attribute = LoopState.Attribute(name: name) {
      add(.loadLoopAttribute, flags: attribute.rawValue, at: span)
      return
    }
    if object.name == "loop", isInLoop, let detail = OtherDialects.loopAttribute(name) {
      throw source.error(.unknownName, detail, at: span)
    }
    try compile(object)
    add(.attribute, operand: self.name(name), at: span)
  }

  private mutating func compileShortCircuit(
    _ left: Expression, _ right: Expression, _ jump: Operation, at span: Span
  ) throws(TemplateError) {
    try compile(left)
    let end = add(jump, at: span)
    try compile(right)
    land(end)
  }

  private mutating func compileConditional(
    _ condition: Expression, _ then: Expression, _ otherwise: Expression?, areValues: Bool, at span: Span
  ) throws(TemplateError) {
    try compile(condition)
    let fails = add(.jumpIfFalse, at: condition.span)
    if areValues { try compileValue(then) } else { try compile(then) }
    let end = add(.jump, at: span)
    land(fails)
    if let otherwise {
      if areValues { try compileValue(otherwise) } else { try compile(otherwise) }
    } else {
      add(.loadConstant, operand: constant(.undefined), at: span)
    }
    land(end)
  }
}
