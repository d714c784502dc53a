extension CodeGenerator {
  mutating func compile(_ statements: [Statement]) throws(TemplateError) {
    for statement in statements { try compile(statement) }
  }

  private mutating func compile(_ statement: Statement) throws(TemplateError) {
    switch statement {
    case .text(let bytes):
      tables.texts.append(bytes)
      add(.emitText, operand: tables.texts.count - 1, at: Span())
    case .emit(let expression): try compileEmit(expression)
    case .if(let branches, let otherwise): try compileIf(branches, otherwise)
    case .for(let loop): try compileFor(loop)
    case .set(let target, let value):
      try compileValue(value)
      try store(target)
    case .setBlock(let target, let filter, let body, let span):
      try compileCapture(body, at: span)
      if let filter { try compile(filter) }
      try store(target)
    case .with(let assignments, let body, let span): try compileWith(assignments, body, at: span)
    case .filterBlock(let filter, let body, let span):
      try compileCapture(body, at: span)
      try compile(filter)
      add(.emit, at: filter.span)
    case .autoescape(let mode, let body, let span):
      try compile(mode)
      add(.beginEscape, at: mode.span)
      blocks.append(.escape)
      try compile(body)
      blocks.removeLast()
      add(.endEscape, at: span)
    case .macro(let macro):
      try compileMacro(macro)
      try store(.name(macro.name, macro.span))
    case .callBlock(let call, let macro):
      try compileCall(call, caller: macro)
      add(.emit, at: call.span)
    case .do(let call):
      try compile(call)
      add(.discard, at: call.span)
    case .break(let span): leaveLoop(isBreak: true, at: span)
    case .continue(let span): leaveLoop(isBreak: false, at: span)
    }
  }

  private mutating func compileIf(
    _ branches: [(condition: Expression, body: [Statement])], _ otherwise: [Statement]
  ) throws(TemplateError) {
    var ends: [Int] = []
    for (number, (condition, body)) in branches.enumerated() {
      try compile(condition)
      let next = add(.jumpIfFalse, at: condition.span)
      try compile(body)
      if number + 1 < branches.count || !otherwise.isEmpty { ends.append(add(.jump, at: condition.span)) }
      land(next)
    }
    try compile(otherwise)
    for end in ends { land(end) }
  }

  /// The text that a block writes, on the stack.
  private mutating func compileCapture(_ body: [Statement], at span: Span) throws(TemplateError) {
    add(.beginCapture, at: span)
    blocks.append(.capture)
    try compile(body)
    blocks.removeLast()
    add(.endCapture, at: span)
  }

  private mutating func compileWith(
    _ assignments: [(target: Target, value: Expression)], _ body: [Statement], at span: Span
  ) throws(TemplateError) {
    hasScopes = true
    add(.beginScope, at: span)
    blocks.append(.scope)
    for (target, value) in assignments {
      try compileValue(value)
      try store(target)
    }
    try compile(body)
    blocks.removeLast()
    add(.endScope, at: span)
  }

  /// Takes a value from the stack.
  mutating func store(_ target: Target) throws(TemplateError) {
    hasScopes = true
    switch target {
    case .name(let name, let span): add(.store, operand: self.name(name), at: span)
    case .attribute(let object, let name, let span):
      try compile(object)
      add(.storeAttribute, operand: self.name(name), at: span)
    case .list(let targets, let span):
      add(.unpack, operand: targets.count, at: span)
      for target in targets { try store(target) }
    }
  }

  // MARK: - Loops

  private mutating func compileFor(_ loop: ForLoop) throws(TemplateError) {
    hasScopes = true
    if let filter = loop.filter {
      try compileFiltered(loop, filter)
    } else {
      try compile(loop.sequence)
    }
    var flags = LoopState.isNamed
    if loop.isRecursive { flags |= LoopState.isRecursive }
    add(.beginLoop, flags: flags, at: loop.sequence.span)
    let start = add(.nextItem, at: loop.sequence.span)
    blocks.append(.loop(start: start, isRecursive: loop.isRecursive, isNamed: true, breaks: []))
    try store(loop.target)
    try compile(loop.body)
    add(.jump, operand: start, at: loop.span)
    land(start)
    if case .loop(_, _, _, let breaks)? = blocks.popLast() { for jump in breaks { land(jump) } }
    let end = add(.endLoop, at: loop.span)
    try compile(loop.otherwise)
    land(end)
  }

  /// The elements that pass the filter, as a list on the stack: a loop of its own, without a `loop`.
  private mutating func compileFiltered(_ loop: ForLoop, _ filter: Expression) throws(TemplateError) {
    add(.loadConstant, operand: constant(.int(0)), at: filter.span)
    try compile(loop.sequence)
    add(.beginLoop, at: loop.sequence.span)
    let start = add(.nextItem, at: loop.sequence.span)
    blocks.append(.loop(start: start, isRecursive: false, isNamed: false, breaks: []))
    add(.duplicate, at: filter.span)
    try store(loop.target)
    try compile(filter)
    let fails = add(.jumpIfFalse, at: filter.span)
    add(.keepItem, at: filter.span)
    add(.jump, operand: start, at: filter.span)
    land(fails)
    add(.discard, at: filter.span)
    add(.jump, operand: start, at: filter.span)
    blocks.removeLast()
    land(start)
    let end = add(.endLoop, at: filter.span)
    land(end)
    add(.buildCountedList, at: filter.span)
  }

  /// Closes the blocks that are open inside of the loop, and goes.
  private mutating func leaveLoop(isBreak: Bool, at span: Span) {
    for index in blocks.indices.reversed() {
      switch blocks[index] {
      case .scope: add(.endScope, at: span)
      case .capture: add(.discardCapture, at: span)
      case .escape: add(.endEscape, at: span)
      case .loop(let start, let isRecursive, let isNamed, var breaks):
        let jump = add(.jump, operand: start, at: span)
        guard isBreak else { return }
        // The only reference to the array, so that appending copies nothing.
        blocks[index] = .loop(start: start, isRecursive: isRecursive, isNamed: isNamed, breaks: [])
        breaks.append(jump)
        blocks[index] = .loop(start: start, isRecursive: isRecursive, isNamed: isNamed, breaks: breaks)
        return
      }
    }
  }

  /// Whether the loop that `loop` means here may be called; nil outside of loops.
  var innermostLoopIsRecursive: Bool? {
    for block in blocks.reversed() {
      if case .loop(_, let isRecursive, true, _) = block { return isRecursive }
    }
    return nil
  }

  var isInLoop: Bool { innermostLoopIsRecursive != nil }

  // MARK: - Macros

  /// The macro as a value, on the stack. Its code stands where it is declared, and is jumped over.
  mutating func compileMacro(_ macro: MacroDeclaration) throws(TemplateError) {
    hasScopes = true
    let over = add(.jump, at: macro.span)
    let outside = (blocks, isInMacro)
    (blocks, isInMacro) = ([], true)
    let start = position
    for (name, value) in macro.parameters {
      guard let value else { continue }
      try compile(Expression(node: .name(name), span: value.span, depth: 1))
      let given = add(.jumpIfDefined, at: value.span)
      try compileValue(value)
      add(.store, operand: self.name(name), at: value.span)
      land(given)
    }
    try compile(macro.body)
    add(.returnFromMacro, at: macro.span)
    (blocks, isInMacro) = outside
    land(over)
    let reads = FreeNames.read(by: macro)
    for name in reads.sorted() where names.assigned.contains(name) && name != "caller" {
      add(.enclose, operand: self.name(name), at: macro.span)
    }
    if reads.contains("loop"), isInLoop { add(.encloseLoop, operand: name("loop"), at: macro.span) }
    tables.macros.append(
      ProgramTables.MacroShape(
        name: macro.name, parameters: macro.parameters.map { tables.names.add($0.name) }, start: start,
        usesCaller: reads.contains("caller"), callerName: tables.names.add("caller")))
    add(.makeMacro, operand: tables.macros.count - 1, at: macro.span)
  }
}
