import JSON

/// Executes a program once.
struct VM {
  let program: Program
  let context: RenderContext
  var workspace = Workspace()
  var output: [UInt8] = []
  /// How much of the output was there before, and how long it may become.
  let outputStart: Int
  let outputEnd: Int
  var escaping: Escaping
  /// The next instruction.
  var position = 0
  /// Steps that are left.
  var steps: Int
  /// Where the loop that begins next goes on behind itself, when it was called.
  var pendingReturn: (instruction: Int, captures: Bool)?

  /// Renders, appending to `output`; on an error it is as it was.
  static func render(
    _ program: Program, in context: RenderContext, into output: inout [UInt8]
  ) throws(TemplateError) {
    var machine = VM(program, context, outputStart: output.count)
    swap(&machine.output, &output)
    swap(&machine.workspace, &context.workspace)
    machine.workspace.prepare()
    let steps = machine.steps
    defer {
      context.stepsLeft &-= steps &- machine.steps
      machine.workspace.clear()
      swap(&machine.workspace, &context.workspace)
    }
    do {
      try machine.execute()
      swap(&machine.output, &output)
    } catch {
      // What was caught lies on top of the real output.
      if let outermost = machine.workspace.captures.first { machine.output = outermost }
      machine.output.removeLast(machine.output.count - machine.outputStart)
      swap(&machine.output, &output)
      throw program.error(error.told(steps, of: program.limits), at: machine.position)
    }
  }

  private init(_ program: Program, _ context: RenderContext, outputStart: Int) {
    self.program = program
    self.context = context
    self.outputStart = outputStart
    outputEnd = outputStart &+ program.limits.outputBytesMax
    steps = context.stepsGranted(program.limits)
    escaping = program.escaping
  }

  private mutating func execute() throws(Fault) {
    if program.hasScopes { workspace.scopes.append(Workspace.Scope(bindings: 0, loop: nil)) }
    while position < program.instructions.count {
      steps &-= 1
      if steps < 0 { throw tooManySteps }
      let instruction = program.instructions[position]
      let operand = Int(instruction.operand)
      // What jumps or calls sets the position itself and goes on there.
      switch instruction.operation {
      case .emitText:
        emitText(operand)
        try checkOutput()
      case .emitField: try emitField(instruction.operand)
      case .emitPath: try emitPath(operand)
      case .emitConstantCall: try emitConstantCall(operand)
      case .emitCall: try emitCall(instruction)
      case .emit: try emit(pop())
      case .loadConstant: push(program.tables.constants[operand])
      case .loadPath: push(try value(ofPath: operand))
      case .loadLoop: push(try innermostLoop().map { .object($0) } ?? .undefined)
      case .loadLoopAttribute: try loadLoopAttribute(instruction.flags)
      case .attribute: push(try attribute(of: pop(), instruction.operand))
      case .position: push(try pop().item(number: Int64(operand)))
      case .item: try item()
      case .slice: try slice()
      case .calculate: try calculate(instruction.flags)
      case .compare: try compare(instruction.flags)
      case .negate: push(try Arithmetic.negate(pop()))
      case .not: push(.bool(try !isTrue(pop())))
      case .contains: try contains()
      case .concatenate: try concatenate()
      case .buildList: try buildList(operand)
      case .buildCountedList: try buildList(pop().int ?? 0)
      case .buildMap: try buildMap(operand)
      case .mergeKeywords: try mergeKeywords(operand)
      case .spread: try spread(operand)
      case .unpack: try unpack(operand)
      case .duplicate: push(top)
      case .discard: _ = pop()
      case .keepItem: keepItem()
      case .store: try store(instruction.operand, pop())
      case .storeAttribute: try storeAttribute(instruction.operand)
      case .beginScope: try beginScope()
      case .endScope: endScope()
      case .jump:
        position = operand
        continue
      case .jumpIfFalse:
        if try !isTrue(pop()) {
          position = operand
          continue
        }
      case .jumpIfFalseElseDiscard:
        if try !isTrue(top) {
          position = operand
          continue
        }
        _ = pop()
      case .jumpIfTrueElseDiscard:
        if try isTrue(top) {
          position = operand
          continue
        }
        _ = pop()
      case .jumpIfDefined:
        if !pop().isUndefined {
          position = operand
          continue
        }
      case .beginLoop: try beginLoop(instruction.flags)
      case .nextItem:
        guard let item = nextItem() else {
          position = operand
          continue
        }
        push(item)
      case .endLoop:
        endLoop(next: operand)
        continue
      case .recurse:
        try recurse(innermostLoop(), captures: instruction.flags != 0)
        continue
      case .filter: try callBuiltin(Builtins.filters.entries[operand], instruction)
      case .test: try callBuiltin(Builtins.tests.entries[operand], instruction)
      case .callBuiltin: try callBuiltin(Builtins.functions.entries[operand], instruction)
      case .callHost: try callHost(operand, instruction, isOrdered: instruction.flags == 0)
      case .callNamed:
        if try callNamed(program.tables.namedCalls[operand], instruction) { continue }
      case .callValue:
        if try callValue(instruction) { continue }
      case .callMethod:
        if try callMethod(instruction.operand, instruction) { continue }
      case .beginCapture: beginCapture()
      case .endCapture: endCapture()
      case .discardCapture: output = workspace.captures.popLast() ?? []
      case .beginEscape:
        workspace.escaping.append(escaping)
        escaping = try Escaping(pop())
      case .endEscape: escaping = workspace.escaping.popLast() ?? .none
      case .makeMacro: try makeMacro(operand)
      case .enclose: enclose(instruction.operand, try variable(instruction.operand))
      case .encloseLoop: enclose(instruction.operand, try innermostLoop().map { .object($0) })
      case .returnFromMacro:
        returnFromMacro()
        continue
      }
      position &+= 1
    }
  }

  // MARK: - The stack

  mutating func push(_ value: Value) { workspace.stack.append(value) }

  /// The code generator balances the stack; an empty one answers undefined.
  mutating func pop() -> Value { workspace.stack.popLast() ?? .undefined }

  var top: Value { workspace.stack.last ?? .undefined }

  mutating func popLast(_ count: Int) -> [Value] {
    let count = min(max(0, count), workspace.stack.count)
    let values = Array(workspace.stack.suffix(count))
    workspace.stack.removeLast(count)
    return values
  }

  /// A number of the body is read for that.
  private mutating func isTrue(_ value: Value) throws(Fault) -> Bool {
    if case .json(let json) = value, json.kind == .number { try charge(value.stepsOfComparing) }
    return value.isTrue
  }

  // MARK: - The budget

  var tooManySteps: Fault { .tooManySteps(program.limits) }

  /// Counts work that one instruction does on something large.
  mutating func charge(_ work: Int) throws(Fault) {
    steps &-= work
    if steps < 0 { throw tooManySteps }
  }

  /// Counts a search from the innermost of the variables or scopes outwards, when it went far.
  mutating func chargeSearch(of count: Int) throws(Fault) {
    if count > 16 { try charge(count >> 4) }
  }

  func checkOutput() throws(Fault) {
    if output.count > outputEnd { throw .tooLongOutput(program.limits) }
  }
}
