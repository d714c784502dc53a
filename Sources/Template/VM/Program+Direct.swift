import JSON

/// The short way for programs that only write text, fields of the body, and what the host's functions say: most
/// templates of headers. A machine would cost more than what it does here (it doubled the instructions of
/// `{{ model }}`).
extension Program {
  func renderDirectly(_ context: RenderContext, into output: inout [UInt8]) throws(TemplateError) {
    let start = output.count
    var position = 0
    let granted = context.stepsGranted(limits)
    var steps = granted
    defer { context.stepsLeft &-= granted &- steps }
    do throws(Fault) {
      while position < instructions.count {
        try perform(instructions[position], at: position, context, &steps, &output)
        if output.count &- start > limits.outputBytesMax { throw .tooLongOutput(limits) }
        position &+= 1
      }
    } catch {
      output.removeLast(max(0, output.count - start))
      throw self.error(error.told(granted, of: limits), at: position)
    }
  }

  private func perform(
    _ instruction: Instruction, at position: Int, _ context: RenderContext, _ steps: inout Int,
    _ output: inout [UInt8]
  ) throws(Fault) {
    switch instruction.operation {
    case .emitText: texts.with(Int(instruction.operand)) { output.append(contentsOf: $0) }
    case .emitField:
      let field = try field(instruction.operand, in: context, &steps)
      steps &-= field.weight
      if steps < 0 { throw .tooManySteps(limits) }
      field.appendText(to: &output)
    default: try emitConstantCall(Int(instruction.operand), at: position, context, &steps, &output)
    }
  }

  private func emitConstantCall(
    _ index: Int, at position: Int, _ context: RenderContext, _ steps: inout Int, _ output: inout [UInt8]
  ) throws(Fault) {
    let function = tables.constantCalls[index].function
    var call = Function.Call(
      context: context, arguments: Arguments(tables.constantCalls[index].arguments), program: self,
      function: function, position: position, stepsLeft: steps)
    do throws(TemplateError) {
      if let emit = functions.functions[function].emit {
        try emit(&call, &output)
      } else {
        try call.body(&call).appendText(to: &output)
      }
    } catch { throw .placed(error) }
    steps = call.stepsLeft
  }

  /// Members of the body are found by a search: in large objects that counts as work.
  static func stepsOfSearch(_ json: JSONValue) -> Int {
    let count = json.count
    return count > 64 ? count >> 3 : 0
  }

  /// A member of the body; undefined when there is none. Counts the search.
  func field(_ name: Int32, in context: RenderContext, _ steps: inout Int) throws(Fault) -> Value {
    guard let root = context.root else {
      throw .here(.noContext, "cannot read `\(tables.names.text(name))`: there is no JSON body")
    }
    steps &-= Self.stepsOfSearch(root)
    if steps < 0 { throw .tooManySteps(limits) }
    return names.with(Int(name)) { root.member($0) }.map { .json($0) } ?? .undefined
  }
}
