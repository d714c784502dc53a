/// Calls of built-ins, of the host's functions, and of macros.
extension VM {
  /// The arguments that lie on the stack.
  private struct Passed {
    var count: Int
    var keywords: MapValue?
  }

  private mutating func passed(_ instruction: Instruction) -> Passed {
    var passed = Passed(count: Int(instruction.count))
    if instruction.flags & Instruction.hasKeywords != 0, case .map(let map) = pop() { passed.keywords = map }
    if instruction.flags & Instruction.hasSpread != 0 { passed.count = pop().int ?? 0 }
    return passed
  }

  private mutating func drop(_ count: Int) {
    workspace.stack.removeLast(min(count, workspace.stack.count))
  }

  // MARK: - Built-ins

  mutating func callBuiltin(_ builtin: Builtin, _ instruction: Instruction) throws(Fault) {
    let passed = passed(instruction)
    // What was known when the template was compiled was checked then.
    if instruction.flags != 0 { try builtin.check(count: passed.count, keywords: passed.keywords) }
    let result = try call(builtin, passed)
    try chargeResult(result)
    drop(passed.count)
    push(result)
  }

  /// The stack is only borrowed by the call, which ends here.
  private mutating func call(_ builtin: Builtin, _ passed: Passed) throws(Fault) -> Value {
    var call = BuiltinCall(
      builtin, Arguments(last: passed.count, of: workspace.stack), keywords: passed.keywords,
      escaping: escaping, limits: program.limits, stepsLeft: steps)
    try call.charge(StepCosts.call)
    try call.chargeArguments()
    let result = try builtin.body(&call)
    steps = call.stepsLeft
    return result
  }

  // MARK: - The host's functions

  /// `isOrdered`: the arguments were checked and put in the order of the parameters when the template was compiled.
  mutating func callHost(_ index: Int, _ instruction: Instruction, isOrdered: Bool) throws(Fault) {
    let passed = passed(instruction)
    let result: Value
    if isOrdered {
      result = try callHost(index, Arguments(last: passed.count, of: workspace.stack))
    } else {
      let function = program.functions.functions[index]
      let arguments = Arguments(last: passed.count, of: workspace.stack)
      result = try callHost(index, Arguments(function.bind(arguments, passed.keywords)))
    }
    drop(passed.count)
    push(result)
  }

  private mutating func callHost(_ index: Int, _ arguments: Arguments) throws(Fault) -> Value {
    var call = try hostCall(index, arguments)
    return try result(of: &call)
  }

  /// Counts the arguments, all of which a function may read.
  mutating func hostCall(_ index: Int, _ arguments: Arguments) throws(Fault) -> Function.Call {
    try charge(StepCosts.hostCall)
    for position in 0..<arguments.count { try charge(arguments[position]?.stepsOfPrinting ?? 0) }
    return Function.Call(
      context: context, arguments: arguments, program: program, function: index, position: position,
      stepsLeft: steps)
  }

  mutating func result(of call: inout Function.Call) throws(Fault) -> Value {
    let result: Value
    do throws(TemplateError) { result = try call.body(&call) } catch { throw .placed(error) }
    steps = call.stepsLeft
    try chargeResult(result)
    return result
  }

  /// Counts what a call made.
  private mutating func chargeResult(_ result: Value) throws(Fault) {
    try charge(result.weight)
    switch result {
    case .string(let bytes), .safeString(let bytes): try program.limits.checkLength(bytes.count)
    default: break
    }
  }

  // MARK: - Values

  /// True when a macro or loop was entered: then the position is set.
  mutating func callNamed(_ call: ProgramTables.NamedCall, _ instruction: Instruction) throws(Fault) -> Bool {
    if let value = try variable(call.name) {
      return try self.call(value, passed(instruction), isMethod: false)
    }
    switch call.fallback {
    case .host(let index):
      try callHost(index, instruction, isOrdered: false)
    case .builtin(let index):
      let builtin = Builtins.functions.entries[index]
      if instruction.flags == 0 { try builtin.check(count: Int(instruction.count), keywords: nil) }
      try callBuiltin(builtin, instruction)
    case nil:
      let name = program.tables.names.text(call.name)
      throw .here(.unknownName, "`\(name)` is not defined here, so it cannot be called")
    }
    return false
  }

