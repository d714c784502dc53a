import JSON

/// Writing values, and catching what is written.
extension VM {
  mutating func emit(_ value: Value) throws(Fault) {
    try charge(value.stepsOfPrinting)
    if case .none = escaping {
      value.appendText(to: &output)
    } else {
      let start = output.count
      try escaping.append(value, limits: program.limits, to: &output)
      try charge((output.count &- start) >> 2)
    }
    try checkOutput()
  }

  /// What it costs is looked at before the next instruction.
  mutating func emitText(_ index: Int) {
    program.texts.with(index) {
      output.append(contentsOf: $0)
      steps &-= $0.count >> 4
    }
  }

  /// `{{ model }}`
  mutating func emitField(_ name: Int32) throws(Fault) {
    try emit(field(name))
  }

  /// `{{ message.role }}`
  mutating func emitPath(_ index: Int) throws(Fault) { try emit(value(ofPath: index)) }

  mutating func emitConstantCall(_ index: Int) throws(Fault) {
    let call = program.tables.constantCalls[index]
    try emit(function: call.function, Arguments(call.arguments))
  }

  mutating func emitCall(_ instruction: Instruction) throws(Fault) {
    let function = Int(instruction.operand)
    let count = Int(instruction.count)
    try emit(function: function, Arguments(last: count, of: workspace.stack))
    workspace.stack.removeLast(min(count, workspace.stack.count))
  }

  private mutating func emit(function index: Int, _ arguments: Arguments) throws(Fault) {
    var call = try hostCall(index, arguments)
    if let emitter = program.functions.functions[index].emit, case .none = escaping {
      let start = output.count
      do throws(TemplateError) { try emitter(&call, &output) } catch { throw .placed(error) }
      steps = call.stepsLeft
      try charge((output.count &- start) >> 4)
      try checkOutput()
    } else {
      try emit(result(of: &call))
    }
  }

  // MARK: - Catching

  mutating func beginCapture() {
    workspace.captures.append(output)
    output = []
  }

  mutating func endCapture() {
    let text = output
    output = workspace.captures.popLast() ?? []
    if case .none = escaping { push(.string(text)) } else { push(.safeString(text)) }
  }
}