  mutating func callValue(_ instruction: Instruction) throws(Fault) -> Bool {
    var passed = passed(instruction)
    let index = workspace.stack.count &- passed.count
    guard workspace.stack.indices.contains(index) else { return false }
    let callee = workspace.stack[index]
    passed.count &-= 1
    return try call(callee, passed, isMethod: true)
  }

  /// `value.name(…)`: loops have methods, maps may hold macros.
  mutating func callMethod(_ name: Int32, _ instruction: Instruction) throws(Fault) -> Bool {
    var passed = passed(instruction)
    let index = workspace.stack.count &- passed.count
    guard workspace.stack.indices.contains(index) else { return false }
    let value = workspace.stack[index]
    let method = program.tables.names.text(name)
    passed.count &-= 1
    if case .object(let object) = value, let loop = object as? LoopState, passed.keywords == nil {
      let arguments = Array(workspace.stack.suffix(passed.count))
      switch method {
      case "cycle", "changed":
        for argument in arguments { try charge(argument.stepsOfComparing &* 2) }
        let result = method == "cycle" ? try loop.cycle(arguments) : try loop.changed(arguments)
        drop(passed.count &+ 1)
        push(result)
        return false
      default: break
      }
    }
    let callee = try attribute(of: value, name)
    // A macro in a map is called; a field that only has the name of a method does not hide it.
    if case .object = callee { return try call(callee, passed, isMethod: true) }
    if let table = Methods.table(of: value.kind), let position = table.position(of: method) {
      try callMethod(table.entries[position], passed)
      return false
    }
    if callee.isUndefined {
      let hint = Methods.hint(method, of: value.kind)
      throw .here(.unknownName, "values of type \(value.kind.name) have no method `\(method)`\(hint)")
    }
    return try call(callee, passed, isMethod: true)
  }

  /// What the method belongs to lies beneath its arguments.
  private mutating func callMethod(_ method: Builtin, _ arguments: Passed) throws(Fault) {
    let passed = Passed(count: arguments.count &+ 1, keywords: arguments.keywords)
    try method.check(count: passed.count, keywords: passed.keywords)
    let result = try call(method, passed)
    try chargeResult(result)
    drop(passed.count)
    push(result)
  }

  /// `isMethod`: beneath the arguments lies what is called.
  private mutating func call(_ callee: Value, _ passed: Passed, isMethod: Bool) throws(Fault) -> Bool {
    guard case .object(let object) = callee else {
      throw .invalid("a value of type \(callee.kind.name) cannot be called")
    }
    if let macro = object as? Macro {
      let arguments = popLast(passed.count)
      if isMethod { drop(1) }
      try enter(macro, arguments, passed.keywords)
      return true
    }
    if let function = object as? FunctionValue {
      try call(function, passed, isMethod: isMethod)
      return false
    }
    if let loop = object as? LoopState {
      guard passed.count == 1, passed.keywords == nil else { throw .arguments("`loop` takes one argument") }
      let sequence = pop()
      if isMethod { drop(1) }
      push(sequence)
      try recurse(loop, captures: true)
      return true
    }
    throw .invalid("a value of type \(callee.kind.name) cannot be called")
  }

  private mutating func call(_ function: FunctionValue, _ passed: Passed, isMethod: Bool) throws(Fault) {
    let result: Value
    switch function.callee {
    case .builtin(let index):
      let builtin = Builtins.functions.entries[index]
      try builtin.check(count: passed.count, keywords: passed.keywords)
      result = try call(builtin, passed)
      try chargeResult(result)
    case .host(let index):
      let arguments = Arguments(last: passed.count, of: workspace.stack)
      let bound = try program.functions.functions[index].bind(arguments, passed.keywords)
      result = try callHost(index, Arguments(bound))
    }
    drop(passed.count &+ (isMethod ? 1 : 0))
    push(result)
  }

  // MARK: - Macros

  private mutating func enter(_ macro: Macro, _ arguments: [Value], _ keywords: MapValue?) throws(Fault) {
    if workspace.calls.count >= program.limits.callDepthMax { throw tooDeep }
    let parameters = macro.parameterNames.count
    // Each keyword is looked for among the parameters.
    try charge(StepCosts.list &+ parameters &+ (keywords?.count ?? 0) &* (1 &+ parameters >> 3))
    let values = try macro.bind(arguments, keywords)
    workspace.calls.append(
      Workspace.MacroCall(
        returnAddress: position &+ 1, bindings: workspace.bindings.count, scopes: workspace.scopes.count,
        closure: macro.closure))
    try beginScope()
    for (name, value) in zip(macro.shape.parameters, values) {
      workspace.bindings.append(Workspace.Binding(name: name, value: value))
    }
    if macro.shape.usesCaller {
      let caller = keywords?.value(for: Value("caller")) ?? .undefined
      workspace.bindings.append(Workspace.Binding(name: macro.shape.callerName, value: caller))
    }
    beginCapture()
    position = macro.shape.start
  }

  mutating func returnFromMacro() {
    endCapture()
    endScope()
    position = workspace.calls.popLast()?.returnAddress ?? program.instructions.count
  }

  mutating func makeMacro(_ index: Int) throws(Fault) {
    let shape = program.tables.macros[index]
    try charge(StepCosts.list &+ shape.parameters.count)
    let names = shape.parameters.map { program.tables.names.text($0) }
    push(.object(Macro(shape, parameterNames: names, closure: workspace.scopes.last?.closure)))
  }

  mutating func enclose(_ name: Int32, _ value: Value?) {
    guard !workspace.scopes.isEmpty else { return }
    let last = workspace.scopes.count - 1
    let closure: Closure
    if let existing = workspace.scopes[last].closure {
      closure = existing
    } else {
      closure = Closure()
      workspace.closures.append(closure)
      workspace.scopes[last].closure = closure
    }
    if closure.value(of: name) == nil, let value { closure.set(name, to: value) }
  }

  // MARK: - Building arguments

  mutating func mergeKeywords(_ count: Int) throws(Fault) {
    var builder = MapBuilder()
    for source in popLast(count) {
      guard source.kind == .map else {
        throw .arguments("`**` needs a map, not a value of type \(source.kind.name)")
      }
      try charge(source.weight)
      source.forEachPair { builder.set($0, to: $1) }
    }
    push(.map(try builder.finish()))
  }

  mutating func spread(_ count: Int) throws(Fault) {
    var total = 0
    for list in popLast(count) {
      guard let elements = list.elements else {
        throw .arguments("`*` needs a list, not a value of type \(list.kind.name)")
      }
      try charge(elements.count)
      total += elements.count
      if total > TemplateLimits.valueElementsMax { throw .limit("a call has too many arguments") }
      for element in elements { push(element) }
    }
    push(.int(Int64(total)))
  }
}

extension Macro {
  /// The value of each parameter; undefined where none was given.
  func bind(_ arguments: [Value], _ keywords: MapValue?) throws(Fault) -> [Value] {
    guard arguments.count <= parameterNames.count else {
      throw .arguments(
        "the macro `\(shape.name)` takes \(Builtin.counted(parameterNames.count)) at most, not \(arguments.count)"
      )
    }
    var values = arguments
    values.append(contentsOf: repeatElement(.undefined, count: parameterNames.count - arguments.count))
    for entry in keywords?.entries ?? [] {
      let name = String(decoding: entry.key.textBytes, as: UTF8.self)
      if name == "caller", shape.usesCaller { continue }
      guard let position = parameterNames.firstIndex(of: name) else {
        let suggestion = NearestName.suggestion(for: name, among: parameterNames)
        throw .arguments("the macro `\(shape.name)` has no parameter `\(name)`\(suggestion)")
      }
      guard position >= arguments.count else {
        throw .arguments("the argument `\(name)` of the macro `\(shape.name)` is given twice")
      }
      values[position] = entry.value
    }
    return values
  }
}
